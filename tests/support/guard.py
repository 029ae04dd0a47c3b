"""The guard: a process that outlives a killed test run and clears up after it.

It reads notes from its standard input: which process trees and folders exist. When the input ends, because the run
ended or was killed with -9, it ends the trees and removes the folders that nobody has crossed off. So no server stays behind.
"""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support.trees import kill_members

ROOT = Path(__file__).resolve().parents[2]
KILL_ROUNDS = 50  # of 0.1 s: a tree that survives 5 s of SIGKILL hangs in the kernel


class Guard:
    """The run's end of the pipe to the guard process."""

    def __init__(self) -> None:
        self._run_pid = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guard"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,  # where Python finds `tests`
            start_new_session=True,  # Ctrl-C ends the run, not its guard
        )
        atexit.register(self._close)

    def note(self, action: str, thing: str, value: float) -> None:
        """Write one line: `watch` or `forget` a `tree` (by pid, with its birth) or a `folder`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([action, thing, value]).encode() + b"\n")
        self._process.stdin.flush()

    def _close(self) -> None:
        if os.getpid() == self._run_pid:  # a forked child inherits the pipe, never the duty
            self._process.communicate()


@functools.cache
def get_guard() -> Guard:
    """Start the run's guard when it is first needed."""
    return Guard()


def watch_tree(leader_pid: int, born_at: float) -> None:
    """End this tree when the run ends without having done so."""
    get_guard().note("watch", f"tree {leader_pid}", born_at)


def forget_tree(leader_pid: int) -> None:
    """Cross a tree off: the run has ended it."""
    get_guard().note("forget", f"tree {leader_pid}", 0)


def watch_folder(folder: Path) -> None:
    """Remove this folder when the run ends without having done so."""
    get_guard().note("watch", f"folder {folder}", 0)


def forget_folder(folder: Path) -> None:
    """Cross a folder off: the run has removed it."""
    get_guard().note("forget", f"folder {folder}", 0)


def _read_notes() -> dict[str, float]:
    left: dict[str, float] = {}
    for line in sys.stdin:
        action, thing, value = json.loads(line)
        if action == "watch":
            left[thing] = value
        else:
            left.pop(thing, None)
    return left


def _end_tree(leader_pid: int, born_at: float) -> None:
    for _ in range(KILL_ROUNDS):
        if kill_members(leader_pid, born_at):
            return
        time.sleep(0.1)


def main() -> None:
    """Wait until the run is over, then clear up what it left, trees before the folders they write to."""
    left = sorted(_read_notes().items(), reverse=True)
    for thing, value in left:
        sort, _, name = thing.partition(" ")
        if sort == "tree":
            _end_tree(int(name), value)
        else:
            shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    main()
