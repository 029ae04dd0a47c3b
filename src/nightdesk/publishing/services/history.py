"""What became of a post on each platform, attempt by attempt, and what is planned when.

Only what is public of a job is read: outcomes and the sentences of errors, never a traceback, a log or a payload. So no
credential can be among it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from nightdesk.engine.models import Attempt, Job
from nightdesk.engine.states import State
from nightdesk.publishing.models import UNSETTLED, PublishedPost, PublishRound, Status
from nightdesk.publishing.services.posts import find_post

MAX_CALENDAR_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One run of a publishing's job. `outcome`: succeeded, retry, failed, crashed, cancelled, unknown, running ..."""

    number: int
    started_at: datetime | None
    finished_at: datetime | None
    outcome: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A publishing with its attempts. `next_try_at`: when it is tried again, of one that waits for that."""

    publishing: PublishedPost
    tries: tuple[Try, ...]
    progress: int
    message: str
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """A round on the calendar, at its time. `state`: pending, success, partial, failed, unconfirmed or missed."""

    round_id: int
    post_id: int
    title: str
    at: datetime
    time_zone: str
    state: str
    published: int
    total: int
    platforms: tuple[str, ...]
    errors: tuple[str, ...]
    can_move: bool


def history(*, post_id: int) -> list[HistoryRow]:
    """Return the publishings of a post with their attempts, the newest first.

    Raises:
        PostNotFound.
    """
    find_post(post_id=post_id)
    rows = PublishedPost.objects.filter(post_id=post_id).select_related("account", "round__asked_by", "decided_by")
    return describe_rows(list(rows.order_by("-id")))


def describe_rows(rows: Sequence[PublishedPost]) -> list[HistoryRow]:
    """Return publishings with what their jobs tell: two statements, whatever their number."""
    ids = [row.task_id for row in rows if row.task_id]
    jobs = Job.objects.in_bulk(ids)
    attempts: dict[UUID, list[Attempt]] = {}
    for one in Attempt.objects.filter(job_id__in=ids).order_by("id"):
        attempts.setdefault(one.job_id, []).append(one)
    return [_describe(row, jobs.get(row.task_id), attempts.get(row.task_id, [])) for row in rows]  # type: ignore[arg-type]


def _describe(row: PublishedPost, job: Job | None, attempts: Iterable[Attempt]) -> HistoryRow:
    tries = [_try(one) for one in attempts]
    if job is not None and len(tries) < job.runs and job.state in {State.RUNNING, State.SUCCEEDED}:
        tries.append(_last_try(job))
    waits = job is not None and job.state == State.WAITING
    return HistoryRow(
        publishing=row,
        tries=tuple(tries),
        progress=job.progress if job is not None and row.status in UNSETTLED else 0,
        message=job.message if job is not None and row.status in UNSETTLED else "",
        next_try_at=job.run_at if job is not None and waits else None,
    )


def _try(one: Attempt) -> Try:
    return Try(
        number=one.number,
        started_at=one.started_at,
        finished_at=one.finished_at,
        outcome=one.outcome,
        error=one.error,
    )


def _last_try(job: Job) -> Try:
    """Describe the run that is not among the attempts: the present one, or one that simply succeeded."""
    return Try(
        number=job.runs, started_at=job.started_at, finished_at=job.finished_at, outcome=str(job.state), error=""
    )


def latest_round(*, post_id: int) -> PublishRound | None:
    """Return the round that was asked for last; None: the post was never published.

    Raises:
        PostNotFound.
    """
    find_post(post_id=post_id)
    return PublishRound.objects.filter(post_id=post_id).order_by("-id").first()


def platform_info(*, job_id: UUID) -> dict[str, Any] | None:
    """Return the platform of a publishing's job with the post there, once it is there; None: it is no such job."""
    row = PublishedPost.objects.filter(task_id=job_id).first()
    if row is None:
        return None
    data = {"id": row.remote_id, "url": row.remote_url} if row.status == Status.SUCCESS else None
    return {"platform": row.platform, "data": data}


# ---- the calendar


def calendar(*, start: datetime, end: datetime) -> list[CalendarEntry]:
    """Return the rounds from `start` to before `end`: at their scheduled time, or when they were asked for."""
    at_its_time = Q(scheduled_at__gte=start, scheduled_at__lt=end)
    at_once = Q(scheduled_at=None, created_at__gte=start, created_at__lt=end)
    found = PublishRound.objects.filter(at_its_time | at_once).select_related("post")
    found = found.prefetch_related("publishings").order_by("scheduled_at", "created_at", "id")
    shown = [_entry(one, sorted(one.publishings.all(), key=lambda row: row.pk)) for one in found[:MAX_CALENDAR_ROWS]]
    return sorted((one for one in shown if one is not None), key=lambda one: (one.at, one.round_id))


def _entry(found: PublishRound, rows: list[PublishedPost]) -> CalendarEntry | None:
    if not rows:  # all of it was tried again in later rounds
        return None
    return CalendarEntry(
        round_id=found.pk,
        post_id=found.post_id,
        title=str(found.post),
        at=found.scheduled_at or found.created_at,
        time_zone=found.time_zone,
        state=sum_up([Status(row.status) for row in rows]),
        published=sum(row.status == Status.SUCCESS for row in rows),
        total=len(rows),
        platforms=tuple(dict.fromkeys(row.platform for row in rows)),
        errors=tuple(dict.fromkeys(row.error for row in rows if row.error)),
        can_move=any(row.status == Status.PENDING and row.scheduled_at is not None for row in rows),
    )


def sum_up(statuses: Sequence[Status]) -> str:
    """Say in a word how several publishings stand together; it is never "failed" when some succeeded."""
    if any(status in UNSETTLED for status in statuses):
        return "pending"
    if Status.UNCONFIRMED in statuses:
        return "unconfirmed"
    if all(status == Status.SUCCESS for status in statuses):
        return "success"
    if Status.SUCCESS in statuses:
        return "partial"
    return "missed" if all(status == Status.MISSED for status in statuses) else "failed"
