"""The days of a report: whole days of one time zone, both ends included."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from nightdesk.core.errors import InvalidInput

#: Three years, one of them a leap year: a day is still as wide as a line of a chart.
MAX_DAYS: Final = 3 * 365 + 1
#: Before the first installation there is nothing to count.
FIRST_DAY: Final = date(2000, 1, 1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in `zone`, `first` and `last` included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The moment at which the first day begins."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The moment at which the day after the last one begins."""
        return self._midnight(self.last + _DAY)

    @property
    def words(self) -> str:
        """The days as people write them."""
        if self.first == self.last:
            return write_day(self.first)
        return f"{write_day(self.first)} to {write_day(self.last)}"

    def days(self) -> Iterator[date]:
        """Yield every day."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + number * _DAY

    def stretches(self) -> Iterator[tuple[datetime, int]]:
        """Yield stretches with one offset from UTC each: the moment at which one ends, and its offset in seconds."""
        offset = self._offset(self.start)
        for day in self.days():
            begin, end = self._midnight(day), self._midnight(day + _DAY)
            for moment in _changes(begin, end, self.zone):
                yield moment, offset
                offset = self._offset(moment)
        yield self.end, offset

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _offset(self, moment: datetime) -> int:
        offset = moment.astimezone(self.zone).utcoffset()
        assert offset is not None  # noqa: S101 (a zone always knows)
        return int(offset.total_seconds())


def read_period(*, date_from: date, date_to: date, time_zone: str) -> Period:
    """Check the days that were asked for; days to come are left out, since there is nothing to count in them.

    Raises:
        InvalidInput: the wrong way round, too many, too early, or all of them to come; details by field.
    """
    period = _make(date_from, date_to, time_zone)
    today = timezone.now().astimezone(period.zone).date()
    if date_from > today:
        said = f"This day is still to come. Choose {today} or a day before."
        raise InvalidInput(details={"date_from": [said]})
    return Period(date_from, min(date_to, today), period.zone)


def _make(date_from: date, date_to: date, time_zone: str) -> Period:
    if date_to < date_from:
        raise InvalidInput(details={"date_to": ["The last day lies before the first. Swap the two."]})
    if date_from < FIRST_DAY:
        raise InvalidInput(details={"date_from": [f"Reports begin at {FIRST_DAY}. Choose a later day."]})
    if (days := (date_to - date_from).days + 1) > MAX_DAYS:
        said = f"These are {days:,} days. A report covers {MAX_DAYS:,} at most, which is three years; ask for several."
        raise InvalidInput(details={"date_to": [said]})
    return Period(date_from, date_to, ZoneInfo(time_zone))


def workspace_zone() -> str:
    """Return the time zone whose days are counted."""
    zone: str = settings.TIME_ZONE
    return zone


def write_day(day: date) -> str:
    """Write a day, like 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def _changes(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the moment at which the clocks are changed within a day, to the second."""
    before = begin.astimezone(zone).utcoffset()
    if before == end.astimezone(zone).utcoffset():
        return
    low, high = begin, end
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high.replace(microsecond=0)
