"""Rows of the database inside arguments: they travel as references, and are read again where they are used."""

from collections.abc import Mapping
from typing import Any, Final

#: Keys of a reference. No other mapping may have the first one.
MODEL_KEY: Final = "$model"
ID_KEY: Final = "$id"


def refer(value: Any) -> Any:
    """Return a copy of a JSON-like value in which every saved model instance is a reference: `{"$model": ..., "$id": ...}`.

    An instance is what has Django's `_meta.label_lower` and a primary key. Anything else comes back as it is.

    Raises:
        ValueError: an instance that was never saved, or a key of a mapping that is no text.
    """
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"keys must be text, and {odd[0]!r} is none")
        return {key: refer(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [refer(item) for item in value]
    label = getattr(getattr(value, "_meta", None), "label_lower", None)
    if label is None:
        return value
    if value.pk is None:
        raise ValueError(f"this {label} was never saved, so nobody could read it again")
    return {MODEL_KEY: label, ID_KEY: value.pk}
