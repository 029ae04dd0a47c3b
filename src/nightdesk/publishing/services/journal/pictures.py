"""Where everybody can fetch a picture of something published."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from nightdesk.providers.fetching.addresses import is_public

PICTURES: Final = "/journal/pictures/"


def picture_path(asset_id: str) -> str:
    """Return the address of a picture on this server; it answers only while something published shows the picture."""
    return f"{PICTURES}{asset_id}/"


def public_url(*, asset_id: str) -> str:
    """Return the address under which a server elsewhere can fetch a picture; "" where none can reach us."""
    return f"{settings.BASE_URL.rstrip('/')}{picture_path(asset_id)}" if is_reachable() else ""


def is_reachable() -> bool:
    """Whether the address that this installation was given is one of the public internet, as far as it says so itself."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost", ".test", ".lan"))
    return is_public(host)
