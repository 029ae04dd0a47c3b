"""When a schedule was last due. Pure: the same moment gives the same answer in every process, so beats can agree.

Celery's beat asks "is it due, and when next?" from the time of its own last run; two beats never answer alike. Here each
schedule is a fixed row of moments, and the question is which of them is the latest that has come.

Crontabs are read on the wall clock of their zone, with cron's own habits where that clock is changed: a time that is
skipped fires when as much time has passed; a time that comes twice fires the first time only, unless the crontab fires
every hour of the day, where waiting an hour would be the surprise.
"""

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from celery.schedules import crontab

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: February 29th on a given day of the week comes at least once in 40 years.
_MOST_DAYS: Final = 40 * 366 + 2
#: A fraction that spreads the phases of neighbouring ids evenly over an interval (the golden ratio's).
_SPREAD: Final = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Crontab:
    """A crontab as sets of numbers, the latest time of day first; days of the week from Sunday, 0."""

    times: tuple[time, ...]
    days_of_week: frozenset[int]
    days_of_month: frozenset[int]
    months: frozenset[int]
    every_hour: bool

    def has_day(self, day: date) -> bool:
        """Whether it fires on this day; a day must fit the week and the month, as in Celery."""
        return day.month in self.months and day.day in self.days_of_month and day.isoweekday() % 7 in self.days_of_week


@functools.lru_cache(maxsize=1024)
def parse_crontab(minute: str, hour: str, day_of_week: str, day_of_month: str, month_of_year: str) -> Crontab:
    """Read the five fields as Celery does.

    Raises:
        ValueError: a field that cannot be read (Celery's ParseException is one).
    """
    read: Any = crontab(minute, hour, day_of_week, day_of_month, month_of_year)
    times = sorted((time(at_hour, at_minute) for at_hour in read.hour for at_minute in read.minute), reverse=True)
    return Crontab(
        times=tuple(times),
        days_of_week=frozenset(read.day_of_week),
        days_of_month=frozenset(read.day_of_month),
        months=frozenset(read.month_of_year),
        every_hour=len(read.hour) == 24,
    )


def find_interval_tick(now: datetime, *, every: timedelta, schedule_id: int) -> datetime:
    """Find the latest tick up to `now` of an interval; its phase comes from the id, so that not all tick at once.

    Raises:
        ValueError: `every` is not longer than nothing.
    """
    if every <= timedelta(0):
        raise ValueError("an interval must be longer than nothing")
    phase = every * (schedule_id * _SPREAD % 1)
    return _EPOCH + phase + (now - _EPOCH - phase) // every * every


def find_crontab_tick(now: datetime, table: Crontab, zone: ZoneInfo) -> datetime | None:
    """Find the latest moment up to `now`, in UTC, at which the table fires in its zone; None: not within 40 years."""
    return _find_crontab_tick(now.replace(second=0, microsecond=0), table, zone)


@functools.lru_cache(maxsize=1024)
def _find_crontab_tick(now: datetime, table: Crontab, zone: ZoneInfo) -> datetime | None:
    # A day more: where the clock is set back over midnight, tomorrow's first minutes are past before today ends.
    tomorrow = now.astimezone(zone).date() + _DAY
    found: datetime | None = None
    for days_back in range(_MOST_DAYS):
        day = tomorrow - days_back * _DAY
        latest = _find_tick_of_day(now, table, zone, day) if table.has_day(day) else None
        if found is not None:
            # And the day before the one that has it: where the clock skips midnight, its last times come after.
            return max(found, latest or found)
        found = latest
    return found


def _find_tick_of_day(now: datetime, table: Crontab, zone: ZoneInfo, day: date) -> datetime | None:
    noon = datetime.combine(day, time(12), zone)
    if (noon - 2 * _DAY).utcoffset() == (noon + 2 * _DAY).utcoffset():
        wall_now = now.astimezone(zone).replace(tzinfo=None)
        walls = (datetime.combine(day, at) for at in table.times)
        wall = next((wall for wall in walls if wall <= wall_now), None)
        return None if wall is None else wall.replace(tzinfo=zone).astimezone(UTC)
    moments = (moment for at in table.times for moment in find_moments(datetime.combine(day, at), table, zone))
    return max((moment for moment in moments if moment <= now), default=None)


def find_next_crontab_tick(now: datetime, table: Crontab, zone: ZoneInfo) -> datetime | None:
    """Find the first moment after `now`, in UTC, at which the table fires in its zone; None: not within 40 years."""
    # A day less and one more: where the clock is changed over midnight, moments of a day lie in the one before or after.
    yesterday = now.astimezone(zone).date() - _DAY
    found: datetime | None = None
    for days_on in range(_MOST_DAYS):
        day = yesterday + days_on * _DAY
        walls = (datetime.combine(day, at) for at in table.times) if table.has_day(day) else ()
        later = [moment for wall in walls for moment in find_moments(wall, table, zone) if moment > now]
        if found is not None:
            return min([found, *later])
        found = min(later, default=None)
    return found


def find_moments(wall: datetime, table: Crontab, zone: ZoneInfo) -> list[datetime]:
    """Find the moments in UTC at which a time on the wall clock fires: one, or two where it comes twice (PEP 495)."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    comes_twice = first < second
    return [first, second] if comes_twice and table.every_hour else [first]


def find_next_minute(now: datetime) -> datetime:
    """Find the next full minute: no crontab fires before it."""
    return now.replace(second=0, microsecond=0) + _MINUTE
