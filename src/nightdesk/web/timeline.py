"""The story of a job as stretches of time: waited, ran, waited again, ended."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.engine.models import Attempt, Job
from nightdesk.engine.states import UNFINISHED, State

#: The bar is drawn in these units; a stretch that lasted no time at all is still to be seen.
WIDTH: Final = 1000.0
THINNEST: Final = 6.0

#: How an attempt that is on record ended -> what to call it.
_OUTCOMES: Final[dict[str, Promise]] = {
    "succeeded": _("Done"),
    "failed": _("Failed"),
    "retry": _("Failed, to be tried again"),
    "cancelled": _("Stopped"),
    "released": _("Put back"),
    "crashed": _("Its worker died"),
    "unknown": _("Outcome unknown"),
}
_LOOKS: Final = {"succeeded": "done", "failed": "failed", "crashed": "failed", "retry": "late", "unknown": "unsure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a job's life. `start` and `width` place it on a bar of 1000 units."""

    look: str
    word: Promise | str
    began_at: datetime
    ended_at: datetime | None
    seconds: float
    attempt: Attempt | None = None
    start: float = 0.0
    width: float = 0.0


def tell_story(job: Job, attempts: list[Attempt]) -> list[Stretch]:
    """List what happened to a job in order. Runs on record are told with their outcome; the last one may go on."""
    now = timezone.now()
    stretches: list[Stretch] = []
    at = job.created_at
    for attempt in attempts:
        began_at = attempt.started_at or attempt.finished_at
        _wait(stretches, at, began_at)
        look = _LOOKS.get(attempt.outcome, "ended")
        word = _OUTCOMES.get(attempt.outcome, attempt.outcome)
        stretches.append(_stretch(look, word, began_at, attempt.finished_at, now, attempt))
        at = attempt.finished_at
    if job.started_at is not None and job.started_at >= at:
        _wait(stretches, at, job.started_at)
        stretches.append(_last_run(job, now))
    elif job.state in UNFINISHED:
        stretches.append(_stretch("waiting", _("Waiting"), at, None, now))
    elif job.finished_at is not None:
        _wait(stretches, at, job.finished_at)
    return _place(stretches)


def _last_run(job: Job, now: datetime) -> Stretch:
    began_at = job.started_at or job.created_at
    if job.state == State.SUCCEEDED:
        return _stretch("done", _("Done"), began_at, job.finished_at, now)
    if job.state in UNFINISHED:
        return _stretch("running", _("Running"), began_at, None, now)
    return _stretch("ended", _("Ended"), began_at, job.finished_at, now)


def _wait(stretches: list[Stretch], began_at: datetime, ended_at: datetime) -> None:
    if ended_at > began_at:
        stretches.append(_stretch("waiting", _("Waited"), began_at, ended_at, ended_at))


def _stretch(
    look: str,
    word: Promise | str,
    began_at: datetime,
    ended_at: datetime | None,
    now: datetime,
    attempt: Attempt | None = None,
) -> Stretch:
    seconds = max(0.0, ((ended_at or now) - began_at).total_seconds())
    return Stretch(look=look, word=word, began_at=began_at, ended_at=ended_at, seconds=seconds, attempt=attempt)


def _place(stretches: list[Stretch]) -> list[Stretch]:
    total = sum(stretch.seconds for stretch in stretches)
    room = WIDTH - THINNEST * len(stretches)
    placed: list[Stretch] = []
    at = 0.0
    for stretch in stretches:
        width = THINNEST + (room * stretch.seconds / total if total else room / len(stretches))
        placed.append(replace(stretch, start=round(at, 1), width=round(width, 1)))
        at += width
    return placed
