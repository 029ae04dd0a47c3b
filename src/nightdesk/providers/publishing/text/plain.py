<<<<<<< HEAD
"""Markdown as plain text, for platforms that show nothing else."""

from collections.abc import Callable
from typing import Final

from markdown_it.token import Token

from nightdesk.providers.publishing.text.reading import read, words_of

_BREAKS: Final = {"softbreak": "\n", "hardbreak": "\n"}
_BULLET: Final = "• "
_LINE: Final = "———"


def to_plain(markdown: str) -> str:
    """Write a text without marks: list items get a bullet or their number, a link its address behind its words."""
    writer = _Writer()
    for token in read(markdown):
        writer.take(token)
    return "\n\n".join(writer.blocks).strip()


class _Writer:
    """Collects blocks; the items of a list, and the rows of a table, stand on lines of one block."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._lists: list[int | None] = []  # the next number of each open list; None: bullets
        self._item = ""
        self._cells: list[str] | None = None
        self._joins = False  # whether the next text belongs to the block before it

    def take(self, token: Token) -> None:
        """Take the next token; what stands in no row of the table below needs nothing."""
        handlers: dict[str, Callable[[Token], None]] = {
            "bullet_list_open": lambda _: self._lists.append(None),
            "ordered_list_open": lambda opened: self._lists.append(int(opened.attrs.get("start", 1))),
            "bullet_list_close": lambda _: self._close_list(),
            "ordered_list_close": lambda _: self._close_list(),
            "list_item_open": lambda _: self._open_item(),
            "table_open": lambda _: self._part(),
            "tr_open": lambda _: self._open_row(),
            "tr_close": lambda _: self._close_row(),
            "table_close": lambda _: self._part(),
            "fence": lambda code: self._write(code.content.rstrip("\n"), joins=False),
            "code_block": lambda code: self._write(code.content.rstrip("\n"), joins=False),
            "hr": lambda _: self._write(_LINE, joins=False),
            "inline": lambda inline: self._take_words(_write_inline(inline.children or [])),
        }
        if handle := handlers.get(token.type):
            handle(token)

    def _close_list(self) -> None:
        self._lists.pop()
        self._joins = bool(self._lists)

    def _open_item(self) -> None:
        self._item = self._mark_item()

    def _open_row(self) -> None:
        self._cells = []

    def _close_row(self) -> None:
        self._write(" | ".join(self._cells or []), joins=self._joins)
        self._cells, self._joins = None, True

    def _part(self) -> None:
        self._joins = False

    def _mark_item(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        number = self._lists[-1]
        if number is None:
            return indent + _BULLET
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _take_words(self, words: str) -> None:
        if self._cells is not None:
            self._cells.append(words)
        elif self._item:
            self._write(self._item + words, joins=self._joins)
            self._item, self._joins = "", True
        else:
            self._write(words, joins=False)
            self._joins = bool(self._lists)

    def _write(self, words: str, *, joins: bool) -> None:
        if joins and self.blocks:
            self.blocks[-1] += "\n" + words
        elif words:
            self.blocks.append(words)


def _write_inline(children: list[Token]) -> str:
    words: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type == "link_open":
            links.append((str(child.attrs.get("href", "")), len(words)))
        elif child.type == "link_close":
            target, begin = links.pop()
            shown = "".join(words[begin:])
            if target and target not in (shown, f"mailto:{shown}"):
                words.append(f" ({target})")
        elif child.type == "image":
            words.append(words_of(child))
        else:
            words.append(_BREAKS.get(child.type, child.content))
    return "".join(words)
=======
"""Markdown as text without any markup."""

from collections.abc import Sequence

from nightdesk.providers.publishing.text.runs import Look, Run, lines_of, read_runs


def to_plain(markdown: str) -> str:
    """Return the text of Markdown. A link stands behind its words where they do not show it; quotes begin with `>`."""
    return "\n".join(_write_line(line) for line in lines_of(with_addresses(read_runs(markdown, pads_tables=False))))


def with_addresses(runs: Sequence[Run]) -> list[Run]:
    """Write the address of each link behind its words, unless they are the address."""
    written: list[Run] = []
    for at, run in enumerate(runs):
        written.append(run)
        link = next((style for style in run.styles if style.look is Look.LINK), None)
        if link is None or (at + 1 < len(runs) and link in runs[at + 1].styles):
            continue
        words = "".join(one.text for one in runs if link in one.styles)
        address = link.detail.removeprefix("mailto:")
        if not shows(words, link.detail):
            written.append(Run(f" ({address})", run.styles))
    return written


def shows(words: str, address: str) -> bool:
    """Whether the words of a link are its address."""
    bare = address.removeprefix("mailto:")
    return words.strip().rstrip("/") in (address.rstrip("/"), bare.rstrip("/"), bare.split("://")[-1].rstrip("/"))


def _write_line(line: Sequence[Run]) -> str:
    text = "".join(run.text for run in line)
    return f"> {text}".rstrip() if any(run.has(Look.QUOTE) for run in line) else text.rstrip()
>>>>>>> suite
