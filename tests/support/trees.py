"""Process trees, looked at from outside: who belongs to one, and how one is ended."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

#: psutil reads birth times in clock ticks; two readings of one process may differ by one tick (10 ms).
BIRTH_SLACK_S = 0.05


def list_members(leader_pid: int, born_at: float) -> list[psutil.Process]:
    """List the living processes of the session that `leader_pid` leads and everything below them, the leader first.

    Orphans stay in their session, so they are found after the leader's death too. `born_at` (seconds since the
    epoch) is the leader's birth: older processes are never listed, whatever pid they carry.
    """
    found: dict[int, psutil.Process] = {}
    for process in _session(leader_pid):
        if process.pid in found:
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in [process, *process.children(recursive=True)]:
                found.setdefault(each.pid, each)
    ours = [each for each in found.values() if _lives_since(each, born_at)]
    return sorted(ours, key=lambda each: each.pid != leader_pid)


def send_signal(members: list[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to each process that still lives, in the order given."""
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.send_signal(number)


def kill_members(leader_pid: int, born_at: float) -> bool:
    """SIGKILL a whole tree, the leader first so that it replaces nobody; return whether nothing was left to kill."""
    members = list_members(leader_pid, born_at)
    send_signal(members, signal.SIGKILL)
    return not members


def _session(leader_pid: int) -> Iterator[psutil.Process]:
    for pid in sorted(psutil.pids(), key=lambda pid: pid != leader_pid):
        with contextlib.suppress(OSError, psutil.NoSuchProcess):
            if os.getsid(pid) == leader_pid:
                yield psutil.Process(pid)


def _lives_since(process: psutil.Process, born_at: float) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() >= born_at - BIRTH_SLACK_S
    except psutil.NoSuchProcess:
        return False
