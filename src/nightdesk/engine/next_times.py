"""When a schedule of django-celery-beat is due next, for people who look at it."""

from datetime import datetime, timedelta
from typing import Any

from nightdesk.engine.due_times import find_interval_tick, find_next_crontab_tick, parse_crontab


def find_next(row: Any, now: datetime) -> datetime | None:
    """Find the next moment after `now` at which an enabled schedule fires; None: never again.

    Raises:
        ValueError: it has no times, or a crontab that cannot be read.
    """
    if row.start_time is not None and row.start_time > now:
        now = row.start_time - timedelta(microseconds=1)
    found = _find_tick(row, now)
    return None if found is None or (row.expires is not None and found >= row.expires) else found


def _find_tick(row: Any, now: datetime) -> datetime | None:
    if row.interval is not None:
        every = timedelta(**{row.interval.period: row.interval.every})
        return find_interval_tick(now, every=every, schedule_id=row.pk) + every
    if row.crontab is not None:
        fields = (row.crontab.minute, row.crontab.hour, row.crontab.day_of_week)
        table = parse_crontab(*fields, row.crontab.day_of_month, row.crontab.month_of_year)
        return find_next_crontab_tick(now, table, row.crontab.timezone)
    if row.clocked is not None:
        at: datetime = row.clocked.clocked_time
        return at if at > now else None
    raise ValueError("it has no times; give it an interval, a crontab or a clocked time")
