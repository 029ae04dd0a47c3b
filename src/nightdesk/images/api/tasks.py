"""Asking for image work over HTTP."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import ValidationError

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.idempotency import is_answered
from nightdesk.httpkit.large_bodies import MAX_LARGE_BODY_BYTES, LargeBody, accepts_bytes, read_large_body
from nightdesk.httpkit.openapi import refusals, takes_json
from nightdesk.httpkit.problems import invalid_input
from nightdesk.httpkit.submits import Accepted, accepted, documents_submit, submits
from nightdesk.images import services
from nightdesk.images.schemas.tasks import ProcessIn, TaskIn

router = Router(tags=["images"])

#: Fields whose base64 is large.
_PICTURES: Final = frozenset({"image", "target_image", "mask"})
_PLAIN: Final = "asset:"


@router.post(
    "/submit/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="submit_image_task",
    summary="Submit an image task",
    openapi_extra=takes_json(TaskIn),
)
@documents_submit
@accepts_bytes(MAX_LARGE_BODY_BYTES)
def submit_image_task(request: HttpRequest) -> HttpResponse:
    """Generate a picture, swap a face, remove a background or an object, or transfer a style: as a job.

    Up to three pictures of 40 MB each may come as base64; they are streamed to the disk, and read by the job.
    """
    with read_large_body(request, fields=_PICTURES, max_file_bytes=services.MAX_BYTES, plain=_PLAIN) as body:
        task = _read_task(body)
        if is_answered(request):
            return _accept(request, task, {})
        with services.receiving(body.files) as received:
            return _accept(request, task, received)


def _read_task(body: LargeBody) -> TaskIn:
    """Refuse what can be refused before anything is stored.

    Raises:
        InvalidInput: with details by field. Forbidden: face swaps are off.
    """
    try:
        task = TaskIn.model_validate(body.data)
    except ValidationError as exc:
        raise _name_as_services_do(invalid_input(exc)) from None
    pictures = {name: _PLAIN if name in body.files else getattr(task, name) for name in _PICTURES}
    operation = services.read_operation(task.task_type)
    services.check_order(operation, prompt=task.prompt, pictures=pictures, parameters=task.parameters)
    return task


def _name_as_services_do(refusal: InvalidInput) -> InvalidInput:
    """Name a parameter by its own name alone, whoever finds it wrong: `width`, as in what the services refuse."""
    known = services.Parameters.model_fields
    short = {field: field.removeprefix("parameters.") for field in refusal.details}
    details = {short[field] if short[field] in known else field: said for field, said in refusal.details.items()}
    return InvalidInput(details=details)


@submits
def _accept(request: HttpRequest, task: TaskIn, received: Mapping[str, services.Received]) -> HttpResponse:
    fields = task.model_dump(exclude={"parameters"})
    parameters = task.parameters.model_dump(exclude_unset=True)
    owner_id = actor_of(request).user_id
    job_id = services.submit_task(**fields, parameters=parameters, received=received, owner_id=owner_id)
    return accepted(job_id, f"{task.task_type} task submitted successfully")


@router.post(
    "/image/process/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="process_image",
    summary="Process an image of the store",
)
@submits
def process_image(request: HttpRequest, body: ProcessIn) -> HttpResponse:
    """Read an image that lies in the media store, and write it anew with three small copies; any other path is refused."""
    job_id = services.ask_for_processing(**body.model_dump(), owner_id=actor_of(request).user_id)
    return accepted(job_id, "image_processing task submitted successfully")
