"""Pictures of web pages: asked for, taken, kept in the library."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.run import Run
from nightdesk.images.jobs import CaptureScreenshot
from nightdesk.images.models import MAX_NAME_CHARS, Asset, Origin, new_asset_id
from nightdesk.images.services.assets import AssetFiles, file_address, save_made, write_asset_files
from nightdesk.images.services.files import drop_loose_files
from nightdesk.providers.images.ingest import read_picture
from nightdesk.providers.screenshots.addresses import read_address, refuse_private_number
from nightdesk.providers.screenshots.camera import Capture, PageCamera, PageRequest

#: Windows that pages are made for, in pixels.
LEAST_WIDTH: Final = 320
MOST_WIDTH: Final = 3840
LEAST_HEIGHT: Final = 240
MOST_HEIGHT: Final = 4320

#: Text stays sharp in it, and browsers show it everywhere.
_FORMAT: Final = "png"
_QUALITY: Final = 90
_SOURCE_TYPE: Final = "screenCapture"
_OPERATION: Final = "screenshot"


def ask_for_screenshot(*, url: str, width: int, height: int, full_page: bool, owner_id: int | None) -> UUID:
    """Ask for a picture of a web page and return the job's id. Whether the page is there is for the job to see.

    Raises:
        InvalidInput: it is no web address, one of a private network, or no window has this size.
    """
    refuse_private_number(url)
    order = CaptureScreenshot(url=_check(url, width, height), width=width, height=height, full_page=full_page)
    return enqueue(order, owner_id=owner_id)


def take_screenshot(*, order: CaptureScreenshot, run: Run, camera: PageCamera | None = None) -> dict[str, Any]:
    """Take the picture, store it, and end the job with its asset in one transaction. For tasks; safe to run again.

    Raises:
        InvalidInput: the order was never checked. BlockedAddress: the page leads to a private network.
        Misconfigured: there is no browser. Transient, Permanent: the page does not come. FencedOff. StoreAway.
    """
    request = PageRequest(
        url=_check(order.url, order.width, order.height, camera=camera),
        width=order.width,
        height=order.height,
        full_page=order.full_page,
    )
    drop_loose_files(job_id=run.job_id)  # what a run before this one left
    capture = (camera or PageCamera()).capture(request, check=run.check_cancelled, progress=run.progress)
    run.progress(85, "Saving the result")
    asset = _describe_asset(order, capture, run)
    try:
        files = write_asset_files(
            asset_id=asset.pk,
            pixels=read_picture(capture.png, field="url"),
            format=_FORMAT,
            quality=_QUALITY,
            digital_source_type=_SOURCE_TYPE,
            job_id=run.job_id,
        )
        return run.finish_with(lambda: _save(asset, files, capture))
    finally:
        if not run.standing.lost:  # else the files may be those of the next run
            drop_loose_files(job_id=run.job_id)


def _check(url: str, width: int, height: int, *, camera: PageCamera | None = None) -> str:
    sizes = (("width", width, LEAST_WIDTH, MOST_WIDTH), ("height", height, LEAST_HEIGHT, MOST_HEIGHT))
    details = {
        name: [f"This must be a whole number from {least} to {most}."]
        for name, value, least, most in sizes
        if not least <= value <= most
    }
    if details:
        raise InvalidInput(details=details)
    return read_address(url, allowed=camera.allowed if camera else frozenset())


def _describe_asset(order: CaptureScreenshot, capture: Capture, run: Run) -> Asset:
    return Asset(
        pk=new_asset_id(),
        owner_id=run.owner_id,
        name=" ".join(capture.title.split())[:MAX_NAME_CHARS] or capture.url[:MAX_NAME_CHARS],
        origin=Origin.SCREENSHOT,
        job_id=run.job_id,
        operation=_OPERATION,
        provider="chromium",
        parameters=order.model_dump(mode="json"),
        warnings=list(capture.warnings),
        digital_source_type=_SOURCE_TYPE,
    )


def _save(asset: Asset, files: AssetFiles, capture: Capture) -> dict[str, Any]:
    asset.expires_at = timezone.now() + timedelta(seconds=settings.RESULT_EXPIRES_S)
    saved = save_made(asset=asset, files=files, parents={})
    return {
        "status": "success",
        "asset_id": saved.pk,
        "image_url": file_address(asset_id=saved.pk),
        "metadata": {
            "url": capture.url,
            "title": capture.title,
            "page_status": capture.status,
            "width": saved.width,
            "height": saved.height,
            "parameters": saved.parameters,
            "warnings": saved.warnings,
            "expires_at": saved.expires_at.isoformat() if saved.expires_at else None,
        },
    }
