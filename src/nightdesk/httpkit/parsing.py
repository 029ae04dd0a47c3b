"""Reading requests: only JSON, only so large, only text that both databases can keep."""

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from nightdesk.core.errors import InvalidInput, PayloadTooLarge
from nightdesk.core.redaction import clean_text
from nightdesk.httpkit.errors import UnsupportedMediaType

#: Twice the largest text field: a field that is too long gets a sentence of its own, not just "too large".
MAX_BODY_BYTES: Final = 2 * 1024 * 1024

UNSTORABLE: Final = "This text holds a NUL character or half a character. Remove it."
NOT_JSON: Final = "The body is not valid JSON"


class StrictParser(Parser):
    """Refuse what cannot be read or kept, with the reason."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read a JSON body.

        Raises:
            UnsupportedMediaType: not declared as JSON.
            PayloadTooLarge: over `MAX_BODY_BYTES`, however it was sent.
            InvalidInput: not JSON, or with text that cannot be kept.
        """
        if not is_json(request.content_type or ""):
            raise UnsupportedMediaType
        if len(request.body) > MAX_BODY_BYTES:
            raise too_large()
        data = read_json(request.body)
        refuse_unstorable(data)
        return data

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Read query parameters.

        Raises:
            InvalidInput: one holds a NUL character.
        """
        values = super().parse_querydict(data, list_fields, request)
        refuse_unstorable(values)
        return values


def too_large(most: int = MAX_BODY_BYTES) -> PayloadTooLarge:
    """Build the refusal of a body over the limit."""
    return PayloadTooLarge(f"The body is over {most // 1024 // 1024} MiB. Send less at once.")


def refuse_unstorable(value: Any) -> None:
    """Raise `InvalidInput`, naming each place that holds NUL or a lone surrogate. Depth is no danger."""
    details = {place or "body": [UNSTORABLE] for place, text in _texts(value) if clean_text(text) != text}
    if details:
        raise InvalidInput(details=details)


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text of a JSON value, keys of objects too, each with its place like `a.0.b`."""
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        place, item = pending.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, dict):
            inner = [(f"{place}.{clean_text(key)}".lstrip("."), key, below) for key, below in item.items()]
            yield from ((path, key) for path, key, _ in inner)
            pending += [(path, below) for path, _, below in inner]
        elif isinstance(item, list):
            pending += [(f"{place}.{number}".lstrip("."), below) for number, below in enumerate(item)]


def is_json(content_type: str) -> bool:
    """Whether a body is declared as JSON."""
    return content_type == "application/json" or content_type.endswith("+json")


def read_json(body: bytes) -> Any:
    """Read JSON strictly: no NaN, no Infinity.

    Raises:
        InvalidInput: it is not JSON; the message says where.
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(details={"body": [f"{NOT_JSON} ({place}). Check commas, quotes and brackets."]}) from None
    except (ValueError, RecursionError):
        raise InvalidInput(
            details={"body": [f"{NOT_JSON} in UTF-8 of sensible depth. Check how it is made."]}
        ) from None


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInput(details={"body": [f"{NOT_JSON}: {name} is not a number in JSON. Use null or leave it out."]})
