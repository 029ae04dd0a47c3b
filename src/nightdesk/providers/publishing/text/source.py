"""The one reader of Markdown: CommonMark with tables, strikethrough and bare addresses as links, and no HTML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: How a picture of ours stands in a body: `![alt](asset:<id>)`; an id is 24 characters of a-z and 2-7.
ASSET_PREFIX: Final = "asset:"
#: Half of a character outside the first plane, alone: no encoding holds it.
_HALF: Final = re.compile("[\ud800-\udfff]")
_ASSET: Final = re.compile(r"asset:([a-z2-7]{24})")


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture that a text names, with the words for those who do not see it."""

    asset_id: str
    alt: str


@cache
def reader() -> MarkdownIt:
    """Return the reader. Safe for many threads: it keeps nothing of what it reads."""
    return make_reader()


def make_reader() -> MarkdownIt:
    """Make a reader; HTML in a source is text to it."""
    markdown = MarkdownIt("commonmark", {"html": False, "linkify": True})
    markdown.enable(["table", "strikethrough", "linkify"])
    markdown.linkify = link_finder()
    return markdown


@cache
def link_finder() -> LinkifyIt:
    """Return what finds addresses in a text. Only what says that it is one: `README.md` and `etc.de` are words."""
    return LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def read(source: str) -> list[Token]:
    """Read Markdown into tokens."""
    return reader().parse(whole(source))


def whole(source: str) -> str:
    """Return a source as the reader sees it: lines end one way, and what no platform takes becomes U+FFFD."""
    source = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return _HALF.sub("\ufffd", source)


def asset_of(address: str) -> str | None:
    """Return the id of the asset that an address of a picture names, or None where it is another address."""
    found = _ASSET.fullmatch(address)
    return found[1] if found else None


def pictures_in(markdown: str) -> list[PictureRef]:
    """Return our own pictures of a text in order, each once, with the words of its first place."""
    found: dict[str, PictureRef] = {}
    for token in images_of(read(markdown)):
        asset_id = asset_of(str(token.attrs["src"]))
        if asset_id is not None:
            found.setdefault(asset_id, PictureRef(asset_id, alt_of(token)))
    return list(found.values())


def has_foreign_pictures(markdown: str) -> bool:
    """Whether a text shows a picture that is not ours."""
    return any(asset_of(str(token.attrs["src"])) is None for token in images_of(read(markdown)))


def images_of(tokens: Sequence[Token]) -> Iterator[Token]:
    """Return all images of these tokens and of what is in them, in order."""
    for token in tokens:
        if token.type == "image":
            yield token
        elif token.children:
            yield from images_of(token.children)


def alt_of(token: Token) -> str:
    """Return the words of an image, without what marks them."""
    return "".join(_words_of(token.children or [])).strip()


def _words_of(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.children:
            yield from _words_of(token.children)
