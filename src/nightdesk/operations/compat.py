"""Paths and shapes that existing clients send and read. One table at the end; all of it is tagged "compatibility"."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from nightdesk.engine import actions, queries
from nightdesk.engine.models import Job, Worker
from nightdesk.engine.states import UNFINISHED, State, celery_status, task_status
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.schemas import JobId, Out, RowId
from nightdesk.httpkit.submits import CeleryStatus
from nightdesk.images.services import KINDS, present_result
from nightdesk.operations.access import (
    find_job,
    find_job_to_change,
    has_result,
    may_read_content,
    read_error,
    read_result,
)
from nightdesk.operations.schemas import progress_of
from nightdesk.publishing.jobs import PublishPost
from nightdesk.publishing.schemas.publishings import PublishHistory, read_history
from nightdesk.publishing.services import platform_info

TAG: Final = "compatibility"
#: How far back a worker's finished jobs are counted: the whole life of a busy one would be millions of rows.
COUNTED: Final = timedelta(hours=1)

#: Kinds whose results are pictures.
IMAGE_TASKS: Final = frozenset(arguments.kind.name for arguments in KINDS.values())

TaskWord = Literal["PENDING", "PROCESSING", "SUCCESS", "FAILURE", "REVOKED"]


class TaskStatus(Out):
    """Where a task stands."""

    task_id: UUID
    status: TaskWord
    progress: int
    message: str
    result_available: bool
    code: str | None = Field(None, description="Only where the task did not succeed: why, for programs.")


class TaskResult(Out):
    """What came out of a task. `result` is null and `error` set where it did not succeed."""

    task_id: UUID
    status: TaskWord
    result: dict[str, Any] | None
    error: str | None = None
    code: str | None = None


class TaskCancelled(Out):
    """What the request to cancel led to."""

    task_id: UUID
    status: TaskWord
    message: str


class CeleryTask(Out):
    """A task in the words of Celery's own result."""

    task_id: UUID
    status: CeleryStatus
    ready: bool
    successful: bool
    failed: bool
    result: Any
    error: str | None
    progress: int
    platform_info: dict[str, Any] | None = Field(description="For publishings: the platform and its post.")


def show_post_status(request: HttpRequest, post_id: RowId) -> PublishHistory:  # noqa: ARG001 (Ninja calls it so)
    """Say where every publishing of a post stands, the newest first."""
    return read_history(post_id)


class WorkerNumbers(Out):
    """A live worker."""

    total: dict[str, int] = Field(description="Jobs that it ended within the last hour, by kind.")
    active: int
    slots: int
    pool: str
    pid: int
    queues: list[str]
    started_at: datetime
    seen_at: datetime


class Workers(Out):
    """All live workers."""

    timestamp: datetime
    total_workers: int
    total_active_tasks: int
    workers: dict[str, WorkerNumbers]


def show_task_status(request: HttpRequest, task_id: JobId) -> TaskStatus:
    """Say where a task stands. One that never existed is 404, never PENDING."""
    job = find_job(actor_of(request), task_id)
    error = read_error(job)
    return TaskStatus(
        task_id=job.id,
        status=task_status(job.state),
        progress=progress_of(job),
        message=error.message if error else job.message or queries.waiting_reason(job),
        result_available=has_result(job),
        code=error.code if error else None,
    )


def show_task_result(request: HttpRequest, task_id: JobId) -> TaskResult:
    """Fetch what came out of a task: 409 while it is not finished, 410 once its result is removed.

    Of an image task also the picture itself, as base64 in `image_data` up to 20 MB, else null: `image_url` has it.
    """
    actor = actor_of(request)
    job = find_job(actor, task_id)
    result, status = read_result(actor, job), task_status(job.state)
    if job.state == State.SUCCEEDED:
        shown = present_result(result=result) if job.kind in IMAGE_TASKS else _with_status(result)
        return TaskResult(task_id=job.id, status=status, result=shown)
    error = read_error(job)
    return TaskResult(
        task_id=job.id,
        status=status,
        result=None,
        error=error.message if error else "The task was ended before it was done.",
        code=error.code if error else job.state,
    )


