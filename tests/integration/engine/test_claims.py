"""Claims: each row once, best first, and only what every gate lets pass."""

import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from nightdesk.engine import actions, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, JobChange
from nightdesk.engine.states import State
from tests.integration.engine.bench import (
    OTHER_WORKER,
    WORKER,
    MakeKind,
    claimer,
    failure,
    ids,
    move_time,
    must_take,
    race,
    read,
    success,
    take,
    versions,
)

ROWS = 200
CLAIMERS = 8


def take_all(kind: type[JobArgs]) -> list[uuid.UUID]:
    """Claim and finish until the line is empty, as a thread of a worker does."""
    mine = []
    while claimed := take(kind):
        mine.append(claimed.id)
        assert transitions.finish(claimed, success())
    return mine


def take_all_chained(kind: type[JobArgs]) -> list[uuid.UUID]:
    """As `take_all`, each finish together with the next claim."""
    mine = []
    claimed = take(kind)
    while claimed:
        mine.append(claimed.id)
        done, claimed = transitions.finish_and_claim(claimed, success(), claimer(kind), uuid.uuid4())
        assert done
    return mine


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("drain", [take_all, take_all_chained])
def test_racing_claimers_take_each_row_exactly_once(drain: type, make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(ROWS)]

    shares = race(*[lambda: drain(kind)] * CLAIMERS)

    taken = [job_id for share in shares for job_id in share]
    assert Counter(taken) == Counter(rows)
    assert Counter(Job.objects.values_list("state", "runs", "version")) == {("succeeded", 1, 3): ROWS}
    assert JobChange.objects.count() == 3 * ROWS  # inserted, claimed, finished


@pytest.mark.django_db
def test_claim_marks_the_row_with_worker_ring_and_a_fresh_token(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind(), owner_id=7, subject="campaign:1")

    first = must_take(kind)
    transitions.give_back(first, why="stopped")
    second = must_take(kind, worker=OTHER_WORKER)

    job = read(job_id)
    assert (first.id, first.runs, first.owner_id, first.subject) == (job_id, 1, 7, "campaign:1")
    assert (second.id, second.runs) == (job_id, 2)
    assert second.token != first.token
    assert (job.state, job.token, job.worker, job.ring, job.pid) == (
        "running",
        second.token,
        OTHER_WORKER,
        "bench.1",
        1,
    )
    assert job.started_at is not None
    assert versions(job_id) == [1, 2, 3, 4]


@pytest.mark.django_db
def test_claims_go_by_priority_then_place_then_time(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = {name: enqueue(kind(), priority=priority) for name, priority in [("low", 1), ("first", 5), ("second", 5)]}
    rows["urgent"] = enqueue(kind(), priority=9)
    rows["earlier"] = enqueue(kind(), priority=5)
    Job.objects.filter(pk=rows["earlier"]).update(place=read(rows["second"]).place)
    move_time(rows["earlier"], "run_at", -60)

    order = [must_take(kind).id for _ in rows]

    assert order == [rows[name] for name in ("urgent", "first", "earlier", "second", "low")]


@pytest.mark.django_db
def test_row_before_its_time_is_not_claimed(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind(), delay_s=60)
    assert read(job_id).place is None
    Job.objects.filter(pk=job_id).update(place=1)

    assert take(kind) is None
    move_time(job_id, "run_at", -1)
    assert must_take(kind).id == job_id


@pytest.mark.django_db
def test_row_of_a_paused_queue_is_not_claimed(make_kind: MakeKind) -> None:
    kind = make_kind(queue="cpu")
    enqueue(kind())
    elsewhere = make_kind(queue="gpu")
    enqueue(elsewhere())

    actions.pause_queue(queue="cpu")
    actions.pause_queue(queue="cpu")
    assert take(kind) is None
    assert take(elsewhere) is not None
    actions.resume_queue(queue="cpu")
    assert take(kind) is not None


@pytest.mark.django_db
def test_row_past_its_latest_start_is_not_claimed_but_one_that_has_started_is(make_kind: MakeKind) -> None:
    kind = make_kind()
    late = enqueue(kind(), start_before=timezone.now() - timedelta(seconds=1))
    assert take(kind) is None
    assert transitions.expire_late(10) == 1
    assert read(late).state == "expired"

    started = enqueue(kind())
    transitions.finish(must_take(kind), failure(State.WAITING))
    move_time(started, "start_before", -1)
    assert transitions.expire_late(10) == 0
    assert must_take(kind).id == started


@pytest.mark.django_db
def test_row_of_a_newer_version_waits_for_a_newer_worker(make_kind: MakeKind) -> None:
    kind = make_kind(version=2)
    job_id = enqueue(kind())

    assert transitions.claim(replace(claimer(kind), version=1), uuid.uuid4()) is None
    assert must_take(kind).id == job_id


@pytest.mark.django_db
def test_claim_stays_in_its_own_line(make_kind: MakeKind) -> None:
    kind, other = make_kind(), make_kind()
    enqueue(other())
    assert take(kind) is None
    assert transitions.claim(claimer(other, queue="cpu"), uuid.uuid4()) is None
    assert take(other) is not None


@pytest.mark.django_db
def test_claim_whose_answer_was_lost_is_found_by_its_token(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    token = uuid.uuid4()
    taken = transitions.claim(claimer(kind), token)

    assert transitions.reclaim(token) == taken
    assert taken is not None
    assert taken.id == job_id
    assert transitions.reclaim(uuid.uuid4()) is None
    transitions.finish(taken, success())
    assert transitions.reclaim(token) is None


# ---- suspects


@pytest.mark.django_db
def test_suspects_run_one_at_a_time_in_a_process(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(3)]
    Job.objects.filter(pk__in=rows).update(suspect=True)
    innocent = enqueue(kind())

    one = must_take(kind)
    elsewhere = must_take(kind, worker=OTHER_WORKER)
    assert [one.id, elsewhere.id] == rows[:2]
    assert must_take(kind).id == innocent
    assert take(kind) is None
    assert transitions.finish(one, success())
    assert must_take(kind).id == rows[2]


@pytest.mark.django_db(transaction=True)
def test_racing_threads_of_one_worker_never_hold_two_suspects(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(16)]
    Job.objects.filter(pk__in=rows).update(suspect=True)

    claims = race(*[lambda: take(kind, worker=WORKER)] * 8, *[lambda: take(kind, worker=OTHER_WORKER)] * 8)

    assert [len(ids(claims[:8])), len(ids(claims[8:]))] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_finish_is_kept_when_the_claim_that_came_with_it_meets_another_suspect(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(18)]
    running = [must_take(kind) for _ in range(2)]
    Job.objects.filter(pk__in=rows[2:]).update(suspect=True)

    answers = race(
        *[lambda one=one: transitions.finish_and_claim(one, success(), claimer(kind), uuid.uuid4()) for one in running]
    )

    assert [done for done, _ in answers] == [True, True]
    assert [read(one.id).state for one in running] == ["succeeded", "succeeded"]
    assert Job.objects.filter(state="running").count() == len(ids([following for _, following in answers])) == 1


@pytest.mark.django_db(transaction=True)
def test_claim_of_a_row_that_another_transaction_holds_takes_the_next(make_kind: MakeKind) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody else holds a row")
    from django.db import transaction

    kind = make_kind()
    first, second = enqueue(kind()), enqueue(kind())
    with transaction.atomic():
        assert must_take(kind).id == first
        assert ids(race(lambda: take(kind), lambda: take(kind))) == [second]
