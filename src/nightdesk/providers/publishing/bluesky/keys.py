"""The record key of an order: a TID (https://atproto.com/specs/tid), the same for every run.

Bluesky takes no other keys for posts. The time is the order's, the ten bits for clocks come from its own key.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

_ALPHABET: Final = "234567abcdefghijklmnopqrstuvwxyz"
_CHARACTERS: Final = 13
_CLOCK_BITS: Final = 10
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def make_record_key(*, key: str, frozen_at: datetime) -> str:
    """Return the record key of an order: 13 characters, later ones sort behind earlier ones."""
    microseconds = (frozen_at - _EPOCH) // timedelta(microseconds=1)
    clock = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") >> (16 - _CLOCK_BITS)
    number = (microseconds << _CLOCK_BITS) | clock
    places = range(5 * (_CHARACTERS - 1), -1, -5)
    return "".join(_ALPHABET[(number >> place) & 31] for place in places)
