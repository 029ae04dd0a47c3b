"""Pictures of web pages over HTTP."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.submits import Accepted, accepted, submits
from nightdesk.images import services
from nightdesk.images.schemas.screenshots import ScreenshotIn

router = Router(tags=["images"])


@router.post(
    "/",
    response={200: Accepted, 202: Accepted, **refusals(409, 422)},
    operation_id="capture_screenshot",
    summary="Take a picture of a web page",
)
@submits
def capture_screenshot(request: HttpRequest, body: ScreenshotIn) -> HttpResponse:
    """Open a public page in a headless browser and keep its picture: as a job. Private addresses are never reached."""
    job_id = services.ask_for_screenshot(**body.model_dump(), owner_id=actor_of(request).user_id)
    return accepted(job_id, "screenshot task submitted successfully")
