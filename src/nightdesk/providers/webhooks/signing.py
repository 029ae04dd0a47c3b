"""Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` (https://www.standardwebhooks.com)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (what every such secret begins with)
#: The specification's bounds of a secret, in bytes.
LEAST_BYTES: Final = 24
MOST_BYTES: Final = 64
_MADE_BYTES: Final = 32
_VERSION: Final = "v1"


class BadSecret(ValueError):
    """A text that is no secret of a webhook. Its message is for people and does not repeat the text."""


def make_secret() -> str:
    """Make a secret, `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_MADE_BYTES)).decode()


def read_secret(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises:
        BadSecret: it is not `whsec_` and 24 to 64 bytes in base64.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise BadSecret(
            f"The secret must be {SECRET_PREFIX} and {LEAST_BYTES} to {MOST_BYTES} bytes in base64. Leave it empty, and "
            "one is made."
        ) from None
    return key


def sign(signing_secrets: Sequence[str], *, webhook_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the headers of a delivery. With several secrets, while one is exchanged, any of them verifies it.

    `webhook_id` stays the same for every try of the same delivery; `timestamp_s` is that of this try (Unix seconds).

    Raises:
        BadSecret: one of the secrets is none.
        ValueError: no secret, or an id with a full stop, which parts the signed text.
    """
    if not signing_secrets or not webhook_id or "." in webhook_id:
        raise ValueError("a delivery needs a secret, and an id without full stops")
    signed = f"{webhook_id}.{timestamp_s}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(_sign_once(read_secret(one), signed) for one in signing_secrets),
    }


def _sign_once(key: bytes, signed: bytes) -> str:
    return f"{_VERSION},{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
