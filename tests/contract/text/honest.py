"""A model that does what it is asked: every text says something, keeps its maximum, and none is there twice."""

import json
from itertools import count
from typing import Any

from tests.support.text_server import USAGE, Received, Wire, make_events

WORDS = [
    "fresh",
    "bread",
    "from",
    "our",
    "own",
    "oven",
    "every",
    "morning",
    "while",
    "the",
    "town",
    "is",
    "still",
    "asleep",
    "and",
    "the",
    "streets",
    "are",
    "quiet",
]
#: Where a test sends no lengths, this is short enough for every field.
SHORT = 14


def write_honestly(wire: Wire, received: Received) -> None:
    """Stream a piece that fits the schema of the request."""
    wire.stream(make_events(json.dumps(fill(received.fields)), usage=USAGE))


def fill(properties: dict[str, Any]) -> dict[str, Any]:
    """Write a text for each field of a schema."""
    numbers = count(1)

    def write(schema: dict[str, Any]) -> Any:
        if schema["type"] == "array":
            return [write(schema["items"]) for _ in range(schema.get("minItems", 3))]
        return write_text(next(numbers), schema.get("maxLength", SHORT))

    return {name: write(schema) for name, schema in properties.items()}


def write_text(number: int, most: int) -> str:
    """Write words up to a length, beginning with another number each time."""
    text = f"No {number}"
    for place in range(most):
        longer = f"{text} {WORDS[place % len(WORDS)]}"
        if len(longer) > min(most, 400):
            break
        text = longer
    return text
