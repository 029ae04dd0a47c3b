"""Processes, ports, folders and waiting: what every private server is made of."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, TypeVar

import psutil

from tests.support import guard
from tests.support.trees import kill_members, list_members, send_signal

POLL_S = 0.02  # short beside every limit that a test states
POLL_SHARE = 4  # a question that takes long is asked less often: waiting takes at most a fifth of one core
TAIL_LINES = 60
PORT_TRIES = 200

Answer = TypeVar("Answer")
Started = TypeVar("Started", bound="Process")


def wait_until(predicate: Callable[[], Answer], limit_s: float, what: str | Callable[[], str]) -> Answer:
    """Ask `predicate` about every 20 ms until its answer is truthy, and return that answer.

    `what` names the awaited event in the error; a callable is asked at that moment, so it can say how far things came.

    Raises:
        TimeoutError: the event did not happen within `limit_s`.
    """
    deadline = time.monotonic() + limit_s
    while True:
        asked_at = time.monotonic()
        answer = predicate()
        if answer:
            return answer
        answered_at = time.monotonic()
        if answered_at > deadline:
            raise TimeoutError(f"not within {limit_s:g} s: {what if isinstance(what, str) else what()}")
        time.sleep(max(POLL_S, POLL_SHARE * (answered_at - asked_at)))


def find_free_port() -> int:
    """Find a loopback port that nobody listens on and that the system never lends to outgoing connections.

    A port from the lending range could be taken by a client's own end while a killed server is down (a client that
    redials a dead loopback port can even connect to itself), and the server could not come back.
    """
    lowest_lent = _lowest_lent_port()
    for _ in range(PORT_TRIES):
        port = random.randrange(10_000, lowest_lent)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port below {lowest_lent}: end what listens on 127.0.0.1 and try again")


def is_listening(port: int) -> bool:
    """Tell whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def make_folder(name: str) -> Path:
    """Make a temporary folder that other users can pass through; it is removed after the run at the latest."""
    folder = Path(tempfile.mkdtemp(prefix=f"nightdesk-{name}-"))
    folder.chmod(0o755)
    guard.watch_folder(folder)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder that `make_folder` made; safe to repeat."""
    shutil.rmtree(folder, ignore_errors=True)
    guard.forget_folder(folder)


@dataclass
class Process:
    """A process tree that this run started. `log` receives what all of it prints."""

    name: str
    pid: int
    born_at: float  # seconds since the epoch
    log: Path
    popen: "subprocess.Popen[bytes]"
    log_start: int = 0  # bytes of the log that an earlier process of the same name wrote

    @property
    def alive(self) -> bool:
        """Whether the leader of the tree still runs (a frozen one does)."""
        return self.popen.poll() is None

    def members(self) -> list[psutil.Process]:
        """List the living processes of the tree, the leader first; a zombie counts as gone."""
        return list_members(self.pid, self.born_at)

    def children(self) -> list[psutil.Process]:
        """List the living processes of the tree without its leader."""
        return [member for member in self.members() if member.pid != self.pid]

    def kill9(self) -> None:
        """SIGKILL the whole tree and wait until nothing of it runs; safe to repeat."""
        wait_until(lambda: kill_members(self.pid, self.born_at), 10, lambda: f"{self.name} is gone: {self.members()}")
        self.popen.wait(10)
        guard.forget_tree(self.pid)

    def stop(self, grace_s: float = 15) -> int:
        """Ask the leader to end (SIGTERM), kill what is left after `grace_s`, and return its exit status."""
        if self.alive:
            self.thaw()
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):  # the exit status tells: -9
                self.popen.wait(grace_s)
        self.kill9()
        return self.popen.returncode

    def freeze(self) -> None:
        """SIGSTOP the whole tree and wait until all of it stands still."""

        def stands_still() -> bool:
            moving = [member for member in self.members() if not _is_stopped(member)]
            send_signal(moving, signal.SIGSTOP)
            return not moving

        wait_until(stands_still, 10, f"{self.name} stands still")

    def thaw(self) -> None:
        """SIGCONT the whole tree; harmless to one that is not frozen."""
        send_signal(self.members(), signal.SIGCONT)

    def wait(self, limit_s: float) -> int:
        """Wait until the leader has ended by itself and return its exit status.

        Raises:
            TimeoutError: it still runs after `limit_s`.
        """
        wait_until(lambda: not self.alive, limit_s, lambda: f"{self.name} ends\n{self.tail()}")
        return self.popen.returncode

    def printed(self) -> str:
        """Read everything that this process has printed so far."""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def wait_for_log(self, text: str, limit_s: float) -> None:
        """Wait until the process has printed `text`; fail at once, with its log, when it ends before.

        Raises:
            RuntimeError: the process ended first.
            TimeoutError: it has not printed that within `limit_s`.
        """

        def has_printed() -> bool:
            ended = not self.alive  # asked first: what it printed last still counts
            if text in self.printed():
                return True
            if ended:
                self.ensure_alive()
            return False

        wait_until(has_printed, limit_s, lambda: f"{self.name} prints {text!r}\n{self.tail()}")

    def ensure_alive(self) -> None:
        """Raise with the tail of the log when the process has ended.

        Raises:
            RuntimeError: the process has ended.
        """
        if not self.alive:
            raise RuntimeError(f"{self.name} ended with status {self.popen.returncode}:\n{self.tail()}")

    def tail(self) -> str:
        """Read the last lines that the process printed."""
        return "\n".join(self.printed().splitlines()[-TAIL_LINES:])


def start_process(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    owner: str | None = None,
) -> Process:
    """Start a process in a session of its own, as user `owner` where one is named, printing to the end of `log`."""
    return start_process_as(Process, name, command, log=log, env=env, cwd=cwd, owner=owner)


def start_process_as(
    handle: type[Started],
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    owner: str | None = None,
) -> Started:
    """Start a process like `start_process` does and return it as this subclass of `Process`."""
    with log.open("ab") as output:
        log_start = output.tell()
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            **owner_arguments(owner),
        )
    born_at = psutil.Process(popen.pid).create_time()
    guard.watch_tree(popen.pid, born_at)
    return handle(name, popen.pid, born_at, log, popen, log_start)


class OwnerArguments(TypedDict, total=False):
    """Arguments of `subprocess` by which a command runs as another user."""

    user: str
    group: int
    extra_groups: list[str]


def owner_arguments(owner: str | None) -> OwnerArguments:
    """Say in `subprocess`'s words that a command runs as another user, with that user's own group alone."""
    if owner is None:
        return {}
    import pwd  # not on Windows, where no owner is ever named

    return {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _lowest_lent_port() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return (
            32_768 if os.name == "posix" else 49_152
        )  # what Linux and Windows lend from by default; macOS lends from 49,152
