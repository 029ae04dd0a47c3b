"""Random secrets that are shown once; only their hash is kept.

A secret has 256 random bits, so a plain SHA-256 of it cannot be reversed by guessing, and finding it is one look-up in
an index. The common beginning `nd_` lets log redaction and secret scanners know it.
"""

import hashlib
import secrets
from typing import Final

TOKEN_PREFIX: Final = "nd_"  # noqa: S105 (a prefix, not a secret)
LINK_PREFIX: Final = "nd_link_"
#: Characters of a token, beyond its prefix, that stay readable so that its owner can tell one from another.
HINT_CHARS: Final = 4
_RANDOM_BYTES: Final = 32


def make_secret(prefix: str) -> str:
    """Make a new secret: the prefix, then 43 characters that are safe in URLs and headers."""
    return prefix + secrets.token_urlsafe(_RANDOM_BYTES)


def hash_secret(secret: str) -> str:
    """Return what is kept of a secret: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
