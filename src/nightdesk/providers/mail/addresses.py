"""Whether an address can be sent to, and how it is written for others."""

import re
from typing import Final

from nightdesk.providers.mail.protocol import RecipientRefused

#: What no address holds: it would end the command that it stands in, or begin a second address.
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f<>,;]")


def write_address(address: str) -> str:
    """Write an address with its domain in ASCII; what stands before the @ stays as it is.

    Raises:
        RecipientRefused: it is no address.
    """
    local, at, domain = address.rpartition("@")
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not (local and at and name) or _UNFIT.search(address):
        raise RecipientRefused("This is no address that mail can be sent to. Correct it.", is_dead=False)
    return f"{local}@{name}"
