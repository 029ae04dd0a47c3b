"""What a platform for short texts shows of a post."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from nightdesk.providers.publishing.protocol import Content, Limit, Unit
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.limits import fits, shorten
from nightdesk.providers.publishing.text.plain import to_plain

_WORD: Final = re.compile(r"\w+")
_NO_LIMIT: Final = Limit(part="body", unit=Unit.CHARACTERS, most=10**9)


@dataclass(frozen=True, slots=True)
class Short:
    """The text, and whether it is less than the whole body."""

    text: str
    is_shortened: bool


def write_hashtags(tags: Iterable[str]) -> list[str]:
    """Write tags as hashtags: "content marketing" becomes #ContentMarketing. A tag without letters is left out."""
    made = []
    for tag in tags:
        words = _WORD.findall(tag)
        joined = words[0] if len(words) == 1 else "".join(word[:1].upper() + word[1:] for word in words)
        if joined and not joined.isdecimal():
            made.append(f"#{joined}")
    return list(dict.fromkeys(made))


def compose_short(content: Content, *, limits: Sequence[Limit], hashtags: bool = True) -> Short:
    """Return what is shown: the body where it fits or was written for this platform, else title, excerpt and link.

    Tags follow as hashtags while there is room. Plain text. A body that was meant for the platform is never cut: where it
    is too long, its author is told.
    """
    limit = next((one for one in limits if one.part == "body"), _NO_LIMIT)
    return _compose(content, to_plain(content.body), limit, hashtags=hashtags, joined=_join)


def _compose(content: Content, body: str, limit: Limit, *, hashtags: bool, joined: Callable[..., str]) -> Short:
    tags = write_hashtags(content.tags) if hashtags else []
    whole = body if content.is_body_meant else joined(content.title, body)
    if content.is_body_meant or (body and fits(whole, limit)):
        return Short(_with_tags(whole, tags, limit), is_shortened=False)
    link = content.canonical_url
    head = joined(content.title, content.excerpt or body)
    room = Limit(
        part="body",
        unit=limit.unit,
        most=max(0, limit.most - (count(link, limit.unit) + 2 if link else 0)),
        most_bytes=None if limit.most_bytes is None else max(0, limit.most_bytes - len(link.encode()) - 2),
    )
    text = joined(shorten(head, room), link)
    return Short(_with_tags(text, tags, limit), is_shortened=True)


def _with_tags(text: str, tags: Sequence[str], limit: Limit) -> str:
    shown = text
    for number, tag in enumerate(tag for tag in tags if tag.casefold() not in text.casefold()):
        longer = f"{shown}{' ' if number else chr(10) * 2}{tag}" if shown else tag
        if not fits(longer, limit):
            break
        shown = longer
    return shown


def _join(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
