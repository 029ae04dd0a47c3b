"""Reading jobs: who may see them, what they carry, why they wait."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from nightdesk.core.errors import Gone
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.endings import JobError
from nightdesk.engine.explain import Explanation, Gate, explain, waiting_reason
from nightdesk.engine.models import Attempt, Job, JobPayload, Worker
from nightdesk.engine.payloads import read_arguments, read_json
from nightdesk.engine.sealing import unseal

__all__ = [
    "Explanation",
    "Gate",
    "arguments_of",
    "attempts_of",
    "error_of",
    "explain",
    "live_workers",
    "result_of",
    "visible_jobs",
    "waiting_reason",
]


def visible_jobs(*, user_id: int, operator: bool) -> QuerySet[Job]:
    """All jobs, except other people's of private kinds unless an operator asks."""
    if operator:
        return Job.objects.all()
    private = [kind.name for kind in KINDS.values() if kind.private]
    return Job.objects.filter(~Q(kind__in=private) | Q(owner_id=user_id))


def arguments_of(job: Job) -> dict[str, Any]:
    """What was asked for; positional arguments of an untyped task stand under `args`. Redact it before showing."""
    payload = JobPayload.objects.filter(pk=job.pk).first()
    if payload is None:
        return {}
    args, kwargs = read_arguments(payload.arguments)
    return {"args": args, **kwargs} if args else kwargs


def result_of(job: Job) -> Any:
    """What its handler returned; None when there is none (yet).

    Raises:
        Gone: it was kept as long as its kind says and is no more.
    """
    if job.result_gone:
        raise Gone("This result was kept for as long as its kind says and is gone. Run the job again to get a new one.")
    payload = JobPayload.objects.filter(pk=job.pk).first()
    return None if payload is None else read_json(payload.result)


def error_of(job: Job) -> JobError | None:
    """Why it did not succeed, or why it is tried again; None when nothing went wrong."""
    payload = JobPayload.objects.filter(pk=job.pk).first()
    if payload is None or payload.error is None:
        return None
    return JobError.from_json(unseal(payload.error))


def attempts_of(job: Job) -> list[Attempt]:
    """Its ended runs, oldest first; a job that simply succeeded has none."""
    return list(Attempt.objects.filter(job_id=job.pk).order_by("id"))


def live_workers() -> list[Worker]:
    """Workers whose lease has not ended, by name."""
    return list(Worker.objects.filter(lease_until__gt=Now()).order_by("name"))
