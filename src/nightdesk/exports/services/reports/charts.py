"""Numbers by day as pictures: SVG without scripts and styles, for pages in light and dark, and for print.

Colours are attributes, which a strict Content-Security-Policy allows; on pages they are the tokens of the style sheet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil, log10
from typing import Any, Final
from xml.sax.saxutils import escape

from nightdesk.core.redaction import clean_text
from nightdesk.exports.services.reports.datasets import Series
from nightdesk.exports.services.reports.periods import write_day

WIDTH: Final = 720
HEIGHT: Final = 220
#: More days than this are narrower than a bar that can be seen for itself: they become a line.
MAX_BARS: Final = 62

_LEFT: Final = 52
_RIGHT: Final = 12
_TOP: Final = 14
_BOTTOM: Final = 30
_INNER_WIDTH: Final = WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT: Final = HEIGHT - _TOP - _BOTTOM
_BASE: Final = HEIGHT - _BOTTOM
_MOST_STEPS: Final = 4
_MOST_DATES: Final = 6
_WIDEST_BAR: Final = 40.0
_TEXT_SIZE: Final = 12
_HALF_A_DATE: Final = 36


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours, and the typeface where a page does not give one."""

    mark: str
    text: str
    line: str
    font: str = ""


ON_PAGES: Final = Palette("var(--accent, currentColor)", "var(--muted, currentColor)", "var(--line, currentColor)")
IN_PRINT: Final = Palette("#3b4fc4", "#545d69", "#d9dde3", "Open Sans")


def draw_charts(dataset: Mapping[str, Any], *, palette: Palette = ON_PAGES) -> dict[str, str]:
    """Draw every series of a dataset; return SVG by its name. All text in it is escaped."""
    return {
        series["name"]: draw_chart(series, number=number, palette=palette)
        for number, series in enumerate(dataset["series"], start=1)
    }


def draw_chart(series: Series, *, number: int = 1, palette: Palette = ON_PAGES) -> str:
    """Draw one series, as bars or as a line; `number` tells its ids apart on a page."""
    days = [(date.fromisoformat(day), count) for day, count in series["days"]]
    top = _top_of(max((count for _, count in days), default=0))
    marks = _bars(days, top) if len(days) <= MAX_BARS else _line(days, top, palette.mark)
    name, said = _text(series["name"]), _text(describe(series))
    ids = f"chart-{number}-title chart-{number}-desc"
    font = f' font-family="{palette.font}"' if palette.font else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-labelledby="{ids}" font-size="{_TEXT_SIZE}"{font}>'
        f'<title id="chart-{number}-title">{name}</title><desc id="chart-{number}-desc">{said}</desc>'
    )
    scale = "".join((*_heights(top, palette), *_dates(days)))
    return (
        f'{head}<g fill="{palette.text}" aria-hidden="true">{scale}</g>'
        f'<g fill="{palette.mark}" aria-hidden="true">{"".join(marks)}</g></svg>'
    )


def describe(series: Series) -> str:
    """Say in words what a chart shows."""
    counts = [count for _, count in series["days"]]
    if not any(counts):
        return f"No {series['unit']} on any of {len(counts):,} days."
    most = max(counts)
    day = write_day(date.fromisoformat(series["days"][counts.index(most)][0]))
    unit = series["unit"][:1].upper() + series["unit"][1:]
    return f"{unit}: {sum(counts):,} on {len(counts):,} days; the most, {most:,}, on {day}."


def _top_of(most: int) -> int:
    """Return the top of the scale: whole steps of 1, 2 or 5 times a power of ten."""
    step = _step_of(most)
    return step * max(1, ceil(most / step))


def _step_of(most: int) -> int:
    rough = max(1.0, most / _MOST_STEPS)
    power = int(10 ** int(log10(rough)))
    return next(power * by for by in (1, 2, 5, 10) if power * by >= rough)


def _heights(top: int, palette: Palette) -> Iterator[str]:
    for value in range(0, top + 1, _step_of(top)):
        y = _y(value, top)
        yield f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="{palette.line}" fill="none"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{_short(value)}</text>'


def _dates(days: list[tuple[date, int]]) -> Iterator[str]:
    every = max(1, ceil(len(days) / _MOST_DATES))
    year = 0
    for index in range(0, len(days), every):
        day = days[index][0]
        words = f"{day.day} {day:%b}" if day.year == year else f"{day.day} {day:%b %Y}"
        year = day.year
        anchor = "start" if index == 0 and len(days) > 1 else "middle"
        x = _LEFT if anchor == "start" else _x(index + 0.5, len(days))
        if x > WIDTH - _HALF_A_DATE:
            anchor, x = "end", WIDTH
        yield f'<text x="{x}" y="{_BASE + 19}" text-anchor="{anchor}">{words}</text>'


def _bars(days: list[tuple[date, int]], top: int) -> Iterator[str]:
    room = _INNER_WIDTH / max(1, len(days))
    wide = min(_WIDEST_BAR, room * 0.72)
    for index, (day, count) in enumerate(days):
        if count:
            x, y = _x(index + 0.5, len(days)) - wide / 2, _y(count, top)
            height = max(1.0, _BASE - y)  # one among thousands is still seen
            yield (
                f'<rect x="{x:.1f}" y="{_BASE - height:.1f}" width="{wide:.1f}" height="{height:.1f}">'
                f"<title>{write_day(day)}: {count:,}</title></rect>"
            )


def _line(days: list[tuple[date, int]], top: int, mark: str) -> Iterator[str]:
    points = [f"{_x(index + 0.5, len(days))} {_y(count, top)}" for index, (_, count) in enumerate(days)]
    first, last = _x(0.5, len(days)), _x(len(days) - 0.5, len(days))
    path = "L".join(points)
    yield f'<path d="M{first} {_BASE}L{path}L{last} {_BASE}Z" fill-opacity="0.2"/>'
    yield f'<path d="M{path}" fill="none" stroke="{mark}" stroke-width="1.5" stroke-linejoin="round"/>'


def _x(place: float, total: int) -> float:
    return round(_LEFT + _INNER_WIDTH * place / total, 1)


def _y(value: int, top: int) -> float:
    return round(_BASE - _INNER_HEIGHT * value / top, 1)


def _short(value: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= 10 * size:
            return f"{value / size:g}{letter}"
    return f"{value:,}"


def _text(text: str) -> str:
    return escape(clean_text(text), {'"': "&quot;"})
