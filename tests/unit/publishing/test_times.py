"""Moments as people give them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from nightdesk.core.errors import InvalidInput
from nightdesk.publishing.services.times import check_moment, read_moment

YEAR = datetime.now(UTC).year + 1


def last_sunday(month: int) -> datetime:
    """Return the day on which Europe's clocks change."""
    day = datetime(YEAR, month, 31, tzinfo=UTC)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def refusal_of(text: str, time_zone: str = "Europe/Berlin") -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as refused:
        read_moment(text=text, time_zone=time_zone)
    return refused.value.details


def test_local_time_is_read_in_its_zone() -> None:
    assert read_moment(text=f"{YEAR}-07-01T09:30", time_zone="Europe/Berlin") == datetime(YEAR, 7, 1, 7, 30, tzinfo=UTC)
    assert read_moment(text=f"{YEAR}-01-15T09:30", time_zone="Asia/Kolkata") == datetime(YEAR, 1, 15, 4, 0, tzinfo=UTC)
    assert read_moment(text=f"{YEAR}-01-15T09:30", time_zone="") == datetime(YEAR, 1, 15, 9, 30, tzinfo=UTC)


def test_time_with_its_own_offset_is_taken_at_its_word() -> None:
    said = read_moment(text=f"{YEAR}-07-01T09:30-05:00", time_zone="Europe/Berlin")
    assert said == datetime(YEAR, 7, 1, 14, 30, tzinfo=UTC)


def test_time_that_the_clocks_skip_is_refused_in_plain_words() -> None:
    day = last_sunday(3)
    assert refusal_of(f"{day:%Y-%m-%d}T02:30") == {
        "scheduled_at": [
            (
                f"On {day:%d %B %Y} the clocks of Europe/Berlin are put forward, so 02:30 does not exist there. "
                "Choose an hour earlier or later."
            )
        ]
    }
    assert read_moment(text=f"{day:%Y-%m-%d}T03:00", time_zone="Europe/Berlin").hour == 1


def test_time_that_comes_twice_is_the_earlier_one() -> None:
    day = last_sunday(10)
    assert read_moment(text=f"{day:%Y-%m-%d}T02:30", time_zone="Europe/Berlin") == day.replace(hour=0, minute=30)


@pytest.mark.parametrize(
    ("text", "zone", "field"),
    [
        ("2020-01-01T10:00", "UTC", "scheduled_at"),
        ("9999-12-31T23:59-23:00", "UTC", "scheduled_at"),
        (f"{YEAR + 9}-01-01T10:00", "UTC", "scheduled_at"),
        ("tomorrow", "UTC", "scheduled_at"),
        (f"{YEAR}-02-30T10:00", "UTC", "scheduled_at"),
        (f"{YEAR}-01-01T10:00", "Mars/Olympus", "time_zone"),
        (f"{YEAR}-01-01T10:00", "../../etc/passwd", "time_zone"),
    ],
)
def test_what_is_no_moment_ahead_is_refused(text: str, zone: str, field: str) -> None:
    assert list(refusal_of(text, zone)) == [field]


def test_moment_needs_a_zone_and_may_have_passed_just_now() -> None:
    with pytest.raises(InvalidInput, match="Invalid input"):
        check_moment(moment=datetime(YEAR, 1, 1))  # noqa: DTZ001 (what is refused)
    now = datetime.now(timezone(timedelta(hours=2)))
    assert check_moment(moment=now - timedelta(seconds=30)) == now - timedelta(seconds=30)
