"""Runs written with marks around them, line by line, as chats take it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nightdesk.providers.publishing.text.runs import Look, Run, Style, lines_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a chat marks text. A style whose look has no mark leaves its text bare.

    `write_line` sees a finished line with its runs and gives it back as it is to stand there (headings, starts of lines
    with a meaning). `between` is put between a mark and a letter beside it.
    """

    marks: Mapping[Look, str]
    escape: Callable[[str], str]
    code: Callable[[str], str]
    block: Callable[[str, str], str]  # text, language
    link: Callable[[str, str, str], str]  # words as they were, words as written, address
    write_line: Callable[[str, Sequence[Run]], str] = lambda line, _: line
    between: str = ""


def write_marked(runs: Sequence[Run], dialect: Dialect) -> str:
    """Write a whole text."""
    parts: list[str] = []
    for style, group in groupby(runs, key=_block_of):
        part = list(group)
        if style is None:
            parts.append("\n".join(_write_line(line, dialect) for line in lines_of(part)))
            continue
        if parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        parts.append(dialect.block("".join(run.text for run in part), style.detail))
    return "".join(parts)


def _block_of(run: Run) -> Style | None:
    return next((style for style in run.styles if style.look is Look.BLOCK), None)


def _write_line(line: Sequence[Run], dialect: Dialect) -> str:
    is_quote = any(run.has(Look.QUOTE) for run in line)
    bare = [Run(run.text, _styles_shown(run, dialect)) for run in line]
    written = dialect.write_line(_write(bare, 0, dialect), bare)
    return f"> {written}".rstrip() if is_quote else written.rstrip()


def _styles_shown(run: Run, dialect: Dialect) -> tuple[Style, ...]:
    """Return its styles without quotes, which are the line's, and without those that an outer one of the same mark shows."""
    shown: list[Style] = []
    marks: set[str] = set()
    for style in run.styles:
        mark = dialect.marks.get(style.look, "")
        if style.look is Look.QUOTE or mark in marks:
            continue
        shown.append(style)
        marks |= {mark} if mark else set()
    return tuple(shown)


def _write(runs: Sequence[Run], depth: int, dialect: Dialect) -> str:
    pieces: list[tuple[str, bool]] = []  # text, and whether marks stand around it
    for style, group in groupby(runs, key=lambda run: run.styles[depth] if len(run.styles) > depth else None):
        part = list(group)
        if style is None:
            pieces.append((dialect.escape("".join(run.text for run in part)), False))
        else:
            pieces += _wrap(style, part, depth, dialect)
    return _join(pieces, dialect.between)


def _wrap(style: Style, runs: Sequence[Run], depth: int, dialect: Dialect) -> list[tuple[str, bool]]:
    words = "".join(run.text for run in runs)
    if style.look is Look.CODE:
        return [(dialect.code(words), True)]
    inner = _write(runs, depth + 1, dialect)
    if style.look is Look.LINK:
        return [(dialect.link(words, inner, style.detail), False)]
    mark = dialect.marks.get(style.look, "")
    core = inner.strip()
    if not mark or not core:
        return [(inner, False)]
    start = inner[: len(inner) - len(inner.lstrip())]
    end = inner[len(inner.rstrip()) :]
    return [(start, False), (f"{mark}{core}{mark}", True), (end, False)]


def _join(pieces: Sequence[tuple[str, bool]], between: str) -> str:
    text, was_marked = "", False
    for piece, is_marked in pieces:
        if not piece:
            continue
        touches = (was_marked and (is_marked or piece[0].isalnum())) or (is_marked and text[-1:].isalnum())
        text += between + piece if touches else piece
        was_marked = is_marked
    return text
