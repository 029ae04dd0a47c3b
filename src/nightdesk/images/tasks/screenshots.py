"""Who takes pictures of web pages."""

from typing import Any

from django.conf import settings

from nightdesk.engine.arguments import amend
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.images import services
from nightdesk.images.jobs import CaptureScreenshot

amend(CaptureScreenshot, result_ttl_s=settings.RESULT_EXPIRES_S)


@handles(CaptureScreenshot)
def capture_screenshot(job: CaptureScreenshot, run: Run) -> dict[str, Any]:
    """Take a picture of a web page; answer with its asset."""
    return services.take_screenshot(order=job, run=run)
