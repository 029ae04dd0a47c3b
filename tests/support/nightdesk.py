"""A whole Nightdesk of our own for a test: database, broker, workers, beat and web as real processes."""

import contextlib
import http.client
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Literal, Self

from tests.support import environment, schema
from tests.support.postgres import Postgres
from tests.support.processes import (
    Process,
    Started,
    find_free_port,
    make_folder,
    remove_folder,
    start_process_as,
    wait_until,
)
from tests.support.rabbitmq import RabbitMQ
from tests.support.redis import Redis
from tests.support.rows import DATABASE_AWAY, DATABASE_ERRORS, Row, Rows, count_finished, count_states, read_tokens
from tests.support.witness import Story, read_witness

Database = Literal["postgres", "sqlite"]
Broker = Literal["redis", "rabbitmq", "files"]

HOST = "nightdesk.test"  # behind the @ of every worker's name
START_LIMIT_S = 60
#: Runs in every script before its own lines: the app with its tasks is there, as in a worker.
SCRIPT_START = "import django; django.setup()\nfrom nightdesk.celery import app\napp.finalize(); app.loader.import_default_modules()\n"


#: The console script, without the need to know where it was installed.
COMMAND_START = "import sys; from nightdesk.cli.main import main; sys.exit(main())"


class ScriptError(AssertionError):
    """A command of an installation ended with a status other than 0; the text is what it printed."""


class Worker(Process):
    """A running Celery worker."""

    @property
    def node(self) -> str:
        """The name under which `celery inspect -d` knows it."""
        return f"{self.name.removeprefix('worker-')}@{HOST}"

    def wait_ready(self, limit_s: float = START_LIMIT_S) -> Self:
        """Wait until the worker says that it takes messages."""
        self.wait_for_log(f"{self.node} ready.", limit_s)
        return self


