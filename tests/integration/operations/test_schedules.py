"""The schedules that every installation has, as an administrator left them: each tick is one job, whoever fires it."""

import threading
from datetime import UTC, datetime

import pytest
from celery import Celery
from django.db import connection
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from nightdesk.config import celery_options
from nightdesk.engine.models import Job
from nightdesk.engine.schedule import DatabaseScheduler

pytestmark = pytest.mark.django_db(transaction=True)

TASKS = {
    "operations: check health": "operations.system_health_check",
    "operations: clean up": "operations.cleanup_expired_content",
    "publishing: scheduled content": "publishing.publish_scheduled_content",
}


def make_beat() -> DatabaseScheduler:
    app = Celery("beat", set_as_current=False)
    celery_options.configure(app)
    return DatabaseScheduler(app=app, lazy=True)


def test_changed_schedules_survive_and_fire_once_for_any_number_of_beats() -> None:
    make_beat().tick()
    each_minute = CrontabSchedule.objects.create(minute="*", hour="*")
    rows = PeriodicTask.objects.filter(name__in=TASKS)
    assert dict(rows.values_list("name", "task")) == TASKS
    for row in rows:  # as the admin saves it
        row.interval, row.crontab = None, each_minute
        row.save()
    PeriodicTask.objects.exclude(name__in=TASKS).update(enabled=False)
    rows.update(date_changed=datetime(2020, 1, 1, tzinfo=UTC))
    Job.objects.all().delete()
    beats = [make_beat() for _ in range(4)]
    start, failures = threading.Barrier(len(beats)), []

    def tick(beat: DatabaseScheduler) -> None:
        try:
            start.wait(30)
            beat.tick()
        except Exception as error:  # noqa: BLE001 (shown by the assertion below)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick, args=(beat,)) for beat in beats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    fired = list(PeriodicTask.objects.filter(name__in=TASKS).values_list("total_run_count", flat=True))
    assert failures == []
    assert set(Job.objects.values_list("kind", flat=True)) == set(TASKS.values())
    # A minute may end between two of the beats: then a second tick has come, and is one more job.
    assert Job.objects.count() == sum(fired) <= 2 * len(TASKS)
    assert set(rows.values_list("crontab_id", "interval_id")) == {(each_minute.pk, None)}