def _with_status(result: Any) -> dict[str, Any]:
    return {"status": "success", **result} if isinstance(result, dict) else {"status": "success", "value": result}


def cancel_task(request: HttpRequest, task_id: JobId) -> TaskCancelled:
    """Cancel a task; one that has ended stays as it is, and the answer says so."""
    job = find_job_to_change(actor_of(request), task_id)
    outcome = actions.cancel(job_id=job.id)
    job.refresh_from_db()
    said = {
        "cancelled": "The task is cancelled.",
        "requested": "The task was told to stop and will end soon.",
        "unknown": "The task is stopped. It may already have been done: look at the other side, then decide.",
        "finished": "The task had already ended. Nothing was changed.",
    }
    return TaskCancelled(task_id=job.id, status=task_status(job.state), message=said[outcome])


def show_celery_task(request: HttpRequest, task_id: JobId) -> CeleryTask:
    """Say where a task stands, with its result once there is one."""
    actor = actor_of(request)
    job = find_job(actor, task_id)
    error = read_error(job)
    readable = has_result(job) and may_read_content(actor, job)
    return CeleryTask(
        task_id=job.id,
        status=celery_status(job.state, job.runs),
        ready=job.state not in UNFINISHED,
        successful=job.state == State.SUCCEEDED,
        failed=job.state in {State.FAILED, State.UNKNOWN},
        result=read_result(actor, job) if readable else None,
        error=error.message if error else None,
        progress=progress_of(job),
        platform_info=platform_info(job_id=job.id) if job.kind == PublishPost.kind.name else None,
    )


def list_workers(request: HttpRequest) -> Workers:  # noqa: ARG001 (Ninja calls it so)
    """List the live workers and what they do."""
    workers = queries.live_workers()
    ended = _count_ended(workers)
    return Workers(
        timestamp=timezone.now(),
        total_workers=len(workers),
        total_active_tasks=sum(worker.active for worker in workers),
        workers={worker.name: _numbers(worker, ended[worker.boot_id]) for worker in workers},
    )


def _numbers(worker: Worker, ended: dict[str, int]) -> WorkerNumbers:
    return WorkerNumbers(
        total=ended,
        active=worker.active,
        slots=worker.slots,
        pool=worker.pool,
        pid=worker.pid,
        queues=list(worker.queues),
        started_at=worker.started_at,
        seen_at=worker.seen_at,
    )


def _count_ended(workers: list[Worker]) -> defaultdict[UUID, dict[str, int]]:
    counts: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    boots = [worker.boot_id for worker in workers]
    ended = Job.objects.filter(finished_at__gte=timezone.now() - COUNTED, worker__in=boots)
    for boot, kind, count in ended.values_list("worker", "kind").annotate(count=Count("id")):
        if boot is not None:
            counts[boot][kind] = count
    return counts


class Row(NamedTuple):
    """One compatible operation."""

    method: str
    path: str
    view: Callable[..., Any]
    response: type[Out]
    refusals: tuple[int, ...] = ()


TABLE: Final = (
    Row("GET", "/v1/tasks/{task_id}/status/", show_task_status, TaskStatus),
    Row("GET", "/v1/tasks/{task_id}/result/", show_task_result, TaskResult, (409, 410)),
    Row("POST", "/v1/tasks/{task_id}/cancel/", cancel_task, TaskCancelled),
    Row("DELETE", "/v1/tasks/revoke/{task_id}/", cancel_task, TaskCancelled),
    Row("GET", "/v1/tasks/status/{task_id}/", show_celery_task, CeleryTask),
    Row("GET", "/tasks/status/{task_id}", show_celery_task, CeleryTask),
    Row("GET", "/tasks/status/post/{post_id}", show_post_status, PublishHistory),
    Row("GET", "/v1/tasks/workers/", list_workers, Workers),
)


def build_router() -> Router:
    """Make a router of the table. Fields that are null by default, like `code`, are left out of answers."""
    router = Router(tags=[TAG])
    for number, row in enumerate(TABLE, start=1):
        router.api_operation(
            [row.method],
            row.path,
            response={200: row.response, **refusals(*row.refusals)},
            operation_id=f"{row.view.__name__}_{number}",
            exclude_defaults=True,
        )(row.view)
    return router


router = build_router()
