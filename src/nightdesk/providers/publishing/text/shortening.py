"""Texts cut to what a platform takes."""

from itertools import islice
from typing import Final

import regex

from nightdesk.providers.publishing.protocol import Limit, Unit
from nightdesk.providers.publishing.text.counting import count

_GRAPHEME: Final = regex.compile(r"\X")
#: Signs that look lost in front of an ending.
_LOOSE: Final = " \t\r\n,;:.\u2013\u2014-"


def fits(text: str, limit: Limit) -> bool:
    """Whether a text stays within both ceilings of a limit."""
    if count(text, limit.unit) > limit.most:
        return False
    return limit.most_bytes is None or count(text, Unit.BYTES) <= limit.most_bytes


def shorten(text: str, limit: Limit, *, ending: str = "…") -> str:
    """Return a text that fits: the same one, or its beginning up to a word, and the ending.

    No grapheme is split. Where a single word fills most of the room (or the language puts no spaces), the word is cut.
    Where there is no room for the ending, it is left out.
    """
    if fits(text, limit):
        return text
    if not fits(ending, limit):
        ending = ""
    # A grapheme is at least one of any unit: no more of them can fit.
    places = [0, *(found.end() for found in islice(_GRAPHEME.finditer(text), limit.most))]
    least, most = 0, len(places) - 1
    while least < most:  # the longest beginning that fits, by halving: each ceiling grows with the text
        middle = (least + most + 1) // 2
        least, most = (middle, most) if fits(text[: places[middle]] + ending, limit) else (least, middle - 1)
    start = text[: places[least]]
    return (_back_to_a_word(start, text) + ending) if start else (ending or "")


def _back_to_a_word(start: str, text: str) -> str:
    if not text[len(start)].isspace():
        words = regex.split(r"\s+\S*$", start, maxsplit=1)[0]
        start = words if len(words) >= len(start) // 2 else start
    return start.rstrip(_LOOSE) or start
