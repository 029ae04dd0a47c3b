"""The token that Ghost's Admin API wants with each request: a JSON Web Token (RFC 7519) signed with HS256.

https://ghost.org/docs/admin-api/#token-authentication
"""

import base64
import hashlib
import hmac
import json
import re
from typing import Any, Final

from nightdesk.providers.publishing.protocol import AccountRefused

_KEY: Final = re.compile(r"([0-9a-f]{24}):((?:[0-9a-f]{2}){16,})")
#: Ghost refuses tokens that say they live longer.
LIFE_S: Final = 300


def make_token(admin_key: str, *, now_s: int) -> str:
    """Sign a token that is good for five minutes from `now_s`, seconds since the epoch.

    Raises:
        AccountRefused: this is no Admin API key.
    """
    found = _KEY.fullmatch(admin_key.strip())
    if found is None:
        raise AccountRefused(
            "This is no Admin API key of Ghost: it looks like 24 characters, a colon and 64 characters, of 0-9 and a-f. "
            "Copy it again from the integration."
        )
    head = _encode({"alg": "HS256", "typ": "JWT", "kid": found[1]})
    claims = _encode({"iat": now_s, "exp": now_s + LIFE_S, "aud": "/admin/"})
    signed = head + b"." + claims
    signature = hmac.new(bytes.fromhex(found[2]), signed, hashlib.sha256).digest()
    return (signed + b"." + _encode_bytes(signature)).decode()


def _encode(value: Any) -> bytes:
    return _encode_bytes(json.dumps(value, separators=(",", ":")).encode())


def _encode_bytes(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
