"""When a schedule was last due, also where clocks are changed."""

import functools
import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nightdesk.engine.due_times import Crontab, find_crontab_tick, find_interval_tick, find_next_minute, parse_crontab

MINUTE = timedelta(minutes=1)
#: Zones that change at midnight, by half an hour, backwards over midnight, by a whole day, twice around Ramadan, never.
ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Havana",
    "America/Santiago",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Atlantic/Azores",
    "Pacific/Apia",
    "Asia/Kolkata",
    "UTC",
]
MINUTES = ["*", "0", "30", "*/10", "7,59"]
HOURS = ["*", "0", "1", "2", "23", "*/2", "0,1,2,3", "9-17"]
DAYS_OF_WEEK = ["*", "0", "1-5", "6"]
DAYS_OF_MONTH = ["*", "1", "15,30", "28-31"]


@functools.cache
def find_changes(name: str) -> list[datetime]:
    """Find the hours from 2009 to 2031 in which a zone's clock is changed."""
    zone = ZoneInfo(name)
    hours = [datetime(2009, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(0, 22 * 366 * 24, 6)]
    changed = [b for a, b in itertools.pairwise(hours) if offset(a, zone) != offset(b, zone)]
    return changed or [datetime(2026, 3, 29, tzinfo=UTC)]


def offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


@st.composite
def moments_near_changes(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    name = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(find_changes(name)))
    return ZoneInfo(name), change + timedelta(seconds=draw(st.integers(-36 * 3600, 36 * 3600)))


tables = st.builds(
    parse_crontab,
    st.sampled_from(MINUTES),
    st.sampled_from(HOURS),
    st.sampled_from(DAYS_OF_WEEK),
    st.sampled_from(DAYS_OF_MONTH),
    st.just("*"),
)


def walk_back(now: datetime, table: Crontab, zone: ZoneInfo, days: int) -> datetime | None:
    """Answer the same question by looking at every minute: what the clock shows, and what it skips."""
    fired = []
    first = now.replace(second=0, microsecond=0)
    for back in range(days * 1440):
        moment = first - back * MINUTE
        shown = moment.astimezone(zone)
        if fires(shown.replace(tzinfo=None), table) and (shown.fold == 0 or table.every_hour):
            fired.append(moment)
        before = (moment - MINUTE).astimezone(zone)
        skipped = (shown.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        for minute in range(max(0, int(skipped.total_seconds()) // 60)):
            wall = before.replace(tzinfo=None) + (minute + 1) * MINUTE
            if fires(wall, table) and moment + minute * MINUTE <= now:
                fired.append(moment + minute * MINUTE)
    return max(fired, default=None)


def fires(wall: datetime, table: Crontab) -> bool:
    return table.has_day(wall.date()) and wall.time().replace(fold=0) in table.times


@given(place=moments_near_changes(), table=tables)
def test_crontab_tick_is_the_one_that_a_walk_through_all_minutes_finds(
    place: tuple[ZoneInfo, datetime], table: Crontab
) -> None:
    zone, now = place
    tick = find_crontab_tick(now, table, zone)
    walked = walk_back(now, table, zone, 3)

    assert tick == walked if walked else tick is not None and tick < now - timedelta(days=2)


@given(place=moments_near_changes(), hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_daily_crontab_fires_once_a_day_whatever_the_clock_does(
    place: tuple[ZoneInfo, datetime], hour: int, minute: int
) -> None:
    zone, start = place
    table = parse_crontab(str(minute), str(hour), "*", "*", "*")
    moments = [start + timedelta(minutes=10 * step) for step in range(6 * 24 * 6)]
    ticks = sorted({tick for moment in moments if (tick := find_crontab_tick(moment, table, zone))})

    gaps = [b - a for a, b in itertools.pairwise(ticks)]
    assert all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps)
    assert len(ticks) in {6, 7, 8}  # the one before, six, and one more where the clock went forward


@given(place=moments_near_changes())
def test_crontab_of_every_minute_never_pauses(place: tuple[ZoneInfo, datetime]) -> None:
    zone, now = place

    assert find_crontab_tick(now, parse_crontab("*", "*", "*", "*", "*"), zone) == now.replace(second=0, microsecond=0)


@given(place=moments_near_changes(), table=tables, later_s=st.integers(0, 100_000))
def test_crontab_ticks_never_go_back(place: tuple[ZoneInfo, datetime], table: Crontab, later_s: int) -> None:
    zone, now = place
    tick = find_crontab_tick(now, table, zone)
    later = find_crontab_tick(now + timedelta(seconds=later_s), table, zone)

    assert tick is not None
    assert later is not None
    assert tick <= later


def test_time_that_is_skipped_fires_when_as_much_time_has_passed() -> None:
    table = parse_crontab("30", "2", "*", "*", "*")  # 02:30 does not exist in Berlin on 29 March 2026
    tick = find_crontab_tick(datetime(2026, 3, 29, 12, tzinfo=UTC), table, ZoneInfo("Europe/Berlin"))

    assert tick == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 on the clock


def test_time_that_comes_twice_fires_the_first_time() -> None:
    table = parse_crontab("30", "2", "*", "*", "*")  # 02:30 comes twice in Berlin on 25 October 2026
    tick = find_crontab_tick(datetime(2026, 10, 25, 12, tzinfo=UTC), table, ZoneInfo("Europe/Berlin"))

    assert tick == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_rare_crontab_is_found_years_back() -> None:
    table = parse_crontab("0", "12", "1", "29", "2")  # a Monday that is 29 February
    tick = find_crontab_tick(datetime(2026, 1, 1, tzinfo=UTC), table, ZoneInfo("UTC"))

    assert tick == datetime(2016, 2, 29, 12, tzinfo=UTC)


def test_crontab_of_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="never occurs"):
        parse_crontab("0", "12", "*", "30", "2")


def test_crontab_fields_are_read_as_celery_reads_them() -> None:
    table = parse_crontab("*/30", "9-10", "mon-fri", "1-7", "*/6")

    assert table.times == (time(10, 30), time(10), time(9, 30), time(9))
    assert table.days_of_week == frozenset({1, 2, 3, 4, 5})
    assert table.days_of_month == frozenset(range(1, 8))
    assert table.months == frozenset({1, 7})


def test_crontab_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="61"):
        parse_crontab("61", "*", "*", "*", "*")


@given(
    now=st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
    every=st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)),
    schedule_id=st.integers(1, 2**40),
)
@example(now=datetime(2026, 1, 1, tzinfo=UTC), every=timedelta(seconds=1), schedule_id=1)
def test_interval_tick_is_the_latest_of_one_fixed_row(now: datetime, every: timedelta, schedule_id: int) -> None:
    tick = find_interval_tick(now, every=every, schedule_id=schedule_id)

    assert tick <= now < tick + every
    assert find_interval_tick(tick, every=every, schedule_id=schedule_id) == tick
    assert find_interval_tick(tick + every, every=every, schedule_id=schedule_id) == tick + every


def test_intervals_of_neighbouring_ids_tick_at_different_times() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = [find_interval_tick(now, every=timedelta(hours=1), schedule_id=number) for number in range(1, 11)]

    ordered = sorted(ticks)
    assert min(b - a for a, b in itertools.pairwise(ordered)) > timedelta(minutes=2)


@pytest.mark.parametrize("every", [timedelta(0), timedelta(seconds=-1)])
def test_interval_of_nothing_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        find_interval_tick(datetime(2026, 1, 1, tzinfo=UTC), every=every, schedule_id=1)


def test_next_minute_is_full() -> None:
    assert find_next_minute(datetime(2026, 1, 1, 0, 0, 59, 5, tzinfo=UTC)) == datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
