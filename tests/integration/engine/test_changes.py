"""The change log: a row for every version, whoever wrote it, in the transaction that wrote it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from nightdesk.core.ids import new_job_id
from nightdesk.engine import testing, transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, JobChange
from nightdesk.engine.run import Run
from tests.integration.engine.bench import MakeKind, failure, must_take, race, read, success, take, versions


def write_raw(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db
def test_raw_sql_is_noted_as_well(make_kind: MakeKind) -> None:
    job_id = enqueue(make_kind()(), owner_id=7)
    raw = job_id.hex if connection.vendor == "sqlite" else job_id

    write_raw("UPDATE engine_job SET version = version + 1, message = 'by hand' WHERE id = %s", raw)
    write_raw("UPDATE engine_job SET version = version + 1 WHERE id = %s", raw)

    assert versions(job_id) == [1, 2, 3]
    assert set(JobChange.objects.values_list("owner_id", flat=True)) == {7}


@pytest.mark.django_db
def test_write_that_touches_many_rows_notes_each(make_kind: MakeKind) -> None:
    rows = [enqueue(make_kind()()) for _ in range(5)]
    Job.objects.update(version=F("version") + 1)
    assert [versions(job_id) for job_id in rows] == [[1, 2]] * 5


@pytest.mark.django_db
def test_ring_and_step_are_no_new_version(make_kind: MakeKind) -> None:
    def body(run: Run) -> int:
        return run.step("a", lambda: 1)

    job_id = enqueue(make_kind(body)())
    transitions.mark_rung([job_id])
    testing.run_job(job_id)
    assert versions(job_id) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_change_of_a_transaction_that_was_undone_is_undone_too(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())

    class Stop(Exception):
        pass

    def claim_and_stop() -> None:
        with transaction.atomic():
            must_take(kind)
            raise Stop

    with pytest.raises(Stop):
        claim_and_stop()
    assert (versions(job_id), read(job_id).version) == ([1], 1)


@pytest.mark.django_db(transaction=True)
def test_no_version_is_lost_or_doubled_under_many_writers(make_kind: MakeKind) -> None:
    kind = make_kind(retries=1)
    rows = [enqueue(kind()) for _ in range(40)]

    def work(ending: transitions.Ending) -> Callable[[], None]:
        def run() -> None:
            while claimed := take(kind):
                transitions.report([transitions.Report(claimed.id, claimed.token, 50, "half")])
                transitions.finish(claimed, ending)

        return run

    race(work(success()), work(failure()), work(success(None)), work(success()))

    for job_id in rows:
        assert versions(job_id) == [1, 2, 3, 4]
        assert read(job_id).version == 4


@pytest.mark.django_db
def test_row_made_by_the_orm_is_noted(make_kind: MakeKind) -> None:
    from django.utils import timezone

    now = timezone.now()
    job = Job.objects.create(id=new_job_id(), kind="bench.x", queue="default", priority=5, run_at=now, created_at=now)
    assert versions(job.pk) == [1]
