"""What a short platform shows of a post: its body where that fits, else title, excerpt and link."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from nightdesk.providers.publishing.protocol import Content, Limit, Unit
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.markdown import escape
from nightdesk.providers.publishing.text.plain import to_plain
from nightdesk.providers.publishing.text.shortening import fits, shorten

_WORD: Final = re.compile(r"\w+")
_GAP: Final = "\n\n"
_ENDING: Final = "…"
#: More would be no excerpt; it also bounds how long one looks for what fits.
_MOST_EXCERPT_CHARS: Final = 1_000

Write = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Short:
    """A text for a short platform. `is_shortened`: it is not the whole body."""

    text: str
    is_shortened: bool


def compose_short(content: Content, *, limits: Sequence[Limit], hashtags: bool, written: Write = str) -> Short:
    """Compose a plain text. `written` writes it as the platform counts it: that is what has to fit.

    A body that was meant for the platform is never shortened: where it is too long, its count says so. Nor is a body
    invented: a post without one is an empty text. `hashtags`: the tags are added as such, as many as there is room for.
    """
    return _compose(content, _Form(limits, str, written, to_plain(content.body)), hashtags=hashtags)


def compose_short_markdown(
    content: Content, *, limits: Sequence[Limit], hashtags: bool, written: Write = to_plain
) -> Short:
    """Compose the same as Markdown. `written` writes it as the platform gets it: that is what has to fit."""
    return _compose(content, _Form(limits, escape, written, content.body.strip()), hashtags=hashtags)


def hashtag(tag: str) -> str:
    """Return a tag as a hashtag, each word with a large first letter ("content marketing": #ContentMarketing), or ""."""
    words = _WORD.findall(tag.replace("_", " "))
    if not any(letter.isalpha() for word in words for letter in word):
        return ""
    if len(words) == 1:
        return f"#{words[0]}"
    return "#" + "".join(word[0].upper() + word[1:] for word in words)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a text is written. `quote` makes plain text part of it, `write` gives what is counted."""

    limits: Sequence[Limit]
    quote: Write
    write: Write
    body: str

    def fits(self, text: str) -> bool:
        written = self.write(text)
        return all(fits(written, limit) for limit in self.limits if limit.part == "body")


def _compose(content: Content, form: _Form, *, hashtags: bool) -> Short:
    tags = _hashtags_of(content) if hashtags else []
    if not form.body or content.is_body_meant:
        return Short(text=form.body, is_shortened=False)
    if form.fits(form.body):
        return Short(text=_add_tags(form.body, tags, form), is_shortened=False)
    return Short(text=_add_tags(_summary(content, form), tags, form), is_shortened=True)


def _hashtags_of(content: Content) -> list[str]:
    return list(dict.fromkeys(found for tag in content.tags if (found := hashtag(tag))))


def _add_tags(text: str, tags: Sequence[str], form: _Form) -> str:
    said = {word.casefold() for word in text.split()}
    added = text
    for tag in tags:
        if tag.casefold() in said:
            continue
        longer = added + (_GAP if added == text else " ") + form.quote(tag)
        if not form.fits(longer):
            break
        added = longer
    return added


def _summary(content: Content, form: _Form) -> str:
    """Write title, excerpt and link. The link is never cut; title and excerpt are, the excerpt first."""
    link = content.canonical_url
    excerpt = content.excerpt.strip() or _first_words(content)
    title = content.title.strip()

    def build(title: str, excerpt: str) -> str:
        return _GAP.join(part for part in (form.quote(title), form.quote(excerpt), link) if part)

    cut = _cut(excerpt, lambda words: form.fits(build(title, words)))
    if cut or form.fits(build(title, "")):
        return build(title, cut)
    return build(_cut(title, lambda words: form.fits(build(words, ""))), "")


def _first_words(content: Content) -> str:
    return " ".join(to_plain(content.body).split())[:_MOST_EXCERPT_CHARS]


def _cut(text: str, is_right: Callable[[str], bool]) -> str:
    """Return the longest beginning of a text, up to a word, that is right; "" where none is."""
    least, most = 0, count(text, Unit.GRAPHEMES)
    if is_right(text):
        return text
    while least < most:
        middle = (least + most + 1) // 2
        is_middle_right = is_right(_first(text, middle))
        least, most = (middle, most) if is_middle_right else (least, middle - 1)
    return _first(text, least) if least else ""


def _first(text: str, graphemes: int) -> str:
    short = shorten(text, Limit(part="body", unit=Unit.GRAPHEMES, most=graphemes), ending=_ENDING)
    return "" if short == _ENDING else short
