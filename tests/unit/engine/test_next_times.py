"""When a schedule is due next agrees with when it was last due: the same moments, seen from before."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nightdesk.engine.due_times import find_crontab_tick, find_next_crontab_tick, parse_crontab
from nightdesk.engine.next_times import find_next

BERLIN = ZoneInfo("Europe/Berlin")  # at 2:00 it skips an hour on March 29th, 2026, and repeats one on October 25th


@pytest.mark.parametrize("zone", [UTC, BERLIN, ZoneInfo("America/Havana"), ZoneInfo("Asia/Kolkata")])
@pytest.mark.parametrize("fields", ["20 3 * * *", "30 2 * * *", "*/15 * * * *", "0 0 * * 1", "59 23 31 * *"])
@pytest.mark.parametrize("start", [datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
def test_next_moment_is_the_latest_once_it_has_come(zone: Any, fields: str, start: datetime) -> None:
    minute, hour, day, month, weekday = fields.split()
    table = parse_crontab(minute, hour, weekday, day, month)
    now = start
    for _ in range(60):
        found = find_next_crontab_tick(now, table, zone)
        assert found is not None
        assert found > now
        assert find_crontab_tick(found, table, zone) == found
        before = find_crontab_tick(found - timedelta(minutes=1), table, zone)
        assert before is None or before <= now
        now = found


def row(**fields: Any) -> SimpleNamespace:
    plain = {"pk": 3, "start_time": None, "expires": None, "interval": None, "crontab": None, "clocked": None}
    return SimpleNamespace(**{**plain, **fields})


def test_bounds_of_a_schedule_are_kept() -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    hourly = SimpleNamespace(period="hours", every=1)
    found = find_next(row(interval=hourly), now)
    tomorrow = now + timedelta(days=1)
    clocked = SimpleNamespace(clocked_time=tomorrow)

    assert found is not None
    assert now < found <= now + timedelta(hours=1)
    assert find_next(row(interval=hourly, start_time=tomorrow), now) == found + timedelta(days=1)
    assert find_next(row(interval=hourly, expires=now), now) is None
    assert [find_next(row(clocked=clocked), at) for at in (now, tomorrow)] == [tomorrow, None]
    with pytest.raises(ValueError, match="no times"):
        find_next(row(), now)
