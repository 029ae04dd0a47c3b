"""What every submit has in common: 202, where to look, `Idempotency-Key`, `Prefer: wait` and `Webhook`."""

import json
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja.utils import contribute_operation_callback
from pydantic import Field

from nightdesk.engine.models import Job
from nightdesk.engine.states import celery_status
from nightdesk.httpkit import idempotency, listening, waiting
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.idempotency import idempotent
from nightdesk.httpkit.schemas import Out

P = ParamSpec("P")
V = TypeVar("V", bound=Callable[..., Any])
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

CeleryStatus = Literal["PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED"]
JOB_PATH: Final = "/api/v1/jobs/{job_id}/"


class Accepted(Out):
    """A job was accepted and will reach a final state."""

    task_id: UUID
    status: CeleryStatus = Field(description="PENDING, or where the job stood after `Prefer: wait`.")
    message: str
    webhook_secret: str | None = Field(
        None,
        exclude_if=lambda secret: secret is None,
        description="What signs the webhook that was asked for, where it was made here. It is shown once.",
    )


def accepted(job_id: UUID, message: str) -> HttpResponse:
    """Build the answer to a submit: 202, with the job's address."""
    body = Accepted(task_id=job_id, status="PENDING", message=message)
    return answer(202, body, location=JOB_PATH.format(job_id=job_id))


def submits(view: View[P]) -> View[P]:
    """Make a view that returns `accepted(...)` heed `Idempotency-Key`, `Prefer: wait=N` and `Webhook`.

    Whoever `Webhook` names is kept in one transaction with the job. The view runs inside a transaction when there is a
    key (see `idempotent`). With a wish to wait, the answer is 200 when the job became final in time, else 202; `status`
    says where it stood.
    """
    alone, heard = idempotent(view), idempotent(_heard(view))

    @wraps(alone)
    def submit(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        listener = listening.listener_asked(request)
        if listener is None:
            response = alone(request, *args, **kwargs)
        else:
            request.listener = listener  # type: ignore[attr-defined]
            response = heard(request, *args, **kwargs)
            if listener.is_secret_made and idempotency.REPLAYED not in response:
                _add_secret(response, listener.secret)
        wait_s = waiting.seconds_asked(request)
        return waiting.confirm(_wait(response, wait_s), wait_s) if wait_s else response

    contribute_operation_callback(submit, _document)
    contribute_operation_callback(submit, listening.document)
    return cast("View[P]", submit)


def _heard(view: View[P]) -> View[P]:
    """Make a view keep, in one transaction with the job, who is told of its end (`request.listener`)."""

    def heard(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with transaction.atomic():
            response = view(request, *args, **kwargs)
            listening.listen(request, request.listener, _read_job_id(response))  # type: ignore[attr-defined]
            return response

    return wraps(view)(heard)


def documents_submit(view: V) -> V:
    """Document the headers on a view that hands its request to one made by `submits`, once it has read the body."""
    contribute_operation_callback(view, idempotency.document)
    contribute_operation_callback(view, _document)
    contribute_operation_callback(view, listening.document)
    return view


def _read_job_id(response: HttpResponse) -> UUID:
    return UUID(json.loads(response.content)["task_id"])


def _add_secret(response: HttpResponse, secret: str) -> None:
    """Show a secret that was made. Added after the answer was kept for repetitions: it is stored sealed only."""
    body = json.loads(response.content)
    response.content = json.dumps({**body, "webhook_secret": secret}, separators=(",", ":")).encode()
    response["Cache-Control"] = "no-store"


def _wait(response: HttpResponse, wait_s: float) -> HttpResponse:
    body = json.loads(response.content)
    job_id = UUID(body["task_id"])
    is_final = waiting.wait_for_job(job_id, wait_s=wait_s)
    standing = Job.objects.filter(id=job_id).values_list("state", "runs").first()
    if standing is not None:
        body["status"] = celery_status(*standing)
    response.content = json.dumps(body, separators=(",", ":")).encode()
    response.status_code = HTTPStatus.OK if is_final else HTTPStatus.ACCEPTED
    return response


def _document(operation: Any) -> None:
    """Add the header to the OpenAPI operation."""
    parameter = {
        "in": "header",
        "name": "Prefer",
        "required": False,
        "description": "`wait=30`: answer when the job is final, after at most 30 seconds.",
        "schema": {"type": "string", "examples": ["wait=30"]},
    }
    extra = operation.openapi_extra or {}
    operation.openapi_extra = {**extra, "parameters": [*extra.get("parameters", []), parameter]}
