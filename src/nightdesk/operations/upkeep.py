"""Health checks and the clean-up over HTTP, for operators."""

from datetime import datetime, timedelta
from typing import Final, Literal, Self
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from nightdesk.core.errors import NotFound
from nightdesk.engine.enqueue import enqueue
from nightdesk.httpkit.actors import operator_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, PageQuery, page_of
from nightdesk.httpkit.schemas import In, Moment, Out
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.operations import services
from nightdesk.operations.jobs import CleanupExpiredContent, SystemHealthCheck
from nightdesk.operations.models import HealthCheck

router = Router(tags=["upkeep"])

#: Two at once would find the same.
CHECK_KEY: Final = "health:now"
_HISTORY: Final = timedelta(days=30)

VerdictWord = Literal["ok", "warning", "critical"]


class PartOut(Out):
    """One part as it was found."""

    verdict: VerdictWord
    detail: str = Field(description="What was found and, where something is wrong, what to do.")
    latency_ms: float | None = Field(description="How long the answer took; null where it did not come.")


class HealthOut(Out):
    """One look at everything; the verdict is the worst of its parts."""

    id: int
    at: datetime
    verdict: VerdictWord
    parts: dict[str, PartOut]
    task_id: UUID | None

    @classmethod
    def from_row(cls, row: HealthCheck) -> Self:
        """Show a look."""
        return cls.model_validate(row)


class HistoryQuery(PageQuery):
    """Filters of the history."""

    since: Moment | None = Field(None, description="Only from this moment on; by default the last 30 days.")


class CleanUpIn(In):
    """What a clean-up is asked."""

    dry_run: bool = Field(default=False, description="Only count what would be removed.")


@router.get(
    "/health/", response={200: HealthOut, **refusals(403, 404)}, operation_id="show_health", summary="How everything is"
)
def show_health(request: HttpRequest) -> HealthOut:
    """Show what the newest check found; 404 before the first."""
    operator_of(request)
    check = services.latest_health()
    if check is None:
        raise NotFound("Nothing was checked yet. Ask for it: POST /api/v1/health/check/")
    return HealthOut.from_row(check)


@router.get(
    "/health/history/",
    response={200: Page[HealthOut], **refusals(403)},
    operation_id="list_health",
    summary="How everything was",
)
def list_health(request: HttpRequest, query: Query[HistoryQuery]) -> Page[HealthOut]:
    """List the checks, newest first."""
    operator_of(request)
    rows = services.health_history(since=query.since or timezone.now() - _HISTORY)
    return page_of(request, rows, query, HealthOut.from_row)


@router.post(
    "/health/check/",
    response={200: Accepted, 202: Accepted, **refusals(403, 409, 422)},
    operation_id="check_health",
    summary="Check everything now",
)
@submits
def check_health(request: HttpRequest) -> HttpResponse:
    """Have every part asked now; while that is being done, the same task is answered."""
    actor = operator_of(request)
    job_id = enqueue(SystemHealthCheck(), owner_id=actor.user_id, unique_key=CHECK_KEY)
    return accepted(job_id, f"{SystemHealthCheck.kind.name} task submitted successfully")


@router.post(
    "/cleanup/",
    response={200: Accepted, 202: Accepted, **refusals(403, 409, 422)},
    operation_id="clean_up",
    summary="Remove what is over its time",
)
@submits
def clean_up(request: HttpRequest, body: CleanUpIn | None = None) -> HttpResponse:
    """Have everything removed that is over its time, or only counted: the result says how much of what."""
    actor = operator_of(request)
    job_id = enqueue(CleanupExpiredContent(dry_run=body.dry_run if body else False), owner_id=actor.user_id)
    return accepted(job_id, f"{CleanupExpiredContent.kind.name} task submitted successfully")
