"""Markdown for those who take Markdown: the author's own, with pictures that can be fetched."""

import re
from collections.abc import Callable
from typing import Final

from nightdesk.providers.publishing.text.source import asset_of, images_of, read

_ASSET: Final = re.compile(r"asset:([a-z2-7]{24})")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
#: What has a meaning somewhere in Markdown.
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&])")


def to_markdown(markdown: str, *, address: Callable[[str], str]) -> str:
    """Return the same Markdown with the addresses that `address` gives in place of `asset:<id>` in its pictures.

    Nothing else changes: the same words in code or text stay. Where `address` gives "", the picture stays as it is.
    """
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
