"""The calendar: the weeks of a month with what is planned and what went out."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.publishing import services
from nightdesk.web.posts.accounts import GLYPHS

#: state of a round -> (look, word).
STATES: Final[dict[str, tuple[str, Promise]]] = {
    "pending": ("waiting", _("Scheduled")),
    "success": ("done", _("Published")),
    "partial": ("late", _("Published in part")),
    "failed": ("failed", _("Failed")),
    "unconfirmed": ("unsure", _("Unconfirmed")),
    "missed": ("late", _("Missed")),
}
#: Rounds that a person should look at: a red ring with the reason.
TROUBLED: Final = frozenset({"failed", "partial", "unconfirmed", "missed"})
_YEARS: Final = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Item:
    """A round on its day."""

    entry: services.CalendarEntry
    at: datetime

    @property
    def look(self) -> str:
        """Shape and colour."""
        return STATES[self.entry.state][0]

    @property
    def word(self) -> Promise:
        """Its state in words."""
        return STATES[self.entry.state][1]

    @property
    def is_troubled(self) -> bool:
        """Whether a person should look at it."""
        return self.entry.state in TROUBLED

    @property
    def reason(self) -> str:
        """Why it is in trouble."""
        return " ".join(self.entry.errors)

    @property
    def glyphs(self) -> list[str]:
        """The platforms, two letters each."""
        return [GLYPHS[one] for one in self.entry.platforms]

    @property
    def zone(self) -> str:
        """The zone in which its time was meant."""
        return self.entry.time_zone or "UTC"

    @property
    def local(self) -> str:
        """Its time in that zone, as a form field holds it."""
        return f"{self.entry.at.astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    date: date
    is_in_month: bool
    is_today: bool
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Span:
    """What the calendar shows: whole weeks, of one month or just one."""

    first: date
    is_week: bool

    @classmethod
    def read(cls, month: str, week: str) -> "Span":
        """Read `2027-03` and `2027-03-15`; what cannot be read is the present month."""
        if (day := _read_date(week)) is not None:
            return cls(day - timedelta(days=day.weekday()), is_week=True)
        day = _read_date(f"{month}-01") or timezone.localdate().replace(day=1)
        return cls(day, is_week=False)

    @property
    def weeks(self) -> list[list[date]]:
        """The days, week by week, Monday first."""
        if self.is_week:
            return [[self.first + timedelta(days=number) for number in range(7)]]
        return Calendar().monthdatescalendar(self.first.year, self.first.month)

    @property
    def before(self) -> str:
        """The address of what comes before."""
        return self._at(self.first - timedelta(days=7 if self.is_week else 1))

    @property
    def after(self) -> str:
        """The address of what comes after."""
        return self._at(self.first + timedelta(days=7 if self.is_week else 31))

    def _at(self, day: date) -> str:
        return f"?week={day:%Y-%m-%d}" if self.is_week else f"?month={day:%Y-%m}"


def fill_weeks(span: Span) -> list[list[Day]]:
    """Fill the weeks with what is planned and what went out, in the installation's time zone."""
    weeks = span.weeks
    zone = timezone.get_current_timezone()
    start = datetime.combine(weeks[0][0], time.min, zone)
    end = datetime.combine(weeks[-1][-1] + timedelta(days=1), time.min, zone)
    by_day: dict[date, list[Item]] = {}
    for entry in services.calendar(start=start, end=end):
        at = timezone.localtime(entry.at)
        by_day.setdefault(at.date(), []).append(Item(entry, at))
    today = timezone.localdate()
    return [
        [Day(day, span.is_week or day.month == span.first.month, day == today, by_day.get(day, [])) for day in week]
        for week in weeks
    ]


def _read_date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
