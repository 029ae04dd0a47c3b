"""Limits of platforms: what is used of them, what is too much, and how a text is made to fit."""

from collections.abc import Sequence
from typing import Final

import regex

from nightdesk.providers.publishing.protocol import Complaint, Count, Limit, Unit
from nightdesk.providers.publishing.text.counting import count

_GRAPHEME: Final = regex.compile(r"\X")
#: A cut is moved back to a blank where that costs at most so much of the text.
_MOST_LOST: Final = 0.3
_UNIT_WORDS: Final = {
    Unit.CHARACTERS: "characters",
    Unit.GRAPHEMES: "characters",
    Unit.UTF16: "characters (emoji count double)",
    Unit.BYTES: "bytes",
    Unit.ITEMS: "",
}
EMPTY: Final = Complaint(part="body", message="There is nothing to publish. Write the body first.")


def fits(text: str, limit: Limit) -> bool:
    """Whether a text is within both ceilings of a limit."""
    within = count(text, limit.unit) <= limit.most
    return within and (limit.most_bytes is None or count(text, Unit.BYTES) <= limit.most_bytes)


def shorten(text: str, limit: Limit, *, ending: str = "…") -> str:
    """Cut a text so that it fits with its ending: between words where one is near, never inside a character."""
    if fits(text, limit):
        return text
    parts = _GRAPHEME.findall(text)
    least, most = 0, len(parts)
    while least < most:  # the most graphemes that fit with the ending
        middle = (least + most + 1) // 2
        if fits("".join(parts[:middle]).rstrip() + ending, limit):
            least = middle
        else:
            most = middle - 1
    kept = "".join(parts[:least])
    if least < len(parts) and not parts[least].isspace():
        at_word = kept.rpartition(" ")[0]
        kept = at_word if len(at_word) >= len(kept) * (1 - _MOST_LOST) else kept
    kept = kept.rstrip()
    return kept + ending if fits(kept + ending, limit) else kept


def count_parts(
    limits: Sequence[Limit],
    *,
    title: str = "",
    body: str = "",
    excerpt: str = "",
    tags: Sequence[str] = (),
    images: int = 0,
) -> tuple[Count, ...]:
    """Say how much of each limit is used, each in its own unit; a second ceiling in bytes is a count of its own."""
    texts = {"title": title, "body": body, "excerpt": excerpt}
    items = {"tags": len(tags), "images": images}
    counts: list[Count] = []
    for limit in limits:
        if limit.part in items:
            counts.append(Count(part=limit.part, unit=Unit.ITEMS, used=items[limit.part], most=limit.most))
        elif limit.part in texts:
            text = texts[limit.part]
            counts.append(Count(part=limit.part, unit=limit.unit, used=count(text, limit.unit), most=limit.most))
            if limit.most_bytes is not None:
                used = count(text, Unit.BYTES)
                counts.append(Count(part=limit.part, unit=Unit.BYTES, used=used, most=limit.most_bytes))
    return tuple(counts)


def complain_of_counts(counts: Sequence[Count], *, name: str) -> tuple[Complaint, ...]:
    """Say in plain words what is over which limit of a platform, and by how much."""
    return tuple(Complaint(part=one.part, message=_complain(one, name)) for one in counts if one.is_over)


def _complain(one: Count, name: str) -> str:
    over = one.used - one.most
    if one.unit == Unit.ITEMS:
        return f"There are {one.used} {one.part}; {name} takes {one.most}. Remove {over}."
    unit = _UNIT_WORDS[one.unit]
    return f"The {one.part} has {one.used} {unit}; {name} takes {one.most}. Shorten it by {over}."
