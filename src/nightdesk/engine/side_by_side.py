"""Parts of one run's work in threads of their own: as many at once as asked for, none of them out of sight.

The threads do the work and nothing else; whatever touches the database stays with the run's own thread, which waits here
for what they bring.
"""

import contextvars
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from celery.exceptions import SoftTimeLimitExceeded

from nightdesk.core.errors import BusinessError, Misconfigured, OutcomeUnknown, Permanent, Throttled
from nightdesk.engine import connections, sql
from nightdesk.engine.interrupts import Cancelled, RunInterrupt

T = TypeVar("T")
log = logging.getLogger(__name__)

#: How often the run's thread looks up from waiting: its flags come twice a second.
LOOK_S: Final = 0.2
#: What works get to unwind once the run must stop. With the pulse's half second, a cancel is done within a second or so.
UNWIND_S: Final = 0.5

#: What stops the whole run, wherever it is raised; anything else is the failure of one work.
_STOPS: Final = (RunInterrupt, SoftTimeLimitExceeded)
#: After these the row is still ours, and what is finished counts.
_STILL_OURS: Final = (Cancelled, SoftTimeLimitExceeded, SystemExit, KeyboardInterrupt)


@dataclass(frozen=True, slots=True)
class _Brought(Generic[T]):
    """What a thread came back with: a value (a list of one), or an error."""

    name: str
    value: list[T]
    error: BaseException | None = None


class _Crew(Generic[T]):
    """The works of one call and the threads that do them, in the order given."""

    def __init__(self, works: Mapping[str, Callable[[], T]], at_once: int) -> None:
        self._waiting = deque(works.items())
        self._at_once = at_once
        self._brought: SimpleQueue[_Brought[T]] = SimpleQueue()
        self.running: set[str] = set()

    def fill_up(self) -> None:
        """Start works until as many run as may."""
        while self._waiting and len(self.running) < self._at_once:
            name, work = self._waiting.popleft()
            context = contextvars.copy_context()  # log lines of a work belong to its run
            # Daemons: a work that hangs must not keep its process from leaving.
            thread = threading.Thread(target=context.run, args=(self._do, name, work), name=f"step {name}", daemon=True)
            self.running.add(name)
            thread.start()

    def hold(self) -> None:
        """Start no more."""
        self._waiting.clear()

    def next(self, timeout_s: float) -> _Brought[T] | None:
        """Wait for what comes next; None when nothing came in time."""
        try:
            brought = self._brought.get(timeout=timeout_s)
        except Empty:
            return None
        self.running.discard(brought.name)
        return brought

    def _do(self, name: str, work: Callable[[], T]) -> None:
        try:
            self._brought.put(_Brought(name, [work()]))
        except BaseException as error:  # noqa: BLE001 (the run's thread raises it)
            self._brought.put(_Brought(name, [], error))
        finally:
            sql.drop_connection()  # a work needs none; one that was opened all the same must not stay


def do_side_by_side(
    works: Mapping[str, Callable[[], T]],
    *,
    at_once: int,
    check: Callable[[], None],
    keep: Callable[[str, T], None],
    meanwhile: Callable[[], None],
) -> None:
    """Do all works, up to `at_once` at a time, and `keep` each result as soon as it is there; see `Run.steps`.

    `check` raises when the run must stop; it, `keep` and `meanwhile` are called in this thread. With `at_once` 1 the
    works are done here too, one after the other.
    """
    if at_once <= 1:
        for name, work in works.items():
            check()
            connections.release()
            keep(name, work())
            meanwhile()
        return
    crew = _Crew(works, at_once)
    try:
        failures = _see_through(crew, check, keep, meanwhile)
    except BaseException as stop:
        crew.hold()
        _unwind(crew, keep if isinstance(stop, _STILL_OURS) else None)
        raise
    if failures:
        raise _gravest(failures)


def _see_through(
    crew: _Crew[T], check: Callable[[], None], keep: Callable[[str, T], None], meanwhile: Callable[[], None]
) -> dict[str, BaseException]:
    """Wait until all are done and return what failed; after a failure no other work is begun."""
    failures: dict[str, BaseException] = {}
    check()
    crew.fill_up()
    while crew.running:
        connections.release()
        brought = crew.next(LOOK_S)
        if brought is not None and brought.error is None:
            keep(brought.name, brought.value[0])
        elif brought is not None and brought.error is not None:
            if isinstance(brought.error, _STOPS) or not isinstance(brought.error, Exception):
                raise brought.error
            failures[brought.name] = brought.error
            crew.hold()
        meanwhile()
        check()
        crew.fill_up()
    return failures


def _unwind(crew: _Crew[T], keep: Callable[[str, T], None] | None) -> None:
    """Give running works a moment to end; keep what they bring where it still counts, and name those that stay."""
    give_up = time.monotonic() + UNWIND_S
    while crew.running and (brought := crew.next(max(0.0, give_up - time.monotonic()))):
        if keep is not None and brought.error is None:
            try:
                keep(brought.name, brought.value[0])
            except Exception:
                log.exception("a finished step could not be stored", extra={"step": brought.name})
    if crew.running:
        log.warning(
            "%d steps still run after their run has stopped; what they bring is dropped: %s",
            len(crew.running),
            ", ".join(sorted(crew.running)),
        )


def _gravest(failures: Mapping[str, BaseException]) -> BaseException:
    """Choose what the run fails with: what no retry mends, then the longest pause asked for, then the first failure."""
    (first, *_), errors = failures.values(), list(failures.values())
    final = [error for error in errors if isinstance(error, Permanent | Misconfigured | BusinessError | OutcomeUnknown)]
    throttled = [error for error in errors if isinstance(error, Throttled)]
    throttled.sort(key=lambda error: error.retry_after_s or 0.0, reverse=True)
    chosen = next(iter([*final, *throttled, first]))
    for name, error in failures.items():
        if error is not chosen:
            chosen.add_note(f"Step {name!r} failed too: {type(error).__name__}: {error}")
    return chosen
