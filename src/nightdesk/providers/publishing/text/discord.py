"""Markdown as Discord reads it: a few marks, and none of what would call somebody."""

import re
from collections.abc import Sequence
from typing import Final

from nightdesk.providers.publishing.text.marking import Dialect, write_marked
from nightdesk.providers.publishing.text.plain import shows
from nightdesk.providers.publishing.text.runs import Look, Run, Style, read_runs

_SPECIAL: Final = re.compile(r"([\\*_~`|<>\[\]])")
#: What makes a heading, a small print, a list or a quote at the start of a line.
_AT_START: Final = re.compile(r"^(\s*)(#|-|\+|[0-9]+(?=\.))")
_DEEPEST_HEADING: Final = 3
#: No width: it keeps the signs of a fence apart.
_APART: Final = "\u200b"


def to_discord(markdown: str) -> str:
    """Return Discord's Markdown."""
    return write_marked([_with_known_heading(run) for run in read_runs(markdown)], _DISCORD)


def _with_known_heading(run: Run) -> Run:
    """Make headings that are deeper than Discord knows bold."""
    if int(run.detail(Look.HEADING) or 0) <= _DEEPEST_HEADING:
        return run
    return Run(
        run.text,
        tuple(Style(Look.BOLD, "", one.place) if one.look is Look.HEADING else one for one in run.styles),
    )


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _link(words: str, written: str, address: str) -> str:
    if address.startswith("mailto:"):
        return written
    target = address.replace("(", "%28").replace(")", "%29").replace("\\", "%5C")
    if not words.strip() or shows(words, address):
        return target
    return f"[{written}]({target})"


def _code(text: str) -> str:
    if "`" not in text:
        return f"`{text}`"
    return f"`` {text.replace('``', _APART.join('``'))} ``"


def _block(text: str, language: str) -> str:
    name = language if re.fullmatch(r"[\w+#-]{1,20}", language) else ""
    return f"```{name}\n{text.replace('```', _APART.join('```'))}\n```"


def _write_line(line: str, runs: Sequence[Run]) -> str:
    level = next((int(run.detail(Look.HEADING)) for run in runs if run.has(Look.HEADING)), 0)
    if level:
        return f"{'#' * level} {line}"
    first = runs[0] if runs else Run("")
    if first.styles:
        return line
    return _AT_START.sub(_escape_start, line)


def _escape_start(match: re.Match[str]) -> str:
    space, sign = match[1], match[2]
    return f"{space}{sign}\\" if sign[0].isdigit() else f"{space}\\{sign}"


_DISCORD: Final = Dialect(
    marks={Look.BOLD: "**", Look.ITALIC: "*", Look.STRIKE: "~~"},
    escape=_escape,
    code=_code,
    block=_block,
    link=_link,
    write_line=_write_line,
)
