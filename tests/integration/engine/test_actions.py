"""What people do to jobs: cancel, retry, run again, empty or pause a queue."""

import itertools
import uuid
from collections import Counter

import pytest
from celery import current_app

from nightdesk.core.errors import Conflict, InvalidInput, NotFound
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions, queries, testing, transitions
from nightdesk.engine.arguments import KINDS, JobArgs
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import handles
from nightdesk.engine.models import Job, JobStep
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from tests.integration.engine.bench import (
    MakeKind,
    failure,
    move_time,
    must_take,
    race,
    read,
    snapshot,
    success,
    take,
    versions,
)
from tests.support.kinds import plain_add

pytestmark = pytest.mark.django_db


class Write(JobArgs, name="bench.write", queue="cpu"):
    """Write a text."""

    words: int
    tone: str = "plain"


@handles(Write)
def write_task(job: Write, run: Run) -> str:
    return job.tone * job.words


# ---- cancel


def test_cancel_ends_a_waiting_job_at_once_and_says_so(make_kind: MakeKind) -> None:
    kind = make_kind()
    told: list[JobEnd] = []
    when_ended(kind)(told.append)
    job_id = enqueue(kind())

    assert actions.cancel(job_id=job_id) == "cancelled"

    job, error = read(job_id), queries.error_of(read(job_id))
    assert error is not None
    assert (job.state, job.finished_at is None, error.code, take(kind)) == ("cancelled", False, "cancelled", None)
    assert [(end.job_id, end.state) for end in told] == [(job_id, "cancelled")]
    assert actions.cancel(job_id=job_id) == "finished"
    assert len(told) == 1


def test_cancel_asks_a_running_job_to_stop_once(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    claimed = must_take(kind)
    assert actions.cancel(job_id=job_id) == "requested"
    asked_at, version = read(job_id).cancel_requested_at, read(job_id).version
    assert actions.cancel(job_id=job_id) == "requested"

    assert (read(job_id).cancel_requested_at, read(job_id).version) == (asked_at, version)
    assert transitions.flagged(read(job_id).worker or uuid.UUID(int=0)) == {claimed.token: True}


@pytest.mark.parametrize("end", [success(), failure(), failure(State.UNKNOWN)], ids=["success", "failure", "unknown"])
def test_cancel_of_a_finished_job_changes_nothing(end: transitions.Ending, make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), end)
    before = snapshot(job_id)
    assert actions.cancel(job_id=job_id) == "finished"
    assert snapshot(job_id) == before


@pytest.mark.parametrize("act", [actions.cancel, actions.retry])
def test_action_on_a_job_that_never_existed_is_not_found(act: type) -> None:
    with pytest.raises(NotFound):
        act(job_id=new_job_id())
    with pytest.raises(NotFound):
        actions.rerun(job_id=new_job_id(), owner_id=None)
    with pytest.raises(NotFound):
        actions.decide(job_id=new_job_id(), done=True)


@pytest.mark.django_db(transaction=True)
def test_cancel_racing_with_claim_and_finish_comes_to_one_end(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(40)]

    def work() -> None:
        while claimed := take(kind):
            transitions.finish(claimed, success())

    said = race(lambda: [actions.cancel(job_id=job_id) for job_id in reversed(rows)], work, work)[0]

    states = Counter(Job.objects.values_list("state", flat=True))
    assert set(states) <= {"succeeded", "cancelled"}
    assert states["cancelled"] == Counter(said or [])["cancelled"]
    assert all(versions(job_id) == list(range(1, read(job_id).version + 1)) for job_id in rows)


def test_revoke_of_celery_cancels_the_row(make_kind: MakeKind) -> None:
    kind = make_kind()
    jobs = [enqueue(kind()) for _ in range(3)]
    current_app.control.revoke(str(jobs[0]))
    current_app.control.revoke([str(jobs[1]), jobs[2]])
    assert {read(job_id).state for job_id in jobs} == {"cancelled"}

    result = plain_add.delay(1, 2)
    result.revoke()
    assert (result.status, read(uuid.UUID(result.id)).state) == ("REVOKED", "cancelled")


def test_cancelling_a_queue_empties_it_and_no_other(make_kind: MakeKind) -> None:
    kind, other = make_kind(queue="cpu"), make_kind(queue="gpu")
    jobs = [enqueue(kind(), delay_s=60 * (number % 2)) for number in range(7)]
    stays = enqueue(other())
    running = must_take(kind)

    assert actions.cancel_queue(queue="cpu") == 6

    assert Counter(read(job_id).state for job_id in jobs) == {"cancelled": 6, "running": 1}
    assert read(running.id).cancel_requested_at is None
    assert read(stays).state == "waiting"


