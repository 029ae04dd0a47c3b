"""Where the journal is, for those who come from outside."""

import ipaddress
from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings

#: Names that no public server has: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and `internal` as ICANN reserved it.
_PRIVATE_ENDS: Final = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".example", ".invalid", ".lan")
PATH: Final = "/journal/"


def journal_title() -> str:
    """Return what the operator calls the journal."""
    return str(settings.JOURNAL_TITLE)


def journal_url() -> str:
    """Return the absolute address of the list of entries."""
    return f"{settings.BASE_URL}{PATH}"


def entry_url(*, slug: str) -> str:
    """Return the absolute address of an entry."""
    return f"{journal_url()}{quote(slug)}/"


def tag_url(*, tag: str) -> str:
    """Return the absolute address of the entries with a tag."""
    return f"{journal_url()}tags/{quote(tag, safe='')}/"


def picture_url(*, asset_id: str) -> str:
    """Return the absolute address of a picture, whoever can reach it."""
    return f"{journal_url()}pictures/{asset_id}/"


def is_reachable() -> bool:
    """Whether the address of this installation looks like one on the public internet."""
    host = (urlsplit(settings.BASE_URL).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_ENDS)
