"""Schedules of django-celery-beat, fired by any number of beats as if there were one.

At each tick every enabled schedule is asked when it was last due (`engine.due_times`), by the database's clock. One
transaction moves the schedule's cursor up to that moment and inserts the job: whoever moves it has fired it. Moments
that nobody was there for collapse into the latest one. Edits count from when they were made: what was due before is not
made up for.
"""

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError as InvalidRow
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler as StockScheduler
from pydantic import ValidationError

from nightdesk.core.errors import InvalidInput
from nightdesk.engine import beat_life, sql
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.due_times import find_crontab_tick, find_interval_tick, find_next_minute, parse_crontab
from nightdesk.engine.enqueue import UnknownKind, enqueue_named
from nightdesk.engine.models import ScheduleCursor

#: How soon an edit in the admin is seen.
MOST_SLEEP_S: Final = 1.0

_NOW: Final = sql.Statement("SELECT {now}")
#: Whoever gets a row back has moved the cursor; a later one never goes back.
_ADVANCE: Final = sql.Statement(
    "INSERT INTO engine_schedulecursor (schedule_id, fired_for) VALUES (%s, %s) "
    "ON CONFLICT (schedule_id) DO UPDATE SET fired_for = excluded.fired_for "
    "WHERE engine_schedulecursor.fired_for < excluded.fired_for RETURNING schedule_id"
)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

log = logging.getLogger(__name__)


class CannotFire(ValueError):
    """A schedule that can never become a job as it stands; the text says what to change."""


class DatabaseScheduler(StockScheduler):  # type: ignore[misc]  # it has no types of its own
    """Beat's scheduler: `celery beat -S nightdesk.engine.schedule:DatabaseScheduler`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take beat's own arguments; without `max_interval` it looks every second."""
        self._complaints: dict[int, tuple[datetime, str]] = {}
        self._database_away = False
        self._installed = False
        self._shown_at = float("-inf")
        super().__init__(*args, **kwargs)
        self.max_interval = kwargs.get("max_interval") or self.app.conf.beat_max_loop_interval or MOST_SLEEP_S

    def setup_schedule(self) -> None:
        """Leave the schedules of the settings to the first tick: the database may still be away."""

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        """Fire what has come due and say for how many seconds nothing else will."""
        started = time.monotonic()
        try:
            self._install_once()
            sleep_s = self._fire_due()
            self._show_life()
        except (OperationalError, InterfaceError) as error:
            if not self._database_away:
                log.warning("Beat: the database is away (%s); schedules wait for it", type(error).__name__)
            self._database_away = True
            sql.drop_connection()
            return float(self.max_interval)
        self._database_away = False
        return max(0.0, sleep_s - (time.monotonic() - started))

    def _install_once(self) -> None:
        """Write the schedules of the `beat_schedule` setting that are not in the database yet.

        A row that is there is the administrator's: a start changes nothing in it. Only a task that this version does not
        know is mended, since it is one that was renamed.
        """
        if self._installed:
            return
        for name, fields in self.app.conf.beat_schedule.items():
            if not PeriodicTask.objects.filter(name=name).exists():
                self._add(name, fields)
            elif fields["task"] in KINDS:
                self._mend(name, fields["task"])
        self._installed = True

    def _add(self, name: str, fields: dict[str, Any]) -> None:
        # InvalidRow: another beat has written the same name between our look and our write; then that is the row.
        with contextlib.suppress(InvalidRow):
            PeriodicTask.objects.get_or_create(name=name, defaults=self.Entry._unpack_fields(**fields))

    def _mend(self, name: str, task: str) -> None:
        found = PeriodicTask.objects.get(name=name).task
        if found not in KINDS and found != task:
            # Not `save()`, which moves `date_changed`, before which nothing is made up for.
            PeriodicTask.objects.filter(name=name, task=found).update(task=task)
            log.warning("Beat: schedule %s asks for %s, as %s is called now", name, task, found)

    def _show_life(self) -> None:
        """Note in the database that a beat fires; every few seconds is enough for whoever looks."""
        now = time.monotonic()
        if now >= self._shown_at + beat_life.SHOWN_EVERY_S:
            beat_life.show_life()
            self._shown_at = now

    def _fire_due(self) -> float:
        now = _read_clock()
        cursors = dict(ScheduleCursor.objects.values_list("schedule_id", "fired_for"))
        wake_at = now + timedelta(seconds=self.max_interval)
        rows = PeriodicTask.objects.filter(enabled=True).select_related("interval", "crontab", "clocked", "solar")
        for row in rows:
            with self._complaining_of(row):
                due_at, next_at = find_due(row, now)
                wake_at = min(wake_at, next_at or wake_at)
                if row.expires is not None and now >= row.expires:
                    _disable(row)
                elif due_at is not None and due_at > find_baseline(row, cursors.get(row.pk)):
                    fire(row, due_at=due_at, now=now)
        return (wake_at - now).total_seconds()

    @contextlib.contextmanager
    def _complaining_of(self, row: PeriodicTask) -> Iterator[None]:
        """Keep one bad schedule from stopping the others; say what is wrong with it once, until it is changed."""
        try:
            yield
        except (OperationalError, InterfaceError):
            raise
        except (UnknownKind, ValidationError, InvalidInput, ValueError, TypeError) as error:
            self._complain(row, " ".join(str(error).split()))
        except Exception:
            log.exception("Beat: schedule %s (%s) could not be fired", row.name, row.task)

    def _complain(self, row: PeriodicTask, words: str) -> None:
        complaint = (row.date_changed, words)
        if self._complaints.get(row.pk) != complaint:
            self._complaints[row.pk] = complaint
            log.error("Beat: schedule %s is not fired: %s", row.name, words)


