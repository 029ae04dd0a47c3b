"""Markdown as Telegram takes it: a text, and entities that mark parts of it by UTF-16 code units.

https://core.telegram.org/bots/api#messageentity and https://core.telegram.org/api/entities: entities nest or stand
apart; code and pre hold no other and stand in none but a quote; quotes do not nest; links hold no code.
"""

from typing import Any, Final

from nightdesk.providers.publishing.protocol import Unit
from nightdesk.providers.publishing.text.counting import count
from nightdesk.providers.publishing.text.plain import shows
from nightdesk.providers.publishing.text.runs import Look, Style, read_runs, words_of_links

_TYPES: Final = {
    Look.BOLD: "bold",
    Look.HEADING: "bold",
    Look.ITALIC: "italic",
    Look.STRIKE: "strikethrough",
    Look.CODE: "code",
    Look.BLOCK: "pre",
    Look.LINK: "text_link",
    Look.QUOTE: "blockquote",
}


def to_telegram(markdown: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and its entities, ordered by offset, outer ones first."""
    runs = read_runs(markdown)
    text = "".join(run.text for run in runs)
    words = words_of_links(runs)
    entities: list[dict[str, Any]] = []
    open_now: list[tuple[Style, dict[str, Any]]] = []
    offset = 0
    for run in runs:
        styles = _allowed(run.styles, words)
        kept = 0
        while kept < min(len(open_now), len(styles)) and open_now[kept][0] == styles[kept]:
            kept += 1
        del open_now[kept:]
        for style in styles[kept:]:
            entity = _entity(style, offset)
            open_now.append((style, entity))
            entities.append(entity)
        length = count(run.text, Unit.UTF16)
        for _, entity in open_now:
            entity["length"] += length
        offset += length
    return text, entities


def _allowed(styles: tuple[Style, ...], words: dict[Style, str]) -> list[Style]:
    """Return those styles that may stand in each other; each type once, the outermost counts."""
    looks = {style.look for style in styles}
    if Look.BLOCK in looks:
        wanted = {Look.QUOTE, Look.BLOCK}
    elif Look.LINK in looks:
        wanted = set(Look) - {Look.CODE, Look.BLOCK}
    elif Look.CODE in looks:
        wanted = {Look.QUOTE, Look.CODE}
    else:
        wanted = set(Look)
    allowed: list[Style] = []
    for style in styles:
        is_there = any(_TYPES[one.look] == _TYPES[style.look] for one in allowed)
        if style.look in wanted and not is_there and not _links_itself(style, words):
            allowed.append(style)
    return allowed


def _links_itself(style: Style, words: dict[Style, str]) -> bool:
    """Whether it is an address in plain sight, which Telegram links by itself."""
    return style.look is Look.LINK and (
        style.detail.startswith("mailto:") or (words[style].startswith("http") and shows(words[style], style.detail))
    )


def _entity(style: Style, offset: int) -> dict[str, Any]:
    entity: dict[str, Any] = {"type": _TYPES[style.look], "offset": offset, "length": 0}
    if style.look is Look.LINK:
        entity["url"] = style.detail
    if style.look is Look.BLOCK and style.detail:
        entity["language"] = style.detail
    return entity
