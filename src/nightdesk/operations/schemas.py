"""Shapes of the job endpoints."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field

from nightdesk.core.redaction import redact
from nightdesk.engine.endings import JobError
from nightdesk.engine.models import Attempt, Job
from nightdesk.engine.states import State, celery_status
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import MAX_ROW_ID, In, Out
from nightdesk.httpkit.submits import CeleryStatus
from nightdesk.operations.access import has_result


class JobsQuery(PageQuery):
    """Filters of the list of jobs; several states may be given."""

    state: list[State] = Field(default=[], description="Only jobs in one of these states.")
    kind: str | None = Field(
        None, max_length=120, description="Only jobs of this kind, like `campaigns.write_campaign`."
    )
    queue: str | None = Field(None, max_length=50, description="Only jobs of this queue.")
    subject: str | None = Field(None, max_length=80, description="Only jobs about this, like `campaign:42`.")
    owner: int | None = Field(None, ge=1, le=MAX_ROW_ID, description="Only jobs of the user with this id.")


class JobOut(Out):
    """A job as lists show it. Times are UTC."""

    id: UUID
    kind: str
    queue: str
    priority: int = Field(description="0 to 9, higher first.")
    state: State
    status: CeleryStatus = Field(description="The state in Celery's words.")
    progress: int = Field(description="Percent.")
    message: str
    subject: str
    owner: int | None
    parent: UUID | None
    runs: int
    version: int = Field(description="Grows with every change.")
    cancel_requested: bool
    result_available: bool
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, job: Job, **more: Any) -> Self:
        """Show a job's row; reads nothing else."""
        return cls(
            id=job.id,
            kind=job.kind,
            queue=job.queue,
            priority=job.priority,
            state=State(job.state),
            status=celery_status(job.state, job.runs),
            progress=progress_of(job),
            message=job.message,
            subject=job.subject,
            owner=job.owner_id,
            parent=job.parent_id,
            runs=job.runs,
            version=job.version,
            cancel_requested=job.cancel_requested_at is not None,
            result_available=has_result(job),
            created_at=job.created_at,
            run_at=job.run_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            **more,
        )


class ErrorOut(Out):
    """Why a job did not succeed."""

    code: str = Field(description="Stable, for programs.")
    message: str = Field(description="What happened and what to do.")
    type: str

    @classmethod
    def from_error(cls, error: JobError | None) -> Self | None:
        """Show an error, or that there is none."""
        return None if error is None else cls(code=error.code, message=error.message, type=error.type)


class AttemptOut(Out):
    """One run of a job that did not simply succeed."""

    number: int
    worker: str
    started_at: datetime | None
    finished_at: datetime
    outcome: str
    error_class: str
    error: str

    @classmethod
    def from_row(cls, attempt: Attempt) -> Self:
        """Show an attempt without its traceback, which is for operators' pages."""
        return cls.model_validate(attempt)


class JobDetail(JobOut):
    """A job with everything that is known of it."""

    waiting_reason: str = Field(description="Why it does not run yet; empty unless it waits.")
    error: ErrorOut | None
    arguments: dict[str, Any] | None = Field(description="Secrets hidden. Null where they are for the owner only.")
    attempts: list[AttemptOut]


class ResultOut(Out):
    """What came out of a job."""

    id: UUID
    state: State
    status: CeleryStatus
    result: Any = Field(description="What the handler returned; null unless it succeeded.")
    error: ErrorOut | None


class GateOut(Out):
    """One thing that a waiting job needs before it can start."""

    name: str
    passed: bool
    words: str


class ExplanationOut(Out):
    """Why a job stands where it stands."""

    id: UUID
    state: State
    reason: str
    gates: list[GateOut]
    place_in_line: int | None = Field(description="1 is next. Null unless it waits in line.")


class RetryIn(In):
    """Confirmation for a job whose outcome is unknown."""

    confirm: Literal["not_done"] | None = Field(None, description="You looked at the other side: it was not done.")


class RerunIn(In):
    """What to change before running it again."""

    arguments: dict[str, Any] | None = Field(None, description="Arguments to change; the others stay as they were.")


class DecideIn(In):
    """How an unknown outcome really ended."""

    done: bool


CancelWord = Literal["cancelled", "requested", "unknown"]


class CancelOut(Out):
    """What the request to cancel led to."""

    id: UUID
    state: State
    outcome: CancelWord = Field(
        description="`requested`: it runs and was told to stop. `unknown`: nobody can say whether it was done; decide."
    )
    message: str


def progress_of(job: Job) -> int:
    """Return the percent to show: a success is whole, whatever it last reported."""
    return 100 if job.state == State.SUCCEEDED else job.progress


def hide_secrets(value: Any) -> Any:
    """Mask secrets in a JSON value that will be shown."""
    return redact(value)