def find_due(row: PeriodicTask, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Find when a schedule was last due, and when to look again at the latest (None: whenever).

    Raises:
        CannotFire: it has no schedule, or a kind of one that we do not have.
        ValueError: a crontab that cannot be read.
    """
    if row.interval is not None:
        every = timedelta(**{row.interval.period: row.interval.every})
        tick = find_interval_tick(now, every=every, schedule_id=row.pk)
        return tick, tick + every
    if row.crontab is not None:
        fields = (row.crontab.minute, row.crontab.hour, row.crontab.day_of_week)
        table = parse_crontab(*fields, row.crontab.day_of_month, row.crontab.month_of_year)
        return find_crontab_tick(now, table, row.crontab.timezone), find_next_minute(now)
    if row.clocked is not None:
        at: datetime = row.clocked.clocked_time
        return (at, None) if at <= now else (None, at)
    if row.solar is not None:
        raise CannotFire("sunrise and sunset are not supported. Give it a crontab instead.")
    raise CannotFire("it has no times. Give it an interval, a crontab or a clocked time.")


def find_baseline(row: PeriodicTask, fired_for: datetime | None) -> datetime:
    """Find the moment up to which nothing is to be fired any more: fired already, edited since, or not started yet."""
    bounds: list[datetime | None] = [fired_for, row.start_time and row.start_time - _MICROSECOND]
    if row.clocked is None:  # a clocked time in the past is fired: it was not made up for, it was asked for
        bounds.append(row.date_changed)
    return max((bound for bound in bounds if bound is not None), default=_LONG_AGO)


def fire(row: PeriodicTask, *, due_at: datetime, now: datetime) -> bool:
    """Make the job of one moment, unless another beat did or the schedule was changed meanwhile; say whether it did.

    Raises:
        UnknownKind, pydantic.ValidationError, TypeError, ValueError, InvalidInput: its task or arguments do not fit;
            nothing is written.
    """
    args, kwargs = _read_arguments(row)
    with sql.writing():
        if not sql.fetch(_ADVANCE, [row.pk, sql.as_time(due_at)]):
            return False
        unchanged = PeriodicTask.objects.filter(pk=row.pk, enabled=True, date_changed=row.date_changed)
        if not unchanged.update(last_run_at=now, total_run_count=F("total_run_count") + 1, enabled=not row.one_off):
            transaction.set_rollback(True)
            return False
        if row.one_off:
            PeriodicTasks.update_changed()
        enqueue_named(
            row.task,
            args,
            kwargs,
            subject=f"schedule:{row.pk}",
            priority=row.priority,
            queue=row.queue,
            start_before=_find_deadline(row, now),
        )
    return True


def _read_arguments(row: PeriodicTask) -> tuple[list[Any], dict[str, Any]]:
    args, kwargs = json.loads(row.args or "[]"), json.loads(row.kwargs or "{}")
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise CannotFire("its arguments must be a JSON list, its keyword arguments a JSON object.")
    return args, kwargs


def _find_deadline(row: PeriodicTask, now: datetime) -> datetime | None:
    if row.expire_seconds is not None:
        return now + timedelta(seconds=row.expire_seconds)
    deadline: datetime | None = row.expires
    return deadline


def _disable(row: PeriodicTask) -> None:
    PeriodicTask.objects.filter(pk=row.pk, date_changed=row.date_changed).update(enabled=False)
    PeriodicTasks.update_changed()


def _read_clock() -> datetime:
    found = sql.fetch_one(_NOW)
    now = sql.from_time(found[0]) if found else None
    if now is None:
        raise OperationalError("the database does not say what time it is")
    return now
