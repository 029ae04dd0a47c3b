"""Addresses of pages: plain web addresses alone. Whether their hosts are public is the proxy's to see, at each connection."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from nightdesk.core.errors import InvalidInput
from nightdesk.providers.fetching.addresses import BlockedAddress, is_public

_SCHEMES: Final = {"http": 80, "https": 443}
#: Ports of web servers; others belong to services that a page has no business with.
WEB_PORTS: Final = frozenset(_SCHEMES.values())
_MOST_CHARS: Final = 2048

Place = tuple[str, int]


def read_address(url: str, *, allowed: frozenset[Place] = frozenset(), ports: frozenset[int] = WEB_PORTS) -> str:
    """Return the address of a page, without blanks around it. Looks no name up.

    Raises:
        InvalidInput: it is no plain http or https address, on a port of web servers, without user name and password.
    """
    url = url.strip()
    complaint = _complain(url, allowed, ports)
    if complaint:
        raise InvalidInput(details={"url": [complaint]})
    return url


def refuse_private_number(url: str) -> None:
    """Refuse an address whose host is a private IP address in its usual notation. Names are for the proxy to look up.

    Raises:
        InvalidInput: it is one.
    """
    place = place_of(url.strip())
    try:
        host = ip_address(place[0] if place else "")
    except ValueError:
        return
    if not is_public(str(host)):
        raise InvalidInput(details={"url": [BlockedAddress.public_message]})


def place_of(url: str) -> Place | None:
    """Return host and port that an address leads to; None where it is no web address."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or _SCHEMES.get(parts.scheme, 0)
    except ValueError:
        return None
    return (host, port) if host and port else None


def _complain(url: str, allowed: frozenset[Place], ports: frozenset[int]) -> str:
    if not url or len(url) > _MOST_CHARS:
        return f"Give the address of a page, of at most {_MOST_CHARS} characters."
    if not url.isprintable() or " " in url or "\\" in url:
        return "The address holds characters that no address has. Copy it again."
    place, parts = place_of(url), _split(url)
    if parts is None or parts.scheme not in _SCHEMES or place is None:
        return "The address must begin with http:// or https:// and name a host."
    if "@" in parts.netloc:
        return "The address must not hold a user name or password. Only public pages can be shown."
    if place not in allowed and place[1] not in ports:
        return "Only pages on the ports 80 and 443 can be shown. Leave the port out."
    return ""


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