# ---- retry


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
def test_retry_sends_the_same_row_back_with_a_clean_slate(end: str, make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: 7)
    job_id = enqueue(kind())
    if end == "failed":
        transitions.finish(must_take(kind), failure())
    elif end == "cancelled":
        actions.cancel(job_id=job_id)
    else:
        move_time(job_id, "start_before", -1)
        transitions.expire_late(10)
    Job.objects.filter(pk=job_id).update(crashes=2, suspect=True, progress=40, message="half")

    actions.retry(job_id=job_id)

    job = read(job_id)
    assert (job.state, job.failures, job.crashes, job.suspect, job.progress, job.message) == (
        "waiting",
        0,
        0,
        False,
        0,
        "",
    )
    assert (job.finished_at, job.cancel_requested_at, job.start_before, queries.error_of(job)) == (None,) * 4
    testing.drain()
    assert (read(job_id).state, queries.result_of(read(job_id))) == ("succeeded", 7)


def test_retry_of_what_is_not_over_or_went_well_is_refused(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    with pytest.raises(Conflict, match="not finished"):
        actions.retry(job_id=job_id)
    claimed = must_take(kind)
    with pytest.raises(Conflict, match="not finished"):
        actions.retry(job_id=job_id)
    transitions.finish(claimed, success())
    with pytest.raises(Conflict, match="has succeeded"):
        actions.retry(job_id=job_id)


def test_retry_is_refused_while_the_same_work_is_unfinished_elsewhere(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind(), unique_key="post:1")
    transitions.finish(must_take(kind), failure())
    enqueue(kind(), unique_key="post:1")
    with pytest.raises(Conflict, match="already waiting or running"):
        actions.retry(job_id=job_id)
    assert read(job_id).state == "failed"


# ---- run again


def test_rerun_is_a_new_job_and_the_old_record_stays() -> None:
    old = enqueue(Write(words=2, tone="a"), owner_id=1, subject="text:1", priority=7)
    testing.drain()
    before = snapshot(old)

    new = actions.rerun(job_id=old, arguments={"words": 3}, owner_id=2)

    job = read(new)
    assert (job.owner_id, job.subject, job.priority, job.queue, job.state) == (2, "text:1", 7, "cpu", "waiting")
    testing.drain()
    assert queries.result_of(read(new)) == "aaa"
    assert queries.arguments_of(read(new)) == {"words": 3, "tone": "a"}
    assert snapshot(old) == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"words": "many"}, "arguments.words"),
        ({"colour": "red"}, "arguments.colour"),
        ({"tone": None}, "arguments.tone"),
    ],
)
def test_rerun_with_arguments_that_do_not_fit_names_the_field(arguments: dict[str, object], field: str) -> None:
    old = enqueue(Write(words=2))
    with pytest.raises(InvalidInput) as refused:
        actions.rerun(job_id=old, arguments=arguments, owner_id=None)
    assert list(refused.value.details) == [field]
    assert Job.objects.count() == 1


def test_rerun_of_an_untyped_task_keeps_its_positional_arguments() -> None:
    old = uuid.UUID(plain_add.delay(1, b=5).id)
    new = actions.rerun(job_id=old, arguments={"b": 7}, owner_id=None)
    testing.drain()
    assert queries.result_of(read(new)) == 8


def test_rerun_of_a_kind_that_is_gone_is_refused(make_kind: MakeKind) -> None:
    kind = make_kind()
    old = enqueue(kind())
    KINDS.pop(kind.kind.name)
    with pytest.raises(Conflict, match="any more"):
        actions.rerun(job_id=old, owner_id=None)


def test_rerun_of_a_failed_job_skips_its_finished_steps(make_kind: MakeKind) -> None:
    done: list[str] = []

    def body(run: Run) -> list[str]:
        def work(name: str) -> str:
            done.append(name)
            if done == ["a", "b"]:
                raise ValueError("b")
            return name

        return [run.step(name, lambda name=name: work(name)) for name in ("a", "b")]  # type: ignore[misc]

    old = enqueue(make_kind(body, retries=0)())
    testing.drain()
    new = actions.rerun(job_id=old, owner_id=None)
    testing.drain()

    assert queries.result_of(read(new)) == ["a", "b"]
    assert done == ["a", "b", "b"]
    assert JobStep.objects.filter(job_id=new).count() == 2


@pytest.mark.parametrize(("keep_steps", "done"), [(None, 2), (True, 1), (False, 2)])
def test_rerun_of_a_job_that_went_well_does_the_whole_work_anew_unless_told_otherwise(
    keep_steps: bool | None, done: int, make_kind: MakeKind
) -> None:
    numbers = itertools.count(1)
    old = enqueue(make_kind(lambda run: run.step("a", lambda: next(numbers)))())
    testing.drain()
    new = actions.rerun(job_id=old, owner_id=None, keep_steps=keep_steps)
    testing.drain()
    assert [queries.result_of(read(job_id)) for job_id in (old, new)] == [1, done]


# ---- decide


def test_decision_about_a_known_outcome_is_refused(make_kind: MakeKind) -> None:
    job_id = enqueue(make_kind()())
    with pytest.raises(Conflict, match="not in question"):
        actions.decide(job_id=job_id, done=True)
    assert read(job_id).state == "waiting"
