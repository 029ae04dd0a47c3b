"""Why a body was left by `SystemExit`: its process was told to go, its time was over, or it called `sys.exit` itself.

The three look alike inside the run. Given back without a trace, a body that leaves by itself would run for ever.
"""

import multiprocessing
import os
from typing import Final

from billiard.common import terminate_handler_fired
from celery.exceptions import TimeLimitExceeded, WorkerShutdown, WorkerTerminate
from celery.worker import state as worker_state

_TOLD: Final[tuple[type[BaseException], ...]] = (WorkerShutdown, WorkerTerminate)
_REMEMBERED: Final = 64  # pids; a child that is told to go is gone a tenth of a second later


class BodyLeft(Exception):
    """A body called `sys.exit`, which ends no process here and is no way to end a job."""


class _Overtime:
    """Children that the main process is about to end for their time, told to them through memory made before the fork.

    Without a lock: a child may be killed at any moment, and must not take one along.
    """

    def __init__(self) -> None:
        self._pids = multiprocessing.RawArray("q", _REMEMBERED)
        self._limits = multiprocessing.RawArray("d", _REMEMBERED)
        self._next = 0

    def note(self, pid: int, limit_s: float) -> None:
        """Say, before it is told to go, that this child is over its time."""
        self._limits[self._next], self._pids[self._next] = limit_s, pid
        self._next = (self._next + 1) % _REMEMBERED

    def forget(self, pid: int) -> None:
        """The child is gone; its pid may be another's next."""
        for index in range(_REMEMBERED):
            if self._pids[index] == pid:
                self._pids[index] = 0

    def limit_s(self, pid: int) -> float | None:
        """Return the limit that this child is over, or None."""
        return next((self._limits[index] for index in range(_REMEMBERED) if self._pids[index] == pid), None)


overtime: Final = _Overtime()


def meant_by(exc: BaseException) -> BaseException:
    """Return what an exception that left a body means: `TimeLimitExceeded`, `BodyLeft`, or the exception itself."""
    if not isinstance(exc, SystemExit):
        return exc
    limit_s = overtime.limit_s(os.getpid())
    if limit_s is not None:
        over: BaseException = TimeLimitExceeded(limit_s)
        return over
    if _told_to_go() or isinstance(exc, _TOLD):
        return exc
    left = BodyLeft(f"The body called sys.exit({exc.code!r}).")
    left.__cause__ = exc
    return left


def is_worker_leaving() -> bool:
    """Whether this worker was asked to stop: what ends its children now is its own doing."""
    return any(stop not in (None, False) for stop in (worker_state.should_stop, worker_state.should_terminate))


def _told_to_go() -> bool:
    return bool(terminate_handler_fired()) or is_worker_leaving()
