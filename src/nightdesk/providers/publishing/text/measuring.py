"""How much of each limit a post uses, and what to say where it is too much."""

from collections.abc import Sequence
from typing import Final

from nightdesk.providers.publishing.protocol import Complaint, Content, Count, Limit, Unit
from nightdesk.providers.publishing.text.counting import count

_UNITS: Final = {
    Unit.CHARACTERS: ("character", "characters"),
    Unit.GRAPHEMES: ("character", "characters"),
    Unit.UTF16: ("character", "characters"),
    Unit.BYTES: ("byte", "bytes"),
}
_NOTHING: Final = Complaint(part="body", message="There is nothing to publish. Write the body first.")


def count_parts(
    limits: Sequence[Limit],
    *,
    title: str = "",
    body: str = "",
    excerpt: str = "",
    tags: Sequence[str] = (),
    images: int = 0,
) -> tuple[Count, ...]:
    """Count each part that a limit is about, as the platform gets it; a limit with two ceilings gives two counts.

    Limits of single pictures (`alt`, `image_bytes`) are not counted here.
    """
    texts = {"title": title, "body": body, "excerpt": excerpt}
    numbers = {"tags": len(tags), "images": images}
    counts = []
    for limit in limits:
        if limit.part in texts:
            text = texts[limit.part]
            counts.append(Count(part=limit.part, unit=limit.unit, used=count(text, limit.unit), most=limit.most))
            if limit.most_bytes is not None:
                used = count(text, Unit.BYTES)
                counts.append(Count(part=limit.part, unit=Unit.BYTES, used=used, most=limit.most_bytes))
        elif limit.part in numbers:
            counts.append(Count(part=limit.part, unit=Unit.ITEMS, used=numbers[limit.part], most=limit.most))
    return tuple(counts)


def complain_of_counts(counts: Sequence[Count], *, name: str) -> tuple[Complaint, ...]:
    """Say of each count that is over what there is, what the platform takes and what to do. All of it is blocking."""
    return tuple(Complaint(part=one.part, message=_say(one, name)) for one in counts if one.is_over)


def complain_of_emptiness(content: Content) -> tuple[Complaint, ...]:
    """Say that there is nothing to publish, where the body is empty."""
    return () if content.body.strip() else (_NOTHING,)


def _say(one: Count, name: str) -> str:
    over = one.used - one.most
    if one.unit is Unit.ITEMS:
        what = one.part if one.used != 1 else one.part.removesuffix("s")
        verb = "is" if one.used == 1 else "are"
        takes = one.most or "none"
        return f"There {verb} {one.used} {what}; {name} takes {takes}. Take away {over}."
    unit = _UNITS[one.unit][one.used != 1]
    return f"The {one.part} has {one.used} {unit}; {name} takes {one.most}. Shorten it by {over}."
