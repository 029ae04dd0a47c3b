"""Pictures of web pages: what the form asks for."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from nightdesk.images import services

#: A window as on a desk.
FIRST_VALUES: Final[dict[str, Any]] = {"url": "", "width": 1280, "height": 800, "full_page": ""}


def order(post: Mapping[str, str], *, owner_id: int) -> UUID:
    """Ask for a picture of the page that a form names; return its job."""
    raise NotImplementedError(services, post, owner_id)
