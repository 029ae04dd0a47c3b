"""Schedules as rows: what fires, once, and what does not."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.schedules import crontab, schedule
from django.db import connection
from django.db.models.signals import pre_init
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from nightdesk.engine import beat_life
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.due_times import find_interval_tick
from nightdesk.engine.models import Job, Lease, ScheduleCursor
from nightdesk.engine.queries import arguments_of
from nightdesk.engine.schedule import DatabaseScheduler, find_due, fire

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Report(JobArgs, name="tests.scheduled_report", queue="maintenance"):
    """What the schedules of these tests ask for."""

    days: int = 1


@pytest.fixture
def beat() -> DatabaseScheduler:
    return DatabaseScheduler(app=Celery("beat", set_as_current=False), lazy=True)


def make_schedule(*, changed_at: datetime = LONG_AGO, name: str = "report", **fields: Any) -> PeriodicTask:
    """Make a schedule that was last edited long ago, so that what is due now is fired."""
    if not {"interval", "crontab", "clocked", "solar"} & fields.keys():
        fields["interval"] = IntervalSchedule.objects.create(every=1, period="hours")
    row = PeriodicTask.objects.create(name=name, **{"task": "tests.scheduled_report", **fields})
    PeriodicTask.objects.filter(pk=row.pk).update(date_changed=changed_at)
    row.refresh_from_db()
    return row


def test_due_schedule_becomes_one_job(beat: DatabaseScheduler) -> None:
    row = make_schedule(args="[]", kwargs='{"days": 7}', priority=8, queue="default", expire_seconds=60)
    before = timezone.now()
    beat.tick()

    job = Job.objects.get()
    row.refresh_from_db()
    assert (job.kind, job.queue, job.priority, job.state) == ("tests.scheduled_report", "default", 8, "waiting")
    assert job.subject == f"schedule:{row.pk}"
    assert job.start_before is not None
    assert timedelta(seconds=59) < job.start_before - before < timedelta(seconds=65)
    assert arguments_of(job) == {"days": 7}
    assert (row.total_run_count, row.enabled) == (1, True)
    assert abs(row.last_run_at - before) < timedelta(seconds=5)
    assert ScheduleCursor.objects.get().fired_for == find_interval_tick(
        before, every=timedelta(hours=1), schedule_id=row.pk
    )


def test_second_look_at_the_same_moment_fires_nothing(beat: DatabaseScheduler) -> None:
    make_schedule()
    for scheduler in (beat, beat, DatabaseScheduler(app=beat.app, lazy=True)):
        scheduler.tick()

    assert Job.objects.count() == 1


def test_many_beats_at_once_fire_one_moment_once(beat: DatabaseScheduler) -> None:
    make_schedule()
    start, failures = threading.Barrier(8), []

    def tick() -> None:
        try:
            start.wait()
            beat.tick()
        except Exception as error:  # noqa: BLE001 (shown by the assertion below)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert Job.objects.count() == 1
    assert PeriodicTask.objects.get().total_run_count == 1


def test_missed_moments_collapse_into_one(beat: DatabaseScheduler) -> None:
    row = make_schedule()
    now = timezone.now()
    due_at, _ = find_due(row, now - timedelta(hours=30))
    assert due_at is not None
    fire(row, due_at=due_at, now=now)  # and then nobody was there for 30 hours
    beat.tick()

    assert Job.objects.count() == 2


def test_earlier_moment_after_a_later_one_fires_nothing() -> None:
    row = make_schedule()
    now = timezone.now()
    fired = [fire(row, due_at=now - timedelta(hours=hours), now=now) for hours in (1, 2, 1)]

    assert fired == [True, False, False]
    assert Job.objects.count() == 1


def test_sleep_ends_at_the_next_tick(beat: DatabaseScheduler) -> None:
    half_second = IntervalSchedule.objects.create(every=500_000, period="microseconds")
    make_schedule(interval=half_second)

    assert 0 <= beat.tick() <= 0.5


def test_new_or_edited_schedule_waits_for_its_next_time(beat: DatabaseScheduler) -> None:
    make_schedule(changed_at=timezone.now())
    beat.tick()

    assert Job.objects.count() == 0


def test_disabled_schedule_fires_nothing(beat: DatabaseScheduler) -> None:
    make_schedule(enabled=False)
    beat.tick()

    assert Job.objects.count() == 0


def test_expired_schedule_is_disabled_and_fires_nothing(beat: DatabaseScheduler) -> None:
    row = make_schedule(expires=timezone.now() - timedelta(minutes=1))
    beat.tick()

    row.refresh_from_db()
    assert (Job.objects.count(), row.enabled) == (0, False)


def test_schedule_before_its_start_time_fires_nothing(beat: DatabaseScheduler) -> None:
    make_schedule(start_time=timezone.now() + timedelta(minutes=1))
    beat.tick()

    assert Job.objects.count() == 0


def test_one_off_fires_once_and_is_disabled(beat: DatabaseScheduler) -> None:
    row = make_schedule(one_off=True, interval=IntervalSchedule.objects.create(every=1, period="microseconds"))
    for _ in range(3):
        beat.tick()

    row.refresh_from_db()
    assert (Job.objects.count(), row.enabled, row.total_run_count) == (1, False, 1)


def test_one_off_seen_by_a_beat_with_an_old_copy_fires_nothing_more(beat: DatabaseScheduler) -> None:
    row = make_schedule(one_off=True, interval=IntervalSchedule.objects.create(every=1, period="microseconds"))
    beat.tick()
    now = timezone.now()

    assert fire(row, due_at=now, now=now) is False
    assert Job.objects.count() == 1
    assert ScheduleCursor.objects.get().fired_for < now


def test_clocked_time_fires_when_it_has_come_and_never_again(beat: DatabaseScheduler) -> None:
    now = timezone.now()
    past = ClockedSchedule.objects.create(clocked_time=now - timedelta(minutes=1))
    future = ClockedSchedule.objects.create(clocked_time=now + timedelta(minutes=1))
    row = make_schedule(clocked=past, one_off=True, changed_at=now)
    make_schedule(clocked=future, one_off=True, changed_at=now, name="later")
    beat.tick()
    PeriodicTask.objects.filter(pk=row.pk).update(enabled=True)
    beat.tick()

    assert [job.subject for job in Job.objects.all()] == [f"schedule:{row.pk}"]


def test_crontab_fires_for_its_latest_minute(beat: DatabaseScheduler) -> None:
    make_schedule(crontab=CrontabSchedule.objects.create(timezone="Asia/Kolkata"))
    before = timezone.now()
    beat.tick()
    after = timezone.now()

    fired_for = ScheduleCursor.objects.get().fired_for
    assert fired_for in {moment.replace(second=0, microsecond=0) for moment in (before, after)}
    assert Job.objects.count() == 1


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"task": "tests.nobody_knows"}, "There is no job kind 'tests.nobody_knows' here."),
        ({"kwargs": '{"days": "many"}'}, "Input should be a valid integer"),
        ({"kwargs": '{"weeks": 1}'}, "tests.scheduled_report has no argument weeks"),
        ({"kwargs": "{"}, "Expecting property name"),
        ({"args": '{"days": 1}'}, "its arguments must be a JSON list"),
        ({"priority": 200}, "priority 200 is not within 0 to 9"),
        ({"crontab": lambda: CrontabSchedule.objects.create(minute="61")}, "61"),
        ({"interval": lambda: IntervalSchedule.objects.create(every=0, period="hours")}, "longer than nothing"),
        (
            {"solar": lambda: SolarSchedule.objects.create(event="sunrise", latitude=1, longitude=1)},
            "sunrise and sunset are not supported. Give it a crontab instead.",
        ),
    ],
)
def test_schedule_that_cannot_be_fired_is_named_once_and_stops_no_other(
    beat: DatabaseScheduler, caplog: pytest.LogCaptureFixture, fields: dict[str, Any], words: str
) -> None:
    bad = {name: value() if callable(value) else value for name, value in fields.items()}
    row = make_schedule(name="bad", **bad)
    good = make_schedule(name="good")
    for _ in range(3):
        beat.tick()

    said = complaints(caplog)
    assert len(said) == 1
    assert said[0].startswith("Beat: schedule bad is not fired: ")
    assert words in said[0]
    assert "\n" not in said[0]
    assert [job.subject for job in Job.objects.all()] == [f"schedule:{good.pk}"]
    assert not ScheduleCursor.objects.filter(schedule_id=row.pk).exists()


def test_schedule_that_was_mended_fires(beat: DatabaseScheduler, caplog: pytest.LogCaptureFixture) -> None:
    row = make_schedule(task="tests.nobody_knows")
    beat.tick()
    PeriodicTask.objects.filter(pk=row.pk).update(task="tests.scheduled_report")
    beat.tick()

    assert len(complaints(caplog)) == 1
    assert Job.objects.count() == 1


@pytest.fixture
def install() -> Callable[..., None]:
    """Give what a beat does at its first tick with the schedules of the settings."""

    def install(**schedules: Any) -> None:
        app = Celery("beat", set_as_current=False)
        app.conf.beat_schedule = schedules
        DatabaseScheduler(app=app).tick()

    return install


def test_schedules_of_the_settings_are_written_once(install: Callable[..., None]) -> None:
    hourly = {"task": "tests.scheduled_report", "schedule": schedule(3600), "kwargs": {"days": 2}}
    nightly = {"task": "tests.scheduled_report", "schedule": crontab(minute="30", hour="3")}
    install(hourly=hourly, nightly=nightly)
    first = list(PeriodicTask.objects.order_by("name"))
    install(hourly=hourly, nightly=nightly)
    second = list(PeriodicTask.objects.order_by("name"))

    assert [row.name for row in first] == ["hourly", "nightly"]
    assert (first[0].interval.every, first[0].kwargs, first[1].crontab.hour) == (3600, '{"days": 2}', "3")
    assert [row.date_changed for row in second] == [row.date_changed for row in first]


def test_schedule_that_another_beat_writes_at_the_same_moment_is_taken_as_it_is(install: Callable[..., None]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: nobody else writes between a look and a write")
    hourly = {"task": "tests.scheduled_report", "schedule": schedule(3600)}

    def work() -> None:
        install(hourly=hourly)
        connection.close()

    def be_faster(**_: Any) -> None:  # the first beat has looked and found nothing; it writes next
        pre_init.disconnect(be_faster, sender=PeriodicTask)
        other = threading.Thread(target=work)
        other.start()
        other.join()

    pre_init.connect(be_faster, sender=PeriodicTask)
    install(hourly=hourly)

    assert PeriodicTask.objects.get().name == "hourly"


def test_edits_of_an_administrator_survive_a_start(install: Callable[..., None]) -> None:
    hourly = {"task": "tests.scheduled_report", "schedule": schedule(3600), "kwargs": {"days": 3}}
    install(hourly=hourly)
    row = PeriodicTask.objects.get()
    row.interval, row.kwargs, row.enabled = None, '{"days": 9}', False
    row.crontab = CrontabSchedule.objects.create(minute="5", hour="4")
    row.save()
    edited_at = row.date_changed
    install(hourly={**hourly, "schedule": schedule(1800)})

    row.refresh_from_db()
    assert (row.interval, row.crontab.hour, row.kwargs, row.enabled) == (None, "4", '{"days": 9}', False)
    assert row.date_changed == edited_at


def test_default_comes_back_when_its_row_was_deleted(install: Callable[..., None]) -> None:
    hourly = {"task": "tests.scheduled_report", "schedule": schedule(3600)}
    install(hourly=hourly)
    PeriodicTask.objects.update(enabled=False)
    PeriodicTask.objects.all().delete()
    install(hourly=hourly)

    row = PeriodicTask.objects.get()
    assert (row.name, row.interval.every, row.enabled) == ("hourly", 3600, True)


def test_task_that_was_renamed_is_mended_and_the_rest_stays(install: Callable[..., None]) -> None:
    row = make_schedule(name="hourly", task="tests.report_of_old", kwargs='{"days": 9}')
    other = make_schedule(name="other", task="tests.scheduled_report")
    wanted = {"task": "tests.scheduled_report", "schedule": schedule(1800)}
    install(hourly=wanted, other={**wanted, "task": "tests.nobody_knows"})

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.task, row.interval.every, row.kwargs) == ("tests.scheduled_report", 1, '{"days": 9}')
    assert (row.date_changed, other.task) == (LONG_AGO, "tests.scheduled_report")


def test_tick_shows_that_beat_lives_every_few_seconds(beat: DatabaseScheduler) -> None:
    assert beat_life.find_life() is None
    beat.tick()
    Lease.objects.update(until=timezone.now() - timedelta(minutes=5))
    beat.tick()  # too soon to say it once more
    silent = beat_life.find_life()
    DatabaseScheduler(app=beat.app, lazy=True).tick()
    alive = beat_life.find_life()

    assert silent is not None
    assert alive is not None
    assert (silent.is_alive, alive.is_alive) == (False, True)
    assert silent.age_s // 60 == 5


def test_beat_adds_no_schedule_of_its_own(install: Callable[..., None]) -> None:
    install()

    assert not PeriodicTask.objects.exists()
