"""The child processes of a prefork worker: their deaths, and the runs for which they have to be ended.

Deaths are seen by the pool's own list of processes, not by Celery's requests: a child may die before its request was
accepted, and then nobody would be told. One that is forked and killed between two looks was never in the list, so
whenever the list changes every run of this worker is asked whether its process lives.
"""

import logging
import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any, Final

from celery.exceptions import TimeLimitExceeded
from celery.worker import state as worker_state

from nightdesk.core.errors import Permanent
from nightdesk.engine import transitions
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.execution import judge
from nightdesk.engine.identity import me
from nightdesk.engine.leaving import is_worker_leaving, overtime
from nightdesk.engine.pulse import Standing
from nightdesk.engine.run import Run
from nightdesk.engine.transitions.claim import read_running
from nightdesk.engine.transitions.rescue import Lost

log = logging.getLogger(__name__)

_DEFAULT_GRACE_S: Final = 10.0
_KILL: Final = getattr(signal, "SIGKILL", None)  # not on Windows, where there is no prefork either
#: Looks (of 0.25 s) after a change: what a killed child had sent, a claim, may be committed after its death.
_LOOKS_AFTER_CHANGE: Final = 12


class OutOfMemory(Permanent):
    """A run's process outgrew the memory limit of its kind."""

    code = "memory_limit"
    public_message = "It needed more memory than it may have. Ask for less at once, or raise the kind's memory limit."


class ChildProcesses:
    """What the keeper knows of them. The methods belong to its thread, `note_time_limit` to any."""

    def __init__(self) -> None:
        self._pids: set[int] = set()
        self._looks_left = 0
        self._verdicts: dict[int, Exception] = {}  # pid -> why we ended it: the run fails with this
        self._cancelled: set[int] = set()  # pids that we ended for a cancel
        self._asked_since: dict[uuid.UUID, float] = {}  # token -> since when we know of the cancel

    def note_time_limit(self, pid: int, limit_s: float) -> None:
        """This child is about to be killed for its hard time limit."""
        overtime.note(pid, limit_s)
        self._verdicts[pid] = TimeLimitExceeded(limit_s)

    def look_for_deaths(self, worker: Any) -> None:
        """Settle the runs of children that are no more. May raise: it looks again until the database has heard of it."""
        pids = _pids_of(worker)
        _have_dead_replaced(worker, len(pids))
        if pids != self._pids:
            self._pids, self._looks_left = pids, _LOOKS_AFTER_CHANGE
        if not self._looks_left:
            return
        rows = transitions.running_of(me().boot_id)  # before the pids: a child born in between has no row here
        pids = _pids_of(worker)
        for one in rows:
            if one.pid is not None and one.pid not in pids and not _exists(one.pid):
                self._mourn(one, one.pid)
        self._looks_left -= 1
        if not self._looks_left:
            self._forget_all_but(pids)

    def end_what_must_end(self, worker: Any) -> None:
        """End children whose run was cancelled and did not stop in time, or outgrew its memory."""
        now = time.monotonic()
        rows = transitions.running_of(me().boot_id)
        asked = {one.token for one in rows if one.cancelled}
        self._asked_since = {token: self._asked_since.get(token, now) for token in asked}
        for one in rows:
            kind = KINDS.get(one.kind)
            grace_s = kind.cancel_grace_s if kind else _DEFAULT_GRACE_S
            if one.cancelled and now - self._asked_since[one.token] >= grace_s:
                _end(worker, one, self._note_cancel)
            elif kind and kind.memory_limit_bytes and one.pid and memory_bytes(one.pid) > kind.memory_limit_bytes:
                _end(worker, one, self._note_memory, _KILL)  # told to go, it would give the job back, for ever

    def _note_cancel(self, pid: int) -> None:
        log.warning("a cancelled run did not stop: ending child process %d", pid)
        self._cancelled.add(pid)

    def _note_memory(self, pid: int) -> None:
        log.warning("a run outgrew the memory limit of its kind: ending child process %d", pid)
        self._verdicts[pid] = OutOfMemory()

    def _mourn(self, one: Lost, pid: int) -> None:
        verdict = self._verdicts.get(pid)
        if verdict is not None and not one.cancelled:
            _fail(one, verdict)
            return
        is_our_doing = pid in self._cancelled or is_worker_leaving()
        transitions.rescue(one, counts=not is_our_doing, suspect=False, why="Its process died.")
        log.warning("child process %d died while it ran job %s", pid, one.id)

    def _forget_all_but(self, pids: set[int]) -> None:
        for pid in set(self._verdicts) - pids:  # in place: other threads add to it
            del self._verdicts[pid]
            overtime.forget(pid)
        self._cancelled &= pids


def active_runs() -> set[tuple[int | None, str]]:
    """(pid, ring) of every message that this worker's children work on now."""
    while True:
        try:
            return {(request.worker_pid, request.id) for request in worker_state.active_requests}
        except RuntimeError:  # the set changed while it was read from this thread
            continue


def find_strays(rows: list[Lost]) -> list[Lost]:
    """Rows whose child process is gone, or works on another message by now.

    A child without any known message proves nothing: while the broker is away the main process is busy reconnecting and
    hears no child's word that it has begun.
    """
    rings: dict[int | None, set[str]] = {}
    for pid, ring in active_runs():  # after the rows were read: a run that began in between is in both
        rings.setdefault(pid, set()).add(ring)
    return [
        one
        for one in rows
        if one.pid is not None and (one.ring not in rings[one.pid] if one.pid in rings else not _exists(one.pid))
    ]


def memory_bytes(pid: int) -> int:
    """Resident memory of a process; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def _exists(pid: int) -> bool:
    """Whether it runs: the pool learns the pid of a child it has just forked a moment later than the child may claim."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's: the pid was used again, and the child is one that the next beat finds
    return True


def _pids_of(worker: Any) -> set[int]:
    return {process.pid for process in _processes_of(worker) if process.pid and process.is_alive()}


def _processes_of(worker: Any) -> list[Any]:
    pool = getattr(getattr(worker, "pool", None), "_pool", None)
    return list(getattr(pool, "_pool", ()))


def _have_dead_replaced(worker: Any, living: int) -> None:
    """Ask the pool to look at its processes: it watches only those that have come up, the others every 5 s."""
    consumer = getattr(worker, "consumer", None)
    if consumer is not None and consumer.hub is not None and living < len(_processes_of(worker)):
        consumer.call_soon(worker.pool._pool.maintain_pool)


def _fail(one: Lost, verdict: Exception) -> None:
    claimed = read_running(one.token)
    if claimed is not None:
        run = Run(claimed, KINDS[claimed.kind], Standing(claimed.id, claimed.token, 0))
        transitions.finish(claimed, judge(run, verdict))


def _end(worker: Any, one: Lost, note: Any, by: int | None = None) -> None:
    """End the child that runs this row, decided in the hub's own thread: only there is "still runs" certain."""

    def end_in_hub() -> None:
        if one.pid is not None and (one.pid, one.ring) in active_runs():
            note(one.pid)
            worker.pool.terminate_job(one.pid, by)

    worker.consumer.call_soon(end_in_hub)
