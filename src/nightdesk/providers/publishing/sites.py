"""What adapters of people's own sites share: their addresses, and pictures that become files of the site."""

import hashlib
import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.options import PRIVATE_HOSTS_SETTING, PublishingOptions
from nightdesk.providers.publishing.protocol import Complaint, Content, Order, Picture
from nightdesk.providers.publishing.text import pictures_in

_SOURCE: Final = re.compile(r'(<img src=")asset:([^"]+)(")')
_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}


def read_server(server: str, *, name: str, options: PublishingOptions) -> str:
    """Return the address of a site, without a slash at its end.

    The credentials travel with each request, so it must be https, except to hosts that the operator lists as private.

    Raises:
        Permanent: it is plain http to anywhere else.
    """
    address = server.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        return address  # the line says what is wrong with it
    if parts.scheme == "http" and not ({host, f"{host}:{port or 80}"} & options.private_hosts):
        raise Permanent(
            f"The address of {name} must begin with https://, as its password travels with each request. Correct it in "
            f"the account. If the host is in your own network, an operator can list it in {PRIVATE_HOSTS_SETTING}."
        )
    return address


def place_pictures(html: str, addresses: Mapping[str, str]) -> str:
    """Give each picture of a frozen text, `<img src="asset:<id>">`, the address that it has on the site."""
    return _SOURCE.sub(lambda found: found[1] + escape(addresses[found[2]]) + found[3], html)


def list_pictures(content: Content) -> list[dict[str, str]]:
    """List the pictures of a post for its payload: those of the text, then the cover; each once, with its alt text."""
    found = {one.asset_id: one.alt for one in pictures_in(content.body)}
    if content.cover is not None:
        found.setdefault(content.cover.asset_id, content.cover.alt)
    return [{"asset_id": asset_id, "alt": alt} for asset_id, alt in found.items()]


def complain_of_pictures(content: Content) -> tuple[Complaint, ...]:
    """Complain where the text shows a picture that nobody described: it is not there any more."""
    known = set(content.pictures)
    if all(one.asset_id in known for one in pictures_in(content.body)):
        return ()
    message = "A picture in the body is gone. Choose another one, or take it out."
    return (Complaint(part="images", message=message),)


def find_picture(order: Order, asset_id: str) -> Picture:
    """Return the description of a picture that the payload names.

    Raises:
        Permanent: there is none.
    """
    found = order.pictures.get(asset_id)
    if found is None:
        raise Permanent("A picture of this post is gone. Choose another one in the post, then publish it again.")
    return found


def mark_picture(picture: Picture, alt: str) -> str:
    """Return a short name that the same file with the same alt text always has: 16 characters of 0-9a-f."""
    return hashlib.sha256(f"{picture.sha256}\n{alt}".encode()).hexdigest()[:16]


def name_file(stem: str, picture: Picture) -> str:
    """Name an uploaded file: sites tell what it is by the ending."""
    return f"{stem}.{_SUFFIXES.get(picture.content_type, 'png')}"


def read_text(source: Any, name: str) -> str:
    """Return a text of a JSON object that a server sent, "" where it is none."""
    found = source.get(name) if isinstance(source, Mapping) else None
    return found if isinstance(found, str) else ""
