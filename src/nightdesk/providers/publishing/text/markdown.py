"""Markdown for those who take Markdown: the author's own, with pictures that can be fetched and HTML as the text it is."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from nightdesk.providers.publishing.text.source import asset_of, images_of, make_reader, read, whole

_ASSET: Final = re.compile(r"asset:([a-z2-7]{24})")
_ADDRESS_END: Final = re.compile(r"://\S*$")
#: As long as addresses are anywhere; it bounds the look back.
_MOST_ADDRESS_CHARS: Final = 2_048
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
#: What has a meaning somewhere in Markdown.
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&])")


def to_markdown(markdown: str, *, address: Callable[[str], str]) -> str:
    """Return the same Markdown with the addresses that `address` gives in place of `asset:<id>` in its pictures.

    What a reader of HTML would take for a tag is escaped, so that it is shown as the text that it is everywhere else;
    but for a tag right behind a bare address, which would swallow the escape: platforms clean HTML, too.
    Nothing else changes: `asset:<id>` in code or text stays. Where `address` gives "", the picture stays as it is.
    """
    markdown = _escape_tags(whole(markdown))
    found = list(_ASSET.finditer(markdown))
    # Each place gets a name of its own, of the same length: those that the reader then sees in pictures are pictures.
    names = [_name(at) for at in range(len(found))]
    marked = _replace(markdown, found, [f"asset:{name}" for name in names])
    shown = {asset_of(str(image.attrs["src"])) for image in images_of(read(marked))}
    texts = [
        address(match[1]) or match[0] if name in shown else match[0] for match, name in zip(found, names, strict=True)
    ]
    return _replace(markdown, found, texts)


def escape(text: str) -> str:
    """Return Markdown that shows this text as it is, on the lines that it has."""
    return _SPECIAL.sub(r"\\\1", text)


def _name(at: int) -> str:
    letters = ""
    for _ in range(24):
        at, letter = divmod(at, len(_LETTERS))
        letters += _LETTERS[letter]
    return letters


def _replace(text: str, found: list[re.Match[str]], texts: list[str]) -> str:
    parts, end = [], 0
    for match, new in zip(found, texts, strict=True):
        parts += [text[end : match.start()], new]
        end = match.end()
    return "".join([*parts, text[end:]])


def _escape_tags(markdown: str) -> str:
    """Put a backslash before each `<` that the reader takes for text."""
    if "<" not in markdown:
        return markdown
    seen: dict[str, set[int]] = {}
    tokens = _watching_reader().parse(markdown, {"seen": seen})
    lines = markdown.split("\n")
    for line, column in sorted(_places(tokens, lines, seen), reverse=True):
        lines[line] = f"{lines[line][:column]}\\{lines[line][column:]}"
    return "\n".join(lines)


def _places(tokens: Sequence[Token], lines: Sequence[str], seen: dict[str, set[int]]) -> Iterator[tuple[int, int]]:
    """Return line and column in the source of what was seen in inline texts, of which the reader keeps only the lines."""
    done: dict[int, int] = {}  # line: up to which column it was read; cells of a table share one
    for token in tokens:
        if token.type != "inline" or token.map is None:
            continue
        offset = 0
        for line, text in enumerate(token.content.split("\n"), token.map[0]):
            bare = text.strip()
            start = lines[line].find(bare, done.get(line, 0)) if line < len(lines) else -1
            if start >= 0:
                done[line] = start + len(bare)
                first = offset + len(text) - len(text.lstrip())
                yield from (
                    (line, start + at - first) for at in seen.get(token.content, ()) if 0 <= at - first < len(bare)
                )
            offset += len(text) + 1


@cache
def _watching_reader() -> MarkdownIt:
    """Return a reader that notes in `env["seen"]` where `<` stands in inline texts and begins no address."""
    markdown = make_reader()
    markdown.inline.ruler.at("html_inline", _note_tag)
    return markdown


def _note_tag(state: StateInline, silent: bool) -> bool:
    if not silent and state.src[state.pos] == "<" and not _follows_bare_address(state):
        state.env["seen"].setdefault(state.src, set()).add(state.pos)
    return False


def _follows_bare_address(state: StateInline) -> bool:
    before = state.src[max(0, state.pos - _MOST_ADDRESS_CHARS) : state.pos]
    return bool(_ADDRESS_END.search(before))
