"""Keeping the payloads of sensitive kinds encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA-256)."""

import hashlib
from functools import cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from nightdesk.core.errors import Misconfigured

_ID_CHARS: Final = 12


@cache
def _keys() -> dict[str, Fernet]:
    return {key_id(key): Fernet(key) for key in settings.ENCRYPTION_KEYS}


def key_id(key: str) -> str:
    """Return the public name of a key: the head of its SHA-256, safe to store beside what it sealed."""
    return hashlib.sha256(key.encode()).hexdigest()[:_ID_CHARS]


def seal(text: str) -> tuple[str, str]:
    """Encrypt with the first key; return the sealed text and the key's id.

    Raises:
        Misconfigured: no key is set.
    """
    for name, fernet in _keys().items():
        return fernet.encrypt(text.encode()).decode(), name
    raise Misconfigured(setting="NIGHTDESK_ENCRYPTION_KEYS")


def unseal(text: str, name: str) -> str:
    """Decrypt what `seal` made; a text with no key's id comes back as it is.

    Raises:
        Misconfigured: the key that sealed it is no longer among the settings.
    """
    if not name:
        return text
    try:
        return _keys()[name].decrypt(text.encode()).decode()
    except (KeyError, InvalidToken):
        raise Misconfigured(
            f"A job was sealed with the key {name}, which is not among NIGHTDESK_ENCRYPTION_KEYS. Add that key again.",
            setting="NIGHTDESK_ENCRYPTION_KEYS",
        ) from None
