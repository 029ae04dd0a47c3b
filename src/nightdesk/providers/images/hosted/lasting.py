"""Work that goes on at the vendor's while we wait: patience, time, and what becomes of it when we stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from nightdesk.core.errors import NightdeskError, OperationalFault, OutcomeUnknown, Permanent, Transient, Unprocessable
from nightdesk.providers.images.hosted.faults import Vendor, explain_loss
from nightdesk.providers.images.hosted.line import Line
from nightdesk.providers.images.protocol import NotDone, Work
from nightdesk.providers.wire.watch import TICK_S

#: What a run keeps back of its time to read, fit and save the result.
_SAVING_S: Final = 10.0
#: Waits between two looks at remote work: short at first, as many models take seconds.
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 3.0
#: A vendor that cannot say how the work stands is asked so often in a row before the run gives up (and is tried again).
_MOST_FAILED_LOOKS: Final = 5
#: A cancel is final within a second; telling the vendor is part of it.
CALLING_OFF_S: Final = 0.6


def find_limit_s(work: Work, timeout_s: float) -> float:
    """Return how long a vendor may take: what the operator set, or less where the run itself has less."""
    left_s = work.time_left_s()
    return timeout_s if left_s is None else min(timeout_s, max(1.0, left_s - _SAVING_S))


def is_called_off(error: BaseException) -> bool:
    """Tell whether what stops a run ends the job as well; otherwise the next run goes on where this one was."""
    return bool(getattr(error, "is_final", False))


@contextmanager
def one_try(work: Work) -> Iterator[str]:
    """Give a number for the names of this try's effects: the same for all runs until one has said that it failed.

    A failure that was told to a person is over. If the person runs the job again, that is a new try, which may cost again;
    a run that was killed has told nobody, so the next one goes on with its try.
    """
    number = 1
    while _has_failed(work, number):
        number += 1
    try:
        yield str(number)
    except (Permanent, Unprocessable):
        work.once(_name_failure(number), lambda: True, _not_done)
        raise


class _NotNoted(Transient):
    pass


def _has_failed(work: Work, number: int) -> bool:
    def deny() -> NoReturn:
        raise _NotNoted

    try:
        return bool(work.once(_name_failure(number), deny, _not_done))
    except _NotNoted:
        return False


def _name_failure(number: int) -> str:
    return f"failure-{number}"


def _not_done() -> NoReturn:
    raise NotDone  # a note that nobody read means nothing


def do_once(
    work: Work,
    vendor: Vendor,
    name: str,
    call: Callable[[], Any],
    *,
    find: Callable[[], Any] | None = None,
    call_off: Callable[[], None] | None = None,
) -> Any:
    """Make a call outside once in the life of the job, like `Work.once`, and end it properly where the job is cancelled.

    A cancel in the middle is no open question: it is on record that the call was made and is not wanted any more.
    `call_off` tells the vendor, as good as it goes.

    Raises:
        OutcomeUnknown: nobody can say what became of it, in the words of the vendor's adapter.
    """
    outside = _Once(call, find, call_off, [explain_loss(vendor, is_paid=True)])
    done = work.once(name, outside.attempt, outside.look)
    if "value" in done:
        return done["value"]
    work.check()  # the cancel that stopped it
    raise OutcomeUnknown(
        "This was cancelled while a service worked on it, so it may have been done and charged. Look there, then start it "
        "anew."
    )


@dataclass(slots=True)
class _Once:
    call: Callable[[], Any]
    find: Callable[[], Any] | None
    call_off: Callable[[], None] | None
    doubts: list[OperationalFault]  # what is said where nobody knows; the latest knows most

    def attempt(self) -> dict[str, Any]:
        try:
            return {"value": self.call()}
        except OutcomeUnknown as doubt:
            self.doubts.append(doubt)
            raise
        except BaseException as error:
            if not is_called_off(error):
                raise
        if self.call_off is not None:
            with suppress(NightdeskError):
                self.call_off()
        return {"stopped": True}

    def look(self) -> dict[str, Any]:
        if self.find is None:
            raise self.doubts[-1]
        return {"value": self.find()}


@contextmanager
def calling_off(call_off: Callable[[], None]) -> Iterator[None]:
    """Tell the vendor to stop where the job is cancelled in this block. As good as it goes: what ended it goes on."""
    try:
        yield
    except BaseException as error:
        if is_called_off(error):
            with suppress(NightdeskError):  # its own deadline, which the request carried, ends it
                call_off()
        raise


def look_again_and_again(look: Callable[[], bool], line: Line, work: Work) -> bool:
    """Call `look` until it returns True; False: the line's time is over. A vendor that fails now and then is forgiven.

    Raises:
        Transient: it failed too often in a row.
        BaseException: whatever `work.check` or `look` raise otherwise.
    """
    wait_s, failures = _FIRST_WAIT_S, 0
    while line.left_s > 0:
        try:
            if look():
                return True
            failures = 0
        except Transient:
            failures += 1
            if failures >= _MOST_FAILED_LOOKS and line.left_s > 0:
                raise
        _pause(min(wait_s, line.left_s), work)
        wait_s = min(wait_s * 1.3, _LONGEST_WAIT_S)
    return False


def _pause(seconds: float, work: Work) -> None:
    never = threading.Event()
    while seconds > 0:
        work.check()
        never.wait(min(TICK_S, seconds))
        seconds -= TICK_S
    work.check()
