"""Moments as people give them: local times of a named zone, that exist and lie ahead."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone

from nightdesk.core.errors import InvalidInput

#: A moment that passed while the form was being sent is taken for now.
GRACE: Final = timedelta(seconds=60)
#: Nobody plans further; a slip of the year is told at once.
FARTHEST: Final = timedelta(days=5 * 366)
#: A scheduled post that could not begin this long after its time is not sent any more.
WINDOW: Final = timedelta(days=2)

_PAST: Final = "This is in the past. Choose a later time, or publish now."
_FAR: Final = "This is more than five years ahead. Choose an earlier time."


def read_moment(*, text: str, time_zone: str) -> datetime:
    """Read a local time like `2027-03-01T09:30` of a named zone, or one that names its own offset; return it in UTC.

    Of an hour that the clocks repeat it is the earlier one.

    Raises:
        InvalidInput: with details on `scheduled_at` or `time_zone`: it cannot be read, does not exist, or is over.
    """
    zone = read_zone(time_zone)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _wrong("Give a date and a time, like 2027-03-01T09:30.") from None
    if moment.tzinfo is None:
        moment = _place(moment, zone)
    return check_moment(moment=moment)


def check_moment(*, moment: datetime) -> datetime:
    """Return a moment in UTC that lies ahead.

    Raises:
        InvalidInput: with details on `scheduled_at`: it names no zone, is over, or is too far ahead.
    """
    if moment.tzinfo is None:
        raise _wrong("Say in which time zone this is, as in 2027-03-01T09:30+01:00.")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise _wrong("Give a date and a time, like 2027-03-01T09:30.") from None
    now = timezone.now()
    if moment < now - GRACE:
        raise _wrong(_PAST)
    if moment > now + FARTHEST:
        raise _wrong(_FAR)
    return moment


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone of this name; "" is UTC.

    Raises:
        InvalidInput: with details on `time_zone`: there is none.
    """
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            details={"time_zone": [f"There is no time zone {name[:60]!r}. Name one like Europe/Berlin."]}
        ) from None


def _place(local: datetime, zone: ZoneInfo) -> datetime:
    """Give a local time its zone; a time that the clocks skip is no time."""
    placed = local.replace(tzinfo=zone, fold=0)
    if placed.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise _wrong(
            f"On {local:%d %B %Y} the clocks of {zone.key} are put forward, so {local:%H:%M} does not exist there. "
            "Choose an hour earlier or later."
        )
    return placed


def _wrong(said: str) -> InvalidInput:
    return InvalidInput(details={"scheduled_at": [said]})
