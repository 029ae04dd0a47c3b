"""The JSON that a job carries: small, clean, and sealed where its kind is sensitive."""

import json
from typing import Any, Final

from pydantic import BaseModel

from nightdesk.core.errors import InvalidInput, Permanent
from nightdesk.core.redaction import clean_text
from nightdesk.engine.arguments import Kind
from nightdesk.engine.models.job import MAX_RESULT_BYTES
from nightdesk.engine.sealing import seal, unseal

_SUSPICIOUS: Final = ("\\u0000", "\\ud")  # NUL and surrogates, as `ensure_ascii` writes them


class NotJson(Permanent):
    """A handler returned something that a result cannot be."""

    code = "result_not_json"


def write_arguments(args: list[Any], kwargs: dict[str, Any], kind: Kind) -> str:
    """Return the text to store, sealed if the kind is sensitive.

    Raises:
        InvalidInput: not JSON, or over what the kind allows (64 KB unless it says more).
    """
    try:
        text = _dump({"args": args, "kwargs": kwargs})
    except (TypeError, ValueError, RecursionError) as exc:
        raise InvalidInput(f"The arguments of {kind.name} must be plain JSON: {exc}") from exc
    if len(text) > kind.arguments_bytes:
        raise InvalidInput(
            f"The arguments of {kind.name} are {len(text) // 1024} KB; at most {kind.arguments_bytes // 1024} KB travel "
            "with a job. Store the data and send its id."
        )
    return seal(text) if kind.sensitive else text


def read_arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """Read what `write_arguments` wrote."""
    read = json.loads(unseal(text))
    return read["args"], read["kwargs"]


def write_result(value: Any, kind: Kind) -> str | None:
    """Return the text to store for a handler's result (None for None), sealed if the kind is sensitive.

    Raises:
        NotJson: the value is not JSON, or over 256 KB.
    """
    if value is None:
        return None
    try:
        text = _dump(value.model_dump(mode="json") if isinstance(value, BaseModel) else value)
    except (TypeError, ValueError, RecursionError) as exc:
        raise NotJson(
            f"The work was done, but its result cannot be stored: it is not plain JSON ({exc}). "
            "Return ids, numbers, texts, lists and dictionaries."
        ) from exc
    if len(text) > MAX_RESULT_BYTES:
        raise NotJson(
            f"The work was done, but its result is {len(text) // 1024} KB and at most {MAX_RESULT_BYTES // 1024} KB can "
            "be stored. Store the data elsewhere and return its id."
        )
    return seal(text) if kind.sensitive else text


def read_json(text: str | None) -> Any:
    """Read a stored result or error; None stays None."""
    return None if text is None else json.loads(unseal(text))


def _dump(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    if any(mark in text for mark in _SUSPICIOUS):
        text = json.dumps(_clean(value), separators=(",", ":"), allow_nan=False)
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
