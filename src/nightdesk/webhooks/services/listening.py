"""The address that a request names to hear of its job's end: one event for one job."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.engine.endings import JobEnd
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.payloads import read_json
from nightdesk.engine.sql import writing
from nightdesk.engine.states import celery_status
from nightdesk.webhooks.models import WebhookEndpoint
from nightdesk.webhooks.services.announcing import JOB_ENDED, write_delivery
from nightdesk.webhooks.services.endpoints import check_url
from nightdesk.webhooks.services.secrets import choose_secret, seal_secrets


def check_listener(*, url: str, secret: str, url_field: str, secret_field: str) -> tuple[str, str]:
    """Return address and secret, which is made where none was given. Looks the name up: not inside a transaction.

    Raises:
        InvalidInput: with details under the given names.
    """
    return check_url(url, field=url_field), choose_secret(secret, field=secret_field)


def listen(*, job_id: UUID, url: str, secret: str, user_id: int | None) -> None:
    """Tell an address, in the caller's transaction, when this job has ended; at once if it has. Safe to repeat."""
    with writing():
        endpoint, is_new = WebhookEndpoint.objects.get_or_create(
            job_id=job_id, url=url, defaults={"sealed": seal_secrets([secret]), "created_by_id": user_id}
        )
        if not is_new:
            endpoint.sealed = seal_secrets([secret])
            endpoint.save(update_fields=["sealed"])
        job = Job.objects.filter(pk=job_id, finished_at__isnull=False).first()
        if job is not None:
            tell_of(job)


def job_ended(*, end: JobEnd) -> None:
    """Tell whoever listens to this job, in the transaction of its ending. Safe to repeat."""
    if _untold(end.job_id).exists():
        tell_of(Job.objects.get(pk=end.job_id))


def tell_of(job: Job) -> int:
    """Write a delivery for each address that listens to a job which has ended; return how many were new."""
    told = 0
    for endpoint in _untold(job.pk):
        if _untold(job.pk).filter(pk=endpoint.pk).update(told_at=timezone.now()):
            write_delivery(endpoint=endpoint, event=JOB_ENDED, data=_describe(job), owner_id=job.owner_id)
            told += 1
    return told


def _untold(job_id: UUID) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(job_id=job_id, told_at=None)


def _describe(job: Job) -> dict[str, Any]:
    """Describe an end without the result, which may be large, may be secret, and is fetched by the address."""
    stored = JobPayload.objects.filter(job_id=job.pk).values_list("error", flat=True).first()
    error = read_json(stored) if stored else None
    return {
        "task_id": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "status": celery_status(job.state, job.runs),
        "error": {"code": error["code"], "message": error["message"]} if error else None,
        "result_path": f"/api/v1/jobs/{job.pk}/result/",
    }
