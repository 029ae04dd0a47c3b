"""Shapes of asking for a screenshot."""

from pydantic import Field

from nightdesk.httpkit.schemas import In
from nightdesk.images.services import LEAST_HEIGHT, LEAST_WIDTH, MOST_HEIGHT, MOST_WIDTH


class ScreenshotIn(In):
    """A public page, and the window to look at it with."""

    url: str = Field(max_length=2048, description="Begins with http:// or https://.", examples=["https://example.com/"])
    width: int = Field(default=1280, ge=LEAST_WIDTH, le=MOST_WIDTH, description="Pixels.")
    height: int = Field(default=800, ge=LEAST_HEIGHT, le=MOST_HEIGHT, description="Pixels.")
    full_page: bool = Field(default=False, description="Down to the page's end, at most 8,000 pixels.")
