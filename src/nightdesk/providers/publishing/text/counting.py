"""How long a text is, in the unit of whoever limits it."""

from typing import Final

import regex

from nightdesk.providers.publishing.protocol import Unit

_GRAPHEME: Final = regex.compile(r"\X")


def count(text: str, unit: Unit) -> int:
    """Return the length of a text in this unit.

    Raises:
        ValueError: the unit is not one of texts.
    """
    match unit:
        case Unit.CHARACTERS:
            return len(text)
        case Unit.GRAPHEMES:
            return sum(1 for _ in _GRAPHEME.finditer(text))
        case Unit.UTF16:
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Unit.BYTES:
            return len(text.encode("utf-8", "surrogatepass"))
        case Unit.ITEMS:
            raise ValueError("a text has no items")
