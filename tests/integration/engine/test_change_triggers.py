"""The triggers that write the change log: there after all migrations, and doing what transitions count on.

On SQLite a migration that rebuilds `engine_job` drops them without a word: it must make them again.
"""

import pytest
from django.db import connection

from nightdesk.core.ids import new_job_id
from nightdesk.engine.models import Job, JobChange
from nightdesk.engine.transitions import NewJob, cancel_waiting, insert

pytestmark = pytest.mark.django_db

TRIGGERS = ["engine_job_changed", "engine_job_inserted"]
NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'engine_job' ORDER BY name",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'engine_job'::regclass AND NOT tgisinternal "
    "AND tgenabled = 'O' ORDER BY tgname",
}


def new_job() -> NewJob:
    return NewJob(
        id=new_job_id(),
        kind="tests.none",
        kind_version=1,
        queue="default",
        priority=5,
        arguments='{"args":[],"kwargs":{}}',
        place=1,
        owner_id=7,
    )


def test_triggers_are_there_after_all_migrations() -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMES[connection.vendor])
        assert [name for (name,) in cursor.fetchall()] == TRIGGERS


def test_each_version_of_a_job_is_in_the_change_log() -> None:
    job = new_job()
    assert insert(job)
    assert cancel_waiting(job.id)
    changes = JobChange.objects.filter(job_id=job.id).order_by("seq")
    assert list(changes.values_list("version", "owner_id")) == [(1, 7), (2, 7)]


def test_update_that_is_no_new_version_tells_nobody() -> None:
    job = new_job()
    assert insert(job)
    assert Job.objects.filter(pk=job.id).update(rings=3) == 1
    assert JobChange.objects.filter(job_id=job.id).count() == 1
