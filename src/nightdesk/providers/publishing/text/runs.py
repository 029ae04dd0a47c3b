"""A text without markup, as runs that each carry their styles: what chats and short platforms are written from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from nightdesk.providers.publishing.protocol import Unit
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.source import alt_of, asset_of, read

_RULE: Final = "———"
_BULLET: Final = "• "
_LINE_START: Final = re.compile(r"\n(?!\n)")


class Look(StrEnum):
    """What a style makes of a run."""

    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    CODE = "code"
    BLOCK = "block"  # lines of code, or of a table, in letters of one width; `detail` is the language
    LINK = "link"  # `detail` is the address
    QUOTE = "quote"
    HEADING = "heading"  # `detail` is its level, 1 to 6


@dataclass(frozen=True, slots=True)
class Style:
    """One style. `place` tells two neighbours of the same look apart, as two links to one address."""

    look: Look
    detail: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text with its styles, outermost first. Runs in order are the whole text."""

    text: str
    styles: tuple[Style, ...] = ()

    def has(self, look: Look) -> bool:
        """Whether it has a style of this look."""
        return any(style.look is look for style in self.styles)

    def detail(self, look: Look) -> str:
        """Return the detail of its innermost style of this look, or ""."""
        return next((style.detail for style in reversed(self.styles) if style.look is look), "")


def read_runs(markdown: str, *, pads_tables: bool = True) -> list[Run]:
    """Read Markdown into runs. Our own pictures leave no trace in them; others become links.

    `pads_tables`: columns of tables stand under each other, for letters of one width.
    """
    writer = _Writer(pads_tables=pads_tables)
    tree = SyntaxTreeNode(read(markdown))
    return trim(join_runs(writer.blocks(tree.children, (), gap="\n\n")))


def join_runs(runs: Iterable[Run]) -> list[Run]:
    """Return the same text with neighbours of the same styles as one run, and no empty run."""
    joined: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        if joined and joined[-1].styles == run.styles:
            joined[-1] = Run(joined[-1].text + run.text, run.styles)
        else:
            joined.append(run)
    return joined


def trim(runs: list[Run]) -> list[Run]:
    """Return the same text without white space around it."""
    trimmed = list(runs)
    while trimmed and not (text := trimmed[0].text.lstrip()):
        trimmed.pop(0)
    if trimmed:
        trimmed[0] = Run(text, trimmed[0].styles)
    while trimmed and not (text := trimmed[-1].text.rstrip()):
        trimmed.pop()
    if trimmed:
        trimmed[-1] = Run(trimmed[-1].text.rstrip(), trimmed[-1].styles)
    return trimmed


def words_of_links(runs: Iterable[Run]) -> dict[Style, str]:
    """Return the words of each link, by its style."""
    words: dict[Style, list[str]] = {}
    for run in runs:
        for style in run.styles:
            if style.look is Look.LINK:
                words.setdefault(style, []).append(run.text)
    return {style: "".join(parts) for style, parts in words.items()}


