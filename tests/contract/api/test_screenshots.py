"""Screenshots over HTTP: accepted as jobs, refused where no page can be."""

import pytest

from nightdesk.engine.models import Job
from nightdesk.engine.testing import assert_enqueued
from nightdesk.images.jobs import CaptureScreenshot
from tests.support.callers import Caller, problem_of

SCREENSHOTS = "/api/v1/screenshots/"


def test_screenshot_is_accepted_as_a_job(ada: Caller) -> None:
    response = ada.post(SCREENSHOTS, {"url": " https://example.com/a?b=c ", "width": 640, "full_page": True})

    job = assert_enqueued(CaptureScreenshot(url="https://example.com/a?b=c", width=640, height=800, full_page=True))
    assert response.status_code == 202
    assert response["Location"] == f"/api/v1/jobs/{job.pk}/"
    assert response.json() == {
        "task_id": str(job.pk),
        "status": "PENDING",
        "message": "screenshot task submitted successfully",
    }
    assert (job.queue, job.owner_id) == ("cpu", ada.user.pk)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://example.com:8443/"}, "url"),
        ({"url": "https://example.com/", "width": 10}, "width"),
        ({"url": "https://example.com/", "height": 100_000}, "height"),
    ],
)
def test_what_no_browser_could_show_is_refused(ada: Caller, body: dict[str, object], field: str) -> None:
    response = ada.post(SCREENSHOTS, body)

    assert (response.status_code, list(problem_of(response)["details"])) == (400, [field])
    assert not Job.objects.exists()
