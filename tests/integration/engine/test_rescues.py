"""Rescue: who is lost, who is suspect, whose death counts, and when a job is stopped for good."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from nightdesk.engine import actions, queries, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, Lease, Worker
from nightdesk.engine.sweeper import Sweeper
from nightdesk.engine.transitions import workers
from nightdesk.engine.transitions.rescue import Lost
from nightdesk.engine.transitions.workers import Announcement
from tests.integration.engine.bench import (
    OTHER_WORKER,
    WORKER,
    MakeKind,
    must_take,
    read,
    snapshot,
    success,
    versions,
)

pytestmark = pytest.mark.django_db


def beat(worker: uuid.UUID = WORKER, **fields: object) -> None:
    workers.beat(
        Announcement(
            boot_id=worker,
            name=f"w{worker.int}",
            pid=1,
            pool="threads",
            queues=["default"],
            kinds={},
            slots=4,
            **fields,  # type: ignore[arg-type]
        )
    )


def end_lease(worker: uuid.UUID = WORKER) -> None:
    Worker.objects.filter(boot_id=worker).update(lease_until=timezone.now() - timedelta(seconds=1))


def find_lost(job_id: uuid.UUID) -> Lost:
    return next(one for one in transitions.lost_with_workers(100) if one.id == job_id)


def die(kind: type[JobArgs], *, counts: bool, suspect: bool = False) -> str | None:
    """Claim the next row of a kind and lose it with its process."""
    claimed = must_take(kind)
    return transitions.rescue(find_lost(claimed.id), counts=counts, suspect=suspect, why="Its process died.")


# ---- who is lost


def test_run_is_lost_when_the_lease_of_its_worker_has_ended(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    beat()
    claimed = must_take(kind)
    assert transitions.lost_with_workers(10) == []

    end_lease()
    (lost,) = transitions.lost_with_workers(10)
    assert (lost.id, lost.token, lost.worker, lost.pid, lost.ring) == (claimed.id, claimed.token, WORKER, 1, "bench.1")
    assert (lost.suspect, lost.crashes, lost.cancelled) == (False, 0, False)

    beat()
    assert transitions.lost_with_workers(10) == []


def test_run_of_a_worker_without_a_row_is_lost(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    must_take(kind, worker=OTHER_WORKER)
    beat()
    assert [one.id for one in transitions.lost_with_workers(10)] == [job_id]


def test_worker_that_says_goodbye_leaves_its_lease(make_kind: MakeKind) -> None:
    beat()
    assert [one.name for one in queries.live_workers()] == ["w10"]
    workers.leave(WORKER)
    assert (queries.live_workers(), workers.served()) == ([], {})


def test_runs_of_one_worker_are_its_own(make_kind: MakeKind) -> None:
    kind = make_kind()
    for _ in range(2):
        enqueue(kind())
    mine = must_take(kind)
    must_take(kind, worker=OTHER_WORKER)
    actions.cancel(job_id=mine.id)

    (one,) = transitions.running_of(WORKER)
    assert (one.id, one.cancelled) == (mine.id, True)
    assert transitions.flagged(WORKER) == {mine.token: True}


# ---- what becomes of them


def test_rescue_spends_no_attempt_and_goes_to_the_front(make_kind: MakeKind) -> None:
    kind = make_kind()
    first, second = enqueue(kind()), enqueue(kind())
    must_take(kind)
    waiting = enqueue(kind())
    assert transitions.rescue(find_lost(first), counts=True, suspect=False, why="Its process died.") == "default"

    job = read(first)
    (attempt,) = queries.attempts_of(job)
    assert (job.state, job.failures, job.crashes, job.runs, job.token, job.rung_at) == ("waiting", 0, 1, 1, None, None)
    assert (attempt.outcome, attempt.number, attempt.error, attempt.error_class) == (
        "crashed",
        1,
        "Its process died.",
        "WorkerLost",
    )
    assert [must_take(kind).id for _ in range(3)] == [first, second, waiting]
    assert versions(first) == [1, 2, 3, 4]


def test_rescue_of_a_run_that_has_ended_meanwhile_changes_nothing(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    claimed = must_take(kind)
    lost = find_lost(claimed.id)
    assert transitions.finish(claimed, success())
    before = snapshot(claimed.id)

    assert transitions.rescue(lost, counts=True, suspect=True, why="died") is None
    assert snapshot(claimed.id) == before


def test_cancelled_run_that_is_lost_ends_cancelled(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    must_take(kind)
    seen_before_the_cancel = find_lost(job_id)
    actions.cancel(job_id=job_id)
    assert transitions.rescue(seen_before_the_cancel, counts=False, suspect=False, why="died") is None

    assert transitions.rescue(find_lost(job_id), counts=False, suspect=False, why="died") == ""

    error = queries.error_of(read(job_id))
    assert error is not None
    assert (read(job_id).state, error.code) == ("cancelled", "cancelled")


def test_third_death_stops_a_job_for_good_and_says_why(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    assert [die(kind, counts=True) for _ in range(3)] == ["default", "default", ""]

    job, error = read(job_id), queries.error_of(read(job_id))
    assert error is not None
    assert (job.state, job.crashes, job.failures, error.code) == ("failed", 3, 0, "quarantined")
    assert error.message.startswith("Its worker died three times")
    actions.retry(job_id=job_id)
    assert (read(job_id).state, read(job_id).crashes) == ("waiting", 0)


def test_deaths_that_do_not_count_never_stop_a_job(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    assert [die(kind, counts=False) for _ in range(5)] == ["default"] * 5
    job = read(job_id)
    assert (job.state, job.crashes, job.runs) == ("waiting", 0, 5)
    assert {one.outcome for one in queries.attempts_of(job)} == {"released"}


# ---- the sweeper's verdict over shared processes


@pytest.fixture
def sweeper() -> Sweeper:
    """Give a sweeper that has swept without a pause so far."""
    Lease.objects.create(name="sweeper", holder="", until=timezone.now())
    return Sweeper("bench")


def lose_all(worker: uuid.UUID, sweeper: Sweeper) -> None:
    beat(worker)
    end_lease(worker)
    assert sweeper.sweep() is True


def test_jobs_lost_with_a_shared_process_become_suspects_and_run_alone(sweeper: Sweeper, make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(3)]
    for _ in rows:
        must_take(kind)
    lose_all(WORKER, sweeper)

    assert {(one.state, one.suspect, one.crashes) for one in Job.objects.all()} == {("waiting", True, 0)}

    # The one that runs alone dies again with two innocents beside it: only it is counted.
    innocents = [enqueue(kind(), priority=9) for _ in range(2)]
    taken = {must_take(kind, worker=OTHER_WORKER).id for _ in range(3)}
    (suspect,) = taken - set(innocents)
    lose_all(OTHER_WORKER, sweeper)

    assert (read(suspect).crashes, read(suspect).suspect) == (1, True)
    assert {(read(one).crashes, read(one).suspect) for one in innocents} == {(0, False)}


def test_suspect_that_dies_alone_three_times_is_stopped_and_the_others_are_not(
    sweeper: Sweeper, make_kind: MakeKind
) -> None:
    kind = make_kind()
    killer, harmless = enqueue(kind(), priority=9), enqueue(kind())
    must_take(kind), must_take(kind)
    lose_all(WORKER, sweeper)
    for number in range(3):
        worker = uuid.UUID(int=100 + number)
        assert must_take(kind, worker=worker).id == killer
        lose_all(worker, sweeper)

    assert (read(killer).state, read(killer).crashes) == ("failed", 3)
    assert transitions.finish(must_take(kind), success())
    assert (read(harmless).state, read(harmless).suspect, read(harmless).crashes) == ("succeeded", False, 0)


def test_no_rescue_right_after_a_gap_in_sweeping(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    must_take(kind)
    beat()
    end_lease()
    Lease.objects.create(name="sweeper", holder="", until=timezone.now() - timedelta(seconds=30))

    assert Sweeper("bench").sweep() is True
    assert (read(job_id).state, read(job_id).crashes) == ("running", 0)

    Lease.objects.update(until=timezone.now() - timedelta(seconds=0.1))
    assert Sweeper("another, which saw no gap").sweep() is True
    assert read(job_id).state == "waiting"


def test_only_the_holder_of_the_lease_sweeps(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    must_take(kind)
    beat()
    one, other = Sweeper("one"), Sweeper("other")
    assert (one.sweep(), other.sweep(), one.sweep()) == (True, False, True)

    end_lease()
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert (other.sweep(), one.sweep()) == (True, False)
    assert read(job_id).state == "waiting"


def test_lease_outlives_its_holder_by_no_more_than_its_time(make_kind: MakeKind) -> None:
    assert workers.take_lease("duty", "one", 3.0) is not None
    assert workers.take_lease("duty", "other", 3.0) is None
    Lease.objects.filter(name="duty").update(until=F("until") - timedelta(seconds=3.1))
    age = workers.take_lease("duty", "other", 3.0)
    assert age is not None
    assert 0 <= age < 5


def test_sweeper_serves_what_live_workers_together_announce() -> None:
    beat(WORKER, draining=True)
    workers.beat(
        Announcement(
            boot_id=OTHER_WORKER,
            name="b",
            pid=2,
            pool="solo",
            queues=["default", "cpu"],
            kinds={"a": 1, "b": 3},
            slots=2,
        )
    )
    workers.beat(
        Announcement(
            boot_id=uuid.UUID(int=3),
            name="c",
            pid=3,
            pool="solo",
            queues=["cpu"],
            kinds={"a": 2},
            slots=4,
            lost_slots=1,
        )
    )

    served = workers.served()

    assert {queue: (one.slots, one.kinds) for queue, one in served.items()} == {
        "default": (2, {"a": 1, "b": 3}),
        "cpu": (5, {"a": 2, "b": 3}),
    }


def test_first_sweep_of_an_installation_is_no_return_after_a_gap(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    must_take(kind)
    assert Sweeper("bench").sweep() is True
    assert read(job_id).state == "waiting"
