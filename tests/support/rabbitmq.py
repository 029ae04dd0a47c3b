"""A private RabbitMQ on free loopback ports, from Debian's package, with an Erlang name server of its own."""

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import amqp

from tests.support.processes import (
    Process,
    find_free_port,
    is_listening,
    make_folder,
    remove_folder,
    start_process,
    wait_until,
)

#: Debian's /usr/sbin/rabbitmq-server switches to a system user and its folders; the package's own script does neither.
PACKAGE_SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_LIMIT_S = 90  # measured: 6 to 10 s on two idle cores


class RabbitMQ:
    """A RabbitMQ server of our own: its node name, cookie, queues and epmd are nobody else's."""

    def __init__(self) -> None:
        self._program, self._epmd_program = find_programs()
        self.folder = make_folder("rabbitmq")
        self.log = self.folder / "rabbitmq.log"
        self.port = find_free_port()
        self.process: Process | None = None
        self._epmd: Process | None = None
        self._env = self._make_env()
        self.start()

    @property
    def url(self) -> str:
        """The address as `CELERY_BROKER_URL` wants it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start the server (again, with what its disk kept) and wait until it answers."""
        self._start_epmd()
        self.process = start_process(
            f"rabbitmq on {self.port}", [self._program], log=self.log, env=self._env, cwd=self.folder
        )
        wait_until(self._answers, START_LIMIT_S, lambda: f"rabbitmq answers\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Shut the server and its epmd down; durable queues stay on disk for `start`."""
        if self.process is not None:
            self.process.stop(grace_s=30)
            self.process = None
        if self._epmd is not None:
            self._epmd.kill9()
            self._epmd = None

    def kill9(self) -> None:
        """SIGKILL the server and its epmd."""
        if self.process is not None:
            self.process.kill9()
            self.process = None
        self.stop()

    def freeze(self) -> None:
        """SIGSTOP the server: connections open and nothing answers."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT the server."""
        self._running().thaw()

    def connect(self) -> amqp.Connection:
        """Open a connection; the caller closes it."""
        connection = amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5)
        connection.connect()
        return connection

    def close(self) -> None:
        """Stop the server and remove its folder; safe to repeat."""
        self.stop()
        remove_folder(self.folder)

    def _make_env(self) -> dict[str, str]:
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(20))
        cookie.chmod(0o400)
        configuration = self.folder / "rabbitmq.conf"
        configuration.write_text("loopback_users.guest = true\n")
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(find_free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"nightdesk{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(find_free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "none.plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
            # With this the script becomes the Erlang machine instead of waiting beside it: one pid, SIGTERM in good order.
            "RABBITMQ_ALLOW_INPUT": "1",
        }

    def _start_epmd(self) -> None:
        port = int(self._env["ERL_EPMD_PORT"])
        self._epmd = start_process(
            f"epmd on {port}", [self._epmd_program], log=self.folder / "epmd.log", env=self._env, cwd=self.folder
        )
        wait_until(lambda: is_listening(port), START_LIMIT_S, "epmd answers")

    def _running(self) -> Process:
        if self.process is None:
            raise RuntimeError("this RabbitMQ is not running: call start() first")
        return self.process

    def _answers(self) -> bool:
        self._running().ensure_alive()
        if not is_listening(self.port):
            return False
        try:
            self.connect().close()
        except (OSError, amqp.AMQPError):
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_programs() -> tuple[Path, Path]:
    """Find the server's start script and epmd.

    Raises:
        LookupError: RabbitMQ is not installed.
    """
    epmd = shutil.which("epmd")
    if not PACKAGE_SCRIPT.exists() or epmd is None:
        raise LookupError("no RabbitMQ found: install Debian's rabbitmq-server (its own service may stay off)")
    return PACKAGE_SCRIPT, Path(epmd)