class Web(Process):
    """A running web process."""

    port: int = 0

    @property
    def url(self) -> str:
        """The address of its front page, without the last slash."""
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, limit_s: float = START_LIMIT_S) -> Self:
        """Wait until the web process answers requests with anything but a server error."""
        wait_until(self._answers, limit_s, lambda: f"{self.name} answers\n{self.tail()}")
        return self

    def _answers(self) -> bool:
        self.ensure_alive()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Installation:
    """One Nightdesk with a data folder, a database and a broker of its own; `close` ends all of it.

    `postgres`, `redis` and `rabbitmq` are the servers in use (None where another kind is): kill, freeze or restart them.
    Those that are handed in are shared and stay (two installations on one Redis share its queues too); the others are
    started here and end with the installation.
    `settings` go into the environment of every process; `extra_tasks` are modules with kinds of the test's own.
    """

    def __init__(
        self,
        *,
        database: Database = "sqlite",
        broker: Broker = "files",
        postgres: Postgres | None = None,
        redis: Redis | None = None,
        rabbitmq: RabbitMQ | None = None,
        extra_tasks: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.database: Database = database
        self.broker: Broker = broker
        self.folder = make_folder("installation")
        self.data_dir = self.folder / "data"
        self.data_dir.mkdir()
        self.witness_path = self.folder / "witness"
        self.processes: list[Process] = []
        self.postgres, self.redis, self.rabbitmq = postgres, redis, rabbitmq
        self._ending = contextlib.ExitStack()
        self._ending.callback(remove_folder, self.folder)
        try:
            self.database_url = self._find_database_url()
            self.broker_url = self._find_broker_url()
        except BaseException:
            self._ending.close()
            raise
        self.env = environment.complete_environment(self._make_settings(extra_tasks, settings or {}))
        self.rows = Rows(self.database_url)
        self._ending.callback(self.rows.close)

    def migrate(self) -> None:
        """Bring the empty database to the newest schema; the first of a run migrates, the others copy its result."""
        schema.bring_up(self.database_url, self.postgres, lambda: self.manage("migrate", "--no-input", "--skip-checks"))

    def worker(
        self,
        name: str = "a",
        pool: str = "prefork",
        concurrency: int = 2,
        queues: Sequence[str] | None = None,
        flags: Sequence[str] = (),
    ) -> Worker:
        """Start `celery -A nightdesk worker`; `wait_ready` on the answer waits until it takes jobs."""
        command = ["worker", "-n", f"{name}@{HOST}", "-P", pool, "-c", str(concurrency), "-l", "info", *flags]
        if queues is not None:
            command += ["-Q", ",".join(queues)]
        return self._start(Worker, f"worker-{name}", ["-m", "celery", "-A", "nightdesk", *command])

    def beat(self, name: str = "beat") -> Process:
        """Start `celery -A nightdesk beat`; any number may run."""
        return self._start(Process, name, ["-m", "celery", "-A", "nightdesk", "beat", "-l", "info", "--pidfile="])

    def web(self, port: int | None = None) -> Web:
        """Start the web process; `wait_ready` on the answer waits until it answers at its `url`."""
        port = port or find_free_port()
        options = ["--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "3"]
        web = self._start(Web, f"web-{port}", ["-m", "uvicorn", "nightdesk.asgi:application", *options])
        web.port = port
        return web

    def command(self, *arguments: str) -> Process:
        """Start `nightdesk ARGUMENTS` and leave it running."""
        return self._start(Process, f"nightdesk-{arguments[0]}", ["-c", COMMAND_START, *arguments])

    def run_command(self, *arguments: str, limit_s: float = 60) -> str:
        """Run `nightdesk ARGUMENTS` to its end and return what it printed.

        Raises:
            ScriptError: its exit status was not 0.
        """
        return self._run(["-c", COMMAND_START, *arguments], limit_s)

    def manage(self, *arguments: str, limit_s: float = 120) -> str:
        """Run a Django management command to its end and return what it printed.

        Raises:
            ScriptError: its exit status was not 0.
        """
        return self._run(["-m", "django", *arguments], limit_s)

    def celery(self, *arguments: str, limit_s: float = 60) -> str:
        """Run `celery -A nightdesk ARGUMENTS` (inspect, status, purge ...) to its end and return what it printed.

        Raises:
            ScriptError: its exit status was not 0.
        """
        return self._run(["-m", "celery", "-A", "nightdesk", *arguments], limit_s)

    def run_script(self, code: str, *arguments: str, limit_s: float = 120) -> str:
        """Run Python lines inside this installation, as its web process would, and return what they printed.

        `sys.argv[1:]` are the arguments. Raises:
            ScriptError: the exit status was not 0.
        """
        return self._run(["-c", SCRIPT_START + code, *arguments], limit_s)

    def start_script(self, name: str, code: str, *arguments: str) -> Process:
        """Start Python lines inside this installation and leave them running, to be killed or waited for."""
        return self._start(Process, name, ["-c", SCRIPT_START + code, *arguments])

    def sql(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement on the database itself, with `%s` for each parameter, and return its rows."""
        return self.rows.select(query, parameters)

    def states(self) -> Counter[str]:
        """Count the jobs by state."""
        return count_states(self.rows)

    def tokens(self) -> dict[str, str]:
        """Read, by job id, the token of the run that each job had last; both as the witness writes them."""
        return read_tokens(self.rows)

    def story(self) -> dict[str, Story]:
        """Read what the witness saw of each job, by job id."""
        return read_witness(self.witness_path)

    def done(self, count: int, limit_s: float = 120) -> float:
        """Wait until `count` jobs are in a final state and return how many seconds that took.

        A database that is away meanwhile only means: not yet.

        Raises:
            TimeoutError: fewer are after `limit_s`; it says how many stand where.
        """
        start = time.monotonic()
        wait_until(
            lambda: self._count_finished() >= count, limit_s, lambda: f"{count} jobs are final: {self._describe()}"
        )
        return time.monotonic() - start

    def logs(self) -> str:
        """Read the last lines of every process of this installation, oldest process first."""
        return "\n".join(f"--- {process.name} (pid {process.pid})\n{process.tail()}" for process in self.processes)

    def close(self, *, show_logs: bool = False) -> None:
        """End every process and server of this installation and remove its folder; safe to repeat.

        With `show_logs`, print the tails of all logs first: for the report of a test that failed.
        """
        if show_logs:
            print(f"{self.database} + {self.broker}: {self._describe()}\n{self.logs()}")  # noqa: T201 (the test's report)
        for process in self.processes:
            self._ending.callback(process.kill9)
        self._ending.close()  # last in, first out; each step, whatever became of the one before

    def _find_database_url(self) -> str:
        if self.database == "sqlite":
            return environment.sqlite_url(self.data_dir / "nightdesk.sqlite3")
        if self.postgres is None:
            self.postgres = self._ending.enter_context(Postgres())
        name = f"nightdesk_{uuid.uuid4().hex[:12]}"
        url = self.postgres.create_database(name)
        self._ending.callback(self._drop_database, self.postgres, name)
        return url

    def _drop_database(self, server: Postgres, name: str) -> None:
        if server.process is not None:  # one that a test left killed takes its databases with it
            server.thaw()
            server.drop_database(name)

    def _find_broker_url(self) -> str | None:
        if self.broker == "redis":
            self.redis = self.redis or self._ending.enter_context(Redis())
            return self.redis.url
        if self.broker == "rabbitmq":
            self.rabbitmq = self.rabbitmq or self._ending.enter_context(RabbitMQ())
            return self.rabbitmq.url
        return None

    def _make_settings(self, extra_tasks: Sequence[str], settings: Mapping[str, str]) -> dict[str, str]:
        made = environment.make_settings(
            data_dir=self.data_dir, database_url=self.database_url, broker_url=self.broker_url
        )
        made["WITNESS_PATH"] = str(self.witness_path)
        if extra_tasks:
            made["NIGHTDESK_EXTRA_TASKS"] = ",".join(extra_tasks)
        return {**made, **settings}

    def _start(self, handle: type[Started], name: str, arguments: Sequence[str]) -> Started:
        log = self.folder / f"{name}.log"
        process = start_process_as(handle, name, [sys.executable, *arguments], log=log, env=self.env, cwd=self.folder)
        self.processes.append(process)
        return process

    def _run(self, arguments: Sequence[str], limit_s: float) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.env,
            cwd=self.folder,
            timeout=limit_s,
            check=False,
        )
        if done.returncode:
            raise ScriptError(f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _count_finished(self) -> int:
        try:
            return count_finished(self.states())
        except DATABASE_AWAY:
            return 0

    def _describe(self) -> str:
        try:
            return f"{dict(self.states())}"
        except DATABASE_ERRORS as error:
            return f"the jobs cannot be read ({error})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(show_logs=kind is not None)


MakeInstallation = Callable[..., Installation]
