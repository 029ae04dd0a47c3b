"""Rows of the database inside arguments: they travel as references, and are read again where they are used."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

#: Keys of a reference. No other mapping may have the first one.
MODEL_KEY: Final = "$model"
ID_KEY: Final = "$id"
#: Deeper than any template could name; what goes on further is a mistake, or goes round in a circle.
DEEPEST: Final = 20


def refer(value: Any) -> Any:
    """Return a JSON copy of a value in which every saved model instance is a reference: `{"$model": ..., "$id": ...}`.

    An instance is what has Django's `_meta.label_lower` and a primary key. Dates and times become ISO 8601, decimals and
    UUIDs their text.

    Raises:
        ValueError: an instance that was never saved, a key of a mapping that is no text, or what JSON cannot hold.
    """
    return _refer(value, DEEPEST)


def _refer(value: Any, deepest: int) -> Any:
    if deepest < 0:
        raise ValueError(f"this is nested more than {DEEPEST} deep; send plainer values")
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"keys must be text, and {odd[0]!r} is none")
        return {key: _refer(item, deepest - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_refer(item, deepest - 1) for item in value]
    label = getattr(getattr(value, "_meta", None), "label_lower", None)
    return _plain(value) if label is None else _point_at(label, value.pk)


def _point_at(label: str, key: Any) -> dict[str, Any]:
    if key is None:
        raise ValueError(f"this {label} was never saved, so nobody could read it again")
    return {MODEL_KEY: label, ID_KEY: _plain(key)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number that JSON can hold")
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise ValueError(f"a {type(value).__name__} is not plain JSON; send texts, numbers, lists and mappings")
