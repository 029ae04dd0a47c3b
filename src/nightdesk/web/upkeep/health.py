"""A health check as a page shows it: a verdict as shape and word, part by part, and the days before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.operations.models import HealthCheck, Verdict

DAYS: Final = 30
#: verdict -> (look, word). The look picks shape and colour; the word is always beside it.
VERDICTS: Final[dict[str, tuple[str, Promise]]] = {
    Verdict.OK: ("done", _("Works")),
    Verdict.WARNING: ("late", _("Needs a look")),
    Verdict.CRITICAL: ("failed", _("Does not work")),
}
#: Worse ones are taller, so that a day tells itself without its colour.
_HEIGHTS: Final = {"": 2, Verdict.OK: 10, Verdict.WARNING: 20, Verdict.CRITICAL: 32}
_WORST_FIRST: Final = (Verdict.CRITICAL, Verdict.WARNING, Verdict.OK)
_BAR_WIDTH: Final = 8
_BAR_STEP: Final = 10
_CHART_HEIGHT: Final = 36
_NAMES: Final[dict[str, Promise]] = {
    "database": _("Database"),
    "cache": _("Cache"),
    "storage": _("Files"),
    "broker": _("Broker"),
    "workers": _("Workers"),
    "beat": _("Schedules (beat)"),
    "disk": _("Disk"),
    "clock": _("Clock"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the installation as it was found. `latency_ms` is None where nothing was timed."""

    name: str | Promise
    look: str
    word: str | Promise
    latency_ms: float | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The worst verdict of a day, "" where nothing was looked at, as a bar in a chart."""

    date: date
    verdict: str
    troubled: int
    checks: int
    x: int
    y: int
    height: int

    @property
    def look(self) -> str:
        """The look of its verdict."""
        return VERDICTS[self.verdict][0] if self.verdict else "none"

    @property
    def word(self) -> str | Promise:
        """Its verdict in words."""
        return VERDICTS[self.verdict][1] if self.verdict else _("Not looked at")


@dataclass(frozen=True, slots=True)
class History:
    """The last days, oldest first, as a chart of `width` by `height`."""

    days: list[Day]
    width: int = DAYS * _BAR_STEP - (_BAR_STEP - _BAR_WIDTH)
    height: int = _CHART_HEIGHT
    bar: int = _BAR_WIDTH

    @property
    def troubled(self) -> list[Day]:
        """The days on which something did not work or needed a look, newest first."""
        return [day for day in reversed(self.days) if day.verdict not in ("", Verdict.OK)]

    @property
    def quiet(self) -> int:
        """How many days everything worked."""
        return sum(day.verdict == Verdict.OK for day in self.days)


def describe_parts(check: HealthCheck) -> list[Part]:
    """Describe what a check found, the worst first."""
    order = {verdict: at for at, verdict in enumerate(_WORST_FIRST)}
    found = sorted(check.parts.items(), key=lambda item: order.get(item[1]["verdict"], 0))
    return [_describe(name, part) for name, part in found]


def _describe(name: str, part: dict[str, Any]) -> Part:
    look, word = VERDICTS[part["verdict"]]
    return Part(
        name=_NAMES.get(name, name),
        look=look,
        word=word,
        latency_ms=part.get("latency_ms"),
        detail=part.get("detail", ""),
    )


def first_day() -> datetime:
    """Return the midnight with which the history begins, in the installation's time zone."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def draw_history(found: Iterable[tuple[datetime, str]]) -> History:
    """Put moments with their verdicts on the last `DAYS` days."""
    by_day: dict[date, list[str]] = {}
    for at, verdict in found:
        by_day.setdefault(timezone.localdate(at), []).append(verdict)
    first = first_day().date()
    return History([_draw(number, first + timedelta(days=number), by_day) for number in range(DAYS)])


def _draw(number: int, day: date, by_day: dict[date, list[str]]) -> Day:
    verdicts = by_day.get(day, [])
    worst = next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "")
    height = _HEIGHTS[worst]
    return Day(
        date=day,
        verdict=worst,
        troubled=sum(verdict != Verdict.OK for verdict in verdicts),
        checks=len(verdicts),
        x=number * _BAR_STEP,
        y=_CHART_HEIGHT - height,
        height=height,
    )
