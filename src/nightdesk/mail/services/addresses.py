"""Addresses of recipients, checked and compared one way."""

import hashlib
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from nightdesk.core.redaction import clean_text

#: RFC 5321, 4.5.3.1.3 as RFC 3696's erratum 1690 reads it: a path of 256 with its angle brackets.
MAX_ADDRESS_CHARS: Final = 254
#: Of an address that is none, so much is repeated.
_LONGEST_SHOWN: Final = 80
#: A key has 200 characters: the rest is for what it is about.
_LONGEST_IN_KEY: Final = 160


def fold_address(address: str) -> str:
    """Return an address as it is compared: mailboxes that differ only in case are one in practice."""
    return clean_text(address).strip().lower()


def key_of_address(address: str) -> str:
    """Return an address as a `dedupe_key` has room for it: of a long one its hash, for two may begin alike."""
    folded = fold_address(address)
    return folded if len(folded) <= _LONGEST_IN_KEY else hashlib.sha256(folded.encode()).hexdigest()


def complain_of_address(address: str) -> str:
    """Say why an address cannot be written to, naming it; "" where it can."""
    trimmed = address.strip()
    if _is_address(trimmed):
        return ""
    shown = "".join(sign if sign.isprintable() else "?" for sign in clean_text(trimmed))
    shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
    return f"“{shown}” is not an e-mail address like name@example.org."


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    # A quoted local part may hold control characters by the letter of RFC 5322; nobody has such a mailbox.
    return len(text) <= MAX_ADDRESS_CHARS and text.isprintable()
