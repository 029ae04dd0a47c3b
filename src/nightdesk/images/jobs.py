"""What can be asked of the background for pictures. A picture is `asset:<id>`; no pixels travel in arguments."""

from typing import Any

from nightdesk.engine.arguments import JobArgs


class ProcessImageGeneration(JobArgs, queue="cpu", retries=3, retry_delay_s=30.0, soft_limit_s=900.0):
    """Make a picture from a prompt."""

    prompt: str
    parameters: dict[str, Any] = {}


class ProcessFaceSwap(JobArgs, queue="cpu", retries=3, retry_delay_s=30.0, soft_limit_s=600.0):
    """Put the face of one picture into another."""

    image: str
    target_image: str
    prompt: str = ""  # kept with the result, not used
    parameters: dict[str, Any] = {}


class ProcessBackgroundRemoval(JobArgs, queue="cpu", retries=3, retry_delay_s=30.0, soft_limit_s=600.0):
    """Remove the background of a picture."""

    image: str
    prompt: str = ""  # kept with the result, not used
    parameters: dict[str, Any] = {}


class ProcessObjectRemoval(JobArgs, queue="cpu", retries=3, retry_delay_s=30.0, soft_limit_s=600.0):
    """Remove what a mask or a box covers."""

    image: str
    mask: str | None = None
    prompt: str = ""
    parameters: dict[str, Any] = {}


class ProcessStyleTransfer(JobArgs, queue="cpu", retries=3, retry_delay_s=30.0, soft_limit_s=900.0):
    """Give a picture the look of another one, or of a named style."""

    image: str
    target_image: str | None = None
    prompt: str = ""
    parameters: dict[str, Any] = {}


class ProcessUploadedImage(JobArgs, queue="cpu", retries=3, retry_delay_s=10.0, soft_limit_s=120.0):
    """Read an uploaded picture, and write it anew with its small copies.

    `file_path` is a name in the media store. `asset_id` names the asset that waits for it; without one a new one is made.
    """

    file_path: str
    max_width: int = 1200
    max_height: int = 800
    quality: int = 80
    asset_id: str | None = None


class CaptureScreenshot(JobArgs, queue="cpu", retries=2, retry_delay_s=10.0, soft_limit_s=90.0):
    """Take a picture of a web page."""

    url: str
    width: int = 1280
    height: int = 800
    full_page: bool = False


class SweepFiles(JobArgs, queue="maintenance", retries=3, retry_delay_s=30.0, soft_limit_s=300.0, history_days=1.0):
    """Remove pictures whose time is over, and files that belong to nobody."""
