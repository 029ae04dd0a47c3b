"""Keeping the payloads of sensitive kinds encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA-256)."""

import hashlib
import re
from functools import cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from nightdesk.core.errors import Misconfigured

_ID_CHARS: Final = 12
#: No JSON text begins like this, so a sealed text is told from a plain one by itself.
_SEALED: Final = re.compile(rf"^([0-9a-f]{{{_ID_CHARS}}}):")


@cache
def _keys() -> dict[str, Fernet]:
    return {key_id(key): Fernet(key) for key in settings.ENCRYPTION_KEYS}


def key_id(key: str) -> str:
    """Return the public name of a key: the head of its SHA-256, safe to store beside what it sealed."""
    return hashlib.sha256(key.encode()).hexdigest()[:_ID_CHARS]


def seal(text: str) -> str:
    """Encrypt with the first key; the sealed text begins with that key's id: each part of a row may have another.

    Raises:
        Misconfigured: no key is set.
    """
    for name, fernet in _keys().items():
        return f"{name}:{fernet.encrypt(text.encode()).decode()}"
    raise Misconfigured(setting="NIGHTDESK_ENCRYPTION_KEYS")


def sealing_key(text: str) -> str:
    """Return the id of the key that sealed a text; "" for a plain one."""
    found = _SEALED.match(text)
    return found[1] if found else ""


def unseal(text: str) -> str:
    """Decrypt what `seal` made; a plain text comes back as it is.

    Raises:
        Misconfigured: the key that sealed it is no longer among the settings.
    """
    name = sealing_key(text)
    if not name:
        return text
    try:
        return _keys()[name].decrypt(text[_ID_CHARS + 1 :].encode()).decode()
    except (KeyError, InvalidToken):
        raise Misconfigured(
            f"A job was sealed with the key {name}, which is not among NIGHTDESK_ENCRYPTION_KEYS. Add that key again.",
            setting="NIGHTDESK_ENCRYPTION_KEYS",
        ) from None
