"""Pictures of web pages: what the form asks for."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from nightdesk.images import services
from nightdesk.web.studio.form import Reading

#: A window as on a desk.
FIRST_VALUES: Final[dict[str, Any]] = {"url": "", "width": 1280, "height": 800, "full_page": ""}


def order(post: Mapping[str, str], *, owner_id: int) -> UUID:
    """Ask for a picture of the page that a form names; return its job.

    Raises:
        InvalidInput: it is no web address, a number is none, or no window has this size.
    """
    reading = Reading(post)
    width = reading.whole("width") or FIRST_VALUES["width"]
    height = reading.whole("height") or FIRST_VALUES["height"]
    reading.finish()
    return services.ask_for_screenshot(
        url=post.get("url", "").strip(),
        width=width,
        height=height,
        full_page=post.get("full_page") == "yes",
        owner_id=owner_id,
    )
