"""The hot statements read few rows of a table of 20,000: each through the partial index made for it."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from nightdesk.core.ids import new_job_id
from nightdesk.engine import fair, pruning, sql
from nightdesk.engine.models import Job
from nightdesk.engine.transitions import line, progress
from nightdesk.engine.transitions.claim import CLAIM
from nightdesk.engine.transitions.rescue import _LOST, _OF_WORKER

ROWS = 20_000
KIND = "bench.plans"
WORKER = uuid.UUID(int=0xA)


@pytest.fixture(scope="module")
def many_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Fill the table as a busy installation would: most are history, some wait, a few run."""
    with django_db_blocker.unblock():
        Job.objects.bulk_create(make_rows(), batch_size=1000)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield
        Job.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM engine_jobchange")


def make_rows() -> list[Job]:
    dice = random.Random(5)
    now = timezone.now()
    return [make_row(number, dice, now) for number in range(ROWS)]


def make_row(number: int, dice: random.Random, now: object) -> Job:
    moment = timezone.now() - timedelta(seconds=dice.randrange(86_400))
    job = Job(
        id=new_job_id(),
        kind=KIND if number % 4 else f"bench.other{number % 7}",
        queue=dice.choice(["default", "cpu", "publish"]),
        priority=dice.choice([1, 5, 5, 5, 9]),
        run_at=moment,
        created_at=moment,
        owner_id=dice.randrange(50),
        state="succeeded",
    )
    share = number % 100
    if share < 25:
        job.state, job.place = "waiting", None if share < 5 else number
        job.run_at = moment + timedelta(days=2 if share < 4 else 0)
        job.start_before = moment + timedelta(days=3) if share == 20 else None
    elif share == 30:
        job.state, job.token, job.worker = "running", uuid.uuid4(), uuid.UUID(int=dice.randrange(0xA, 0x14))
    else:
        job.finished_at = moment
        job.result_expires_at = moment + timedelta(days=1) if share == 40 else None
    return job


def explain(statement: sql.Statement, *params: Any) -> str:
    """Ask the database how it would run a statement, and return its plan as text."""
    plain = [value.hex if isinstance(value, uuid.UUID) and sql.is_sqlite() else value for value in params]
    text = statement.text(sql.vendor())
    if sql.is_sqlite():
        text = text.replace("%", "%%").replace("?", "%s")
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {text}", plain)
            return "\n".join(str(row[3]) for row in cursor.fetchall())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {text}", plain)
        return "\n".join(row[0] for row in cursor.fetchall())


LINE = ["default", KIND]
PLANS: dict[str, tuple[sql.Statement, list[Any], str]] = {
    "claim": (CLAIM[False], [uuid.uuid4(), WORKER, "1", 1, *LINE, 1, WORKER], "job_line"),
    "claim_limited": (CLAIM[True], [uuid.uuid4(), WORKER, "1", 1, *LINE, 1, WORKER], "job_line"),
    "ringable": (line._RINGABLE_BY_LIMIT[False], [*LINE, 1, -3.0, 100], "job_line"),
    "ringable_limited": (line._RINGABLE_BY_LIMIT[True], [*LINE, 1, -3.0, 100], "job_line"),
    "lines": (line._LINES, [], "_line"),
    "due": (line._DUE, [500], "job_scheduled"),
    "late": (line._LATE, [500], "job_start_before"),
    "lost": (_LOST, [500], "job_running"),
    "of_worker": (_OF_WORKER, [WORKER], "job_running"),
    "flagged": (progress._FLAGGED, [WORKER], "job_running"),
    "place": (fair._LOOK, ["default", KIND, 5, "default", KIND, 5, 7], "job_owner_line"),
    "expired_results": (pruning._RESULTS, [500], "job_result_expires"),
    "old_jobs": (pruning._OLD_JOBS, [-30 * 86_400.0, KIND, 500], "job_finished"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", PLANS)
def test_hot_statement_uses_the_index_made_for_it(name: str, many_rows: None) -> None:
    statement, params, index = PLANS[name]

    plan = explain(statement, *params)

    assert index in plan, plan
    for step in plan.splitlines():
        scans = step.strip().startswith(("SCAN j", "SCAN engine_job ", "->  Seq Scan on engine_job "))
        assert not scans or index in step, plan


@pytest.mark.django_db
def test_claim_reads_the_front_of_its_line_without_sorting(many_rows: None) -> None:
    statement, params, _ = PLANS["claim"]
    plan = explain(statement, *params)
    assert "ORDER BY" not in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.django_db
def test_statement_that_reads_everything_is_noticed_by_these_tests(many_rows: None) -> None:
    plan = explain(sql.Statement("SELECT id FROM engine_job j WHERE message = %s"), "x")
    assert ("SCAN j" in plan) or ("Seq Scan on engine_job" in plan), json.dumps(plan)
