"""Reading the source: CommonMark with tables, strikethrough and bare addresses as links."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Where a picture of the store stands in the source: `![words](asset:<id>)`.
ASSET: Final = "asset:"
#: Returns where a picture can be fetched, by its asset id; "" leaves the picture out.
Address = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class PictureRef:
    """A picture that a text names, with the words for those who do not see it."""

    asset_id: str
    alt: str


@cache
def parser() -> MarkdownIt:
    """Return the parser, one for the process. HTML in the source is text."""
    return MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])


def read(markdown: str) -> list[Token]:
    """Return the source as tokens."""
    return parser().parse(markdown)


def pictures_in(markdown: str) -> list[PictureRef]:
    """Return the pictures of the store that a text names, in order, each once."""
    found: dict[str, PictureRef] = {}
    for token in inlines(read(markdown)):
        source = str(token.attrs.get("src", "")) if token.type == "image" else ""
        if source.startswith(ASSET):
            asset_id = source.removeprefix(ASSET)
            found.setdefault(asset_id, PictureRef(asset_id, words_of(token)))
    return list(found.values())


def words_of(token: Token) -> str:
    """Return the plain words inside an inline token."""
    if not token.children:
        return token.content
    return "".join(words_of(child) if child.children else child.content for child in token.children)


def inlines(tokens: list[Token]) -> list[Token]:
    """Return the inline tokens of a source, in order."""
    return [child for token in tokens for child in token.children or ()]
