"""A peer at work: its database, its workers, its results."""

import contextlib
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.support.environment import complete_environment
from tests.support.postgres import Postgres
from tests.support.processes import Process, make_folder, remove_folder, start_process
from tests.support.redis import Redis
from tests.support.rows import Rows

#: Tasks before a connection is renewed, where a peer may keep its connections.
REUSE_MAX: Final = 100_000
POLL_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class WorkerSet:
    """How workers are run: one worker of this pool with so many slots."""

    pool: str
    slots: int

    def __str__(self) -> str:
        return f"{self.pool} {self.slots}"


@dataclass(frozen=True, slots=True)
class Stack:
    """A way to set the peer up."""

    name: str
    keeps_connections: bool


USUAL: Final = Stack("Django + django-celery-results + acks_late", keeps_connections=False)
REUSING: Final = Stack("the same with CELERY_DB_REUSE_MAX", keeps_connections=True)


class Peer:
    """One peer on servers that it shares with the other trials of a figure."""

    def __init__(
        self, stack: Stack, postgres: Postgres, redis: Redis, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = f"peer_{uuid.uuid4().hex[:12]}"
        self.folder = make_folder("peer")
        self.postgres = postgres
        url = postgres.create_database(self.name)
        given = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.peer.settings",
            "PEER_SECRET_KEY": secrets.token_urlsafe(48),
            "PEER_DATABASE_URL": url,
            "PEER_BROKER_URL": redis.url,
        }
        if stack.keeps_connections:
            given["PEER_DB_REUSE_MAX"] = str(REUSE_MAX)
        self.env = complete_environment({**given, **(settings or {})})
        self.rows = Rows(url)
        self.workers: list[Process] = []
        self._run("-m", "django", "migrate", "--no-input", "-v", "0")

    def submit(self, task: str, count: int, *arguments: int) -> float:
        """Send `count` messages and return when the first was sent, in seconds since the epoch."""
        words = ["-m", "benchmarks.peer.submitting", task, str(count), *map(str, arguments)]
        return float(self._run(*words).split()[0])

    def start_worker(self, workers: WorkerSet) -> Process:
        """Start the worker and wait until it takes messages."""
        command = ["worker", "-n", f"{self.name}@peer.test", "-P", workers.pool, "-c", str(workers.slots), "-l", "info"]
        worker = start_process(
            f"peer {workers}",
            [sys.executable, "-m", "celery", "-A", "benchmarks.peer.app", *command],
            log=self.folder / "worker.log",
            env=self.env,
            cwd=self.folder,
        )
        self.workers.append(worker)
        worker.wait_for_log(" ready.", 60)
        return worker

    def wait_finished(self, count: int, limit_s: float) -> list[float]:
        """Wait until `count` results are stored and return when each was, in seconds since the epoch.

        Raises:
            TimeoutError: fewer are after `limit_s`.
            RuntimeError: a worker ended, or a task failed.
        """
        give_up_at = time.monotonic() + limit_s
        while (found := self._count()) < count:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"the peer stored {found} of {count} results within {limit_s:g} s")
            for worker in self.workers:
                worker.ensure_alive()
            time.sleep(POLL_S)
        query = "SELECT extract(epoch FROM date_done)::float8, status FROM django_celery_results_taskresult"
        done = self.rows.select(query)
        if failed := [status for _, status in done if status != "SUCCESS"]:
            raise RuntimeError(f"{len(failed)} tasks of the peer ended as {failed[0]}: {self.workers[-1].tail()}")
        return [at for at, _ in done]

    def close(self) -> None:
        """End the workers and drop the database."""
        for worker in self.workers:
            worker.kill9()
        self.rows.close()
        self.postgres.drop_database(self.name)
        remove_folder(self.folder)

    def _count(self) -> int:
        return int(self.rows.select("SELECT count(*) FROM django_celery_results_taskresult")[0][0])

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stderr}")
        return done.stdout


@contextlib.contextmanager
def open_peer(
    stack: Stack, postgres: Postgres, redis: Redis, settings: Mapping[str, str] | None = None
) -> Iterator[Peer]:
    """Give a peer with an empty database and an empty broker, and end it afterwards."""
    with redis.connect() as client:
        client.flushall()
    peer = Peer(stack, postgres, redis, settings)
    try:
        yield peer
    finally:
        peer.close()
