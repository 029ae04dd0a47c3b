"""For how long a server wants to be left alone, as its headers say."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

#: No server is obeyed for longer; a date may be anything.
MOST_RETRY_AFTER_S: Final = 24 * 3600.0


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return for how many seconds a server wants to be left alone; None where it does not say."""
    milliseconds = _read_number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return min(milliseconds / 1000, MOST_RETRY_AFTER_S)
    raw = headers.get("retry-after", "").strip()
    seconds = _read_number(raw)
    if seconds is None:
        seconds = _seconds_until(raw, headers.get("date", ""))
    return None if seconds is None else min(max(0.0, seconds), MOST_RETRY_AFTER_S)


def _read_number(raw: str) -> float | None:
    try:
        number = float(raw)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _seconds_until(raw: str, answered: str) -> float | None:
    moment = _read_date(raw)
    if moment is None:
        return None
    # The server's own clock, where it tells it: two clocks that differ would make the pause too short.
    return (moment - (_read_date(answered) or datetime.now(UTC))).total_seconds()


def _read_date(raw: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(raw)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