def lines_of(runs: Sequence[Run]) -> list[list[Run]]:
    """Return the runs line by line, without the line breaks."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        first, *rest = run.text.split("\n")
        lines[-1].append(Run(first, run.styles))
        lines += [[Run(text, run.styles)] for text in rest]
    return [[run for run in line if run.text] or line[:1] for line in lines]


class _Writer:
    """Writes one text. `_place` numbers its styles."""

    def __init__(self, *, pads_tables: bool) -> None:
        self._pads_tables = pads_tables
        self._place = 0

    def blocks(self, nodes: Sequence[SyntaxTreeNode], styles: tuple[Style, ...], *, gap: str) -> list[Run]:
        """Write blocks below each other; those that show nothing take no room."""
        written: list[Run] = []
        for node in nodes:
            block = self._block(node, styles)
            if any(run.text.strip() for run in block):
                written += [Run(gap, styles)] if written else []
                written += block
        return written

    def _block(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> list[Run]:
        match node.type:
            case "paragraph":
                return trim(self._inline(node.children, styles))
            case "heading":
                return trim(self._inline(node.children, (*styles, self._style(Look.HEADING, node.tag[1:]))))
            case "blockquote":
                return self.blocks(node.children, (*styles, self._style(Look.QUOTE)), gap="\n\n")
            case "bullet_list" | "ordered_list":
                return self._list(node, styles)
            case "table":
                return self._table(node, styles)
            case _:
                return self._bare(node, styles)

    def _bare(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> list[Run]:
        """Write a block that holds no other: a rule, or lines of code."""
        if node.type == "hr":
            return [Run(_RULE, styles)]
        words = node.info.split()
        return [Run(node.content.rstrip("\n"), (*styles, self._style(Look.BLOCK, words[0] if words else "")))]

    def _list(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> list[Run]:
        is_tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
        gap = "\n" if is_tight else "\n\n"
        start = int(node.attrs.get("start", 1))
        written: list[Run] = []
        for number, item in enumerate(node.children, start):
            mark = _BULLET if node.type == "bullet_list" else f"{number}. "
            content = self.blocks(item.children, styles, gap=gap)
            written += [Run("\n", styles)] if written else []
            written += [Run(mark, styles), *_indent(content, len(mark))]
        return written

    def _table(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> list[Run]:
        rows = [[self._plain(cell) for cell in row.children] for part in node.children for row in part.children]
        if not self._pads_tables:
            return [Run("\n".join(" | ".join(row) for row in rows), styles)]
        widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
        lines = ["  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return [Run("\n".join(lines), (*styles, self._style(Look.BLOCK)))]

    def _plain(self, cell: SyntaxTreeNode) -> str:
        return "".join(run.text for run in self._inline(cell.children, ())).strip()

    def _inline(self, nodes: Sequence[SyntaxTreeNode], styles: tuple[Style, ...]) -> list[Run]:
        return [run for node in nodes for run in self._piece(node, styles)]

    def _piece(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> Iterator[Run]:
        match node.type:
            case "text" | "text_special":
                yield Run(node.content, styles)
            case "softbreak" | "hardbreak":
                yield Run("\n", styles)
            case "code_inline":
                yield Run(node.content, (*styles, self._style(Look.CODE)))
            case "image":
                yield from self._image(node, styles)
            case _:
                yield from self._inline(node.children, (*styles, *self._style_of(node)))

    def _style_of(self, node: SyntaxTreeNode) -> tuple[Style, ...]:
        match node.type:
            case "strong":
                return (self._style(Look.BOLD),)
            case "em":
                return (self._style(Look.ITALIC),)
            case "s":
                return (self._style(Look.STRIKE),)
            case "link":
                address = str(node.attrs.get("href", ""))
                return (self._style(Look.LINK, address),) if is_link(address) else ()
            case _:
                return ()

    def _image(self, node: SyntaxTreeNode, styles: tuple[Style, ...]) -> Iterator[Run]:
        address, token = str(node.attrs.get("src", "")), node.token
        if asset_of(address) is not None or not is_link(address) or not isinstance(token, Token):
            return
        is_linked = any(style.look is Look.LINK for style in styles)
        yield Run(alt_of(token) or address, styles if is_linked else (*styles, self._style(Look.LINK, address)))

    def _style(self, look: Look, detail: str = "") -> Style:
        self._place += 1
        return Style(look, detail, self._place)


def is_link(address: str) -> bool:
    """Whether an address leads somewhere from everywhere; others lead nowhere once they left the post's own page."""
    return address.lower().startswith(("https://", "http://", "mailto:"))


def _indent(runs: Sequence[Run], width: int) -> list[Run]:
    """Put spaces in front of every line but the first and the empty ones."""
    spaces = "\n" + " " * width
    return [Run(_LINE_START.sub(spaces, run.text), run.styles) for run in runs]


def _width(text: str) -> int:
    return count(text, Unit.GRAPHEMES)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
