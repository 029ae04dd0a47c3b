"""Parents and children: one transaction in, one count down, whoever is last resumes the parent."""

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from nightdesk.core.errors import Conflict
from nightdesk.engine import actions, queries, testing, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import build, enqueue
from nightdesk.engine.interrupts import Cancelled
from nightdesk.engine.models import Job
from nightdesk.engine.run import ChildOutcome, Run
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import Claimed
from nightdesk.engine.transitions.family import park
from tests.integration.engine.bench import (
    MakeKind,
    failure,
    move_time,
    must_take,
    race,
    read,
    success,
    versions,
)

pytestmark = pytest.mark.django_db


def children_of(parent_id: uuid.UUID) -> list[Job]:
    return list(Job.objects.filter(parent_id=parent_id).order_by("id"))


def start_family(parent: type[JobArgs], child: type[JobArgs], count: int) -> tuple[Claimed, list[uuid.UUID]]:
    """Claim a parent, park it with children, return both."""
    enqueue(parent(), owner_id=5)
    claimed = must_take(parent)
    rows = [
        build(child.kind, [], {}, owner_id=5, subject="", priority=5, queue="default", parent_id=claimed.id)
        for _ in range(count)
    ]
    assert park(job_id=claimed.id, token=claimed.token, children=rows)
    return claimed, [row.id for row in rows]


def gathering(child: type[JobArgs], count: int) -> Callable[[Run], list[Any]]:
    def body(run: Run) -> list[Any]:
        outcomes: Sequence[ChildOutcome] = run.gather("all", [child() for _ in range(count)])
        return [(outcome.state, outcome.result, outcome.error.code if outcome.error else None) for outcome in outcomes]

    return body


def test_parent_waits_without_a_slot_and_resumes_at_the_front(make_kind: MakeKind) -> None:
    child = make_kind(lambda run: 7)
    parent = make_kind(gathering(child, 3), limit=1)
    first, second = enqueue(parent(), owner_id=5), enqueue(parent(), owner_id=5)

    testing.run_job(first)

    job = read(first)
    assert (job.state, job.open_children, job.slot, job.runs) == ("waiting_children", 3, None, 1)
    assert {(one.owner_id, one.state) for one in children_of(first)} == {(5, "waiting")}
    assert testing.run_job(second).state == "waiting_children"  # the slot is free

    for one in children_of(first):
        assert read(first).state == "waiting_children"
        testing.run_job(one.pk)

    job = read(first)
    assert (job.state, job.place, job.open_children) == ("waiting", 0, 0)
    assert queries.result_of(testing.run_job(first)) == [["succeeded", 7, None]] * 3


def test_parent_shows_children_done_of_total(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, rows = start_family(parent, child, 4)
    shown = []
    for _ in rows:
        assert transitions.finish(must_take(child), success())
        shown.append(read(claimed.id).progress)
    assert shown == [25, 50, 75, 100]
    assert versions(claimed.id) == list(range(1, read(claimed.id).version + 1))


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired", "unknown", "quarantined"])
def test_child_that_ends_without_success_lowers_the_parent_too(end: str, make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, (one, _) = start_family(parent, child, 2)
    if end == "cancelled":
        assert actions.cancel(job_id=one) == "cancelled"
    elif end == "expired":
        move_time(one, "start_before", -1)
        assert transitions.expire_late(10) == 1
    elif end == "quarantined":
        must_take(child)
        Job.objects.filter(pk=one).update(crashes=2)
        lost = next(lost for lost in transitions.lost_with_workers(10) if lost.id == one)
        assert transitions.rescue(lost, counts=True, suspect=False, why="died") == ""
    else:
        assert transitions.finish(must_take(child), failure(State(end)))

    assert (read(claimed.id).state, read(claimed.id).open_children) == ("waiting_children", 1)
    assert transitions.finish(must_take(child), success())
    assert read(claimed.id).state == "waiting"


def test_outcomes_come_in_the_order_asked_for_with_their_errors(make_kind: MakeKind) -> None:
    def body(run: Run) -> int:
        order.append(run.job_id)
        if len(order) == 2:
            raise ValueError("second")
        return len(order)

    order: list[uuid.UUID] = []
    child = make_kind(body, retries=0)
    parent = enqueue(make_kind(gathering(child, 3))())

    testing.drain()

    assert queries.result_of(read(parent)) == [["succeeded", 1, None], ["failed", None, "bug"], ["succeeded", 3, None]]


def test_unknown_child_that_is_decided_later_does_not_lower_the_parent_twice(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, (one, _) = start_family(parent, child, 2)
    transitions.finish(must_take(child), failure(State.UNKNOWN))

    actions.decide(job_id=one, done=True)

    assert (read(one).state, read(claimed.id).state, read(claimed.id).open_children) == (
        "succeeded",
        "waiting_children",
        1,
    )


def test_reopened_child_is_waited_for_again(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, (one, _) = start_family(parent, child, 2)
    transitions.finish(must_take(child), failure())
    actions.retry(job_id=one)
    assert read(claimed.id).open_children == 2

    transitions.finish(must_take(child), success())
    assert read(claimed.id).state == "waiting_children"
    testing.drain()
    assert {read(job_id).state for job_id in (one, claimed.id)} == {"succeeded"}


def test_cancelled_parent_that_is_sent_back_takes_the_cancelled_children_along(make_kind: MakeKind) -> None:
    child = make_kind(lambda run: 7)
    parent = enqueue(make_kind(gathering(child, 3))())
    assert testing.run_job(parent).state == "waiting_children"
    testing.run_job(children_of(parent)[0].pk)
    actions.cancel(job_id=parent)

    actions.retry(job_id=parent)

    assert ([one.state for one in children_of(parent)], read(parent).open_children) == (
        ["succeeded", "waiting", "waiting"],
        2,
    )
    testing.drain()
    assert queries.result_of(read(parent)) == [["succeeded", 7, None]] * 3


def test_parent_that_cannot_be_sent_back_leaves_its_children_cancelled(make_kind: MakeKind) -> None:
    kind = make_kind(gathering(make_kind(), 2))
    parent = enqueue(kind(), unique_key="one")
    testing.run_job(parent)
    actions.cancel(job_id=parent)
    enqueue(kind(), unique_key="one")

    with pytest.raises(Conflict):
        actions.retry(job_id=parent)

    assert {one.state for one in (read(parent), *children_of(parent))} == {"cancelled"}


def test_child_sent_back_before_its_parent_gathers_is_waited_for(make_kind: MakeKind) -> None:
    def flaky(run: Run) -> int:
        if run.number == 1:
            raise ValueError("first")
        return run.number

    child = make_kind(flaky, retries=0)
    parent = make_kind(gathering(child, 1))
    parent_id = enqueue(parent())
    testing.run_job(parent_id)
    (one,) = children_of(parent_id)
    testing.run_job(one.pk)

    actions.retry(job_id=one.pk)
    assert testing.run_job(parent_id).state == "waiting_children"
    testing.run_job(one.pk)

    assert queries.result_of(testing.run_job(parent_id)) == [["succeeded", 2, None]]


def test_parent_that_parks_for_a_child_that_has_just_ended_resumes(make_kind: MakeKind) -> None:
    parent = make_kind()
    enqueue(parent())
    claimed = must_take(parent)
    assert park(job_id=claimed.id, token=claimed.token, children=[])
    assert (read(claimed.id).state, read(claimed.id).place) == ("waiting", 0)


def test_cancelled_parent_takes_its_whole_tree_with_it(make_kind: MakeKind) -> None:
    parent, middle, leaf = make_kind(), make_kind(), make_kind()
    claimed, (first, second) = start_family(parent, middle, 2)
    inner = must_take(middle)
    leaves = [build(leaf.kind, [], {}, owner_id=5, subject="", priority=5, queue="default", parent_id=inner.id)]
    assert park(job_id=inner.id, token=inner.token, children=leaves)
    running = must_take(middle)
    assert {inner.id, running.id} == {first, second}

    assert actions.cancel(job_id=claimed.id) == "cancelled"

    states = {
        name: read(job_id).state
        for name, job_id in [("parent", claimed.id), ("inner", inner.id), ("leaf", leaves[0].id)]
    }
    assert states == dict.fromkeys(states, "cancelled")
    assert read(running.id).cancel_requested_at is not None
    assert transitions.finish(running, success())
    assert (read(running.id).state, read(claimed.id).state) == ("succeeded", "cancelled")


def test_parent_that_was_cancelled_while_it_ran_makes_no_children(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    enqueue(parent())
    claimed = must_take(parent)
    assert actions.cancel(job_id=claimed.id) == "requested"
    row = build(child.kind, [], {}, owner_id=None, subject="", priority=5, queue="default", parent_id=claimed.id)

    with pytest.raises(Cancelled):
        park(job_id=claimed.id, token=claimed.token, children=[row])

    assert (read(claimed.id).state, children_of(claimed.id)) == ("running", [])


def test_two_groups_are_gathered_one_after_the_other(make_kind: MakeKind) -> None:
    child = make_kind(lambda run: 1)
    seen: list[int] = []

    def body(run: Run) -> int:
        first = run.gather("first", [child(), child()])
        seen.append(len(first))
        second = run.gather("second", [child() for _ in first])
        return len(first) + len(second)

    parent = enqueue(make_kind(body)())
    testing.drain()

    job = read(parent)
    assert (job.state, queries.result_of(job), job.runs, seen) == ("succeeded", 4, 3, [2, 2])


def test_gathering_nobody_goes_on_at_once(make_kind: MakeKind) -> None:
    child = make_kind()
    job = testing.run_job(enqueue(make_kind(gathering(child, 0))()))
    assert (job.state, job.runs, queries.result_of(job)) == ("succeeded", 1, [])


def test_handler_called_directly_gathers_in_place(make_kind: MakeKind) -> None:
    from nightdesk.engine.handlers import call_in_place

    child = make_kind(lambda run: 7)
    parent = make_kind(gathering(child, 2))
    assert call_in_place(parent()) == [("succeeded", 7, None)] * 2
    assert Job.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_parent_resumes_once_when_its_children_end_at_the_same_moment(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, rows = start_family(parent, child, 12)
    running = [must_take(child) for _ in rows]

    assert race(*[lambda one=one: transitions.finish(one, success()) for one in running]) == [True] * 12

    job = read(claimed.id)
    assert (job.state, job.open_children) == ("waiting", 0)
    assert len(versions(claimed.id)) == job.version == 3 + 12 + 1  # insert, claim, park; each child; resume


@pytest.mark.django_db(transaction=True)
def test_child_reopened_while_the_other_ends_leaves_no_parent_behind(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, rows = start_family(parent, child, 2)
    transitions.finish(must_take(child), failure())
    other = must_take(child)

    race(lambda: actions.retry(job_id=rows[0]), lambda: transitions.finish(other, success()))
    testing.drain()

    assert {read(job_id).state for job_id in (claimed.id, *rows)} == {"succeeded"}
    assert read(claimed.id).open_children == 0


@pytest.mark.django_db(transaction=True)
def test_tree_cancelled_while_its_children_end_comes_to_rest(make_kind: MakeKind) -> None:
    parent, child = make_kind(), make_kind()
    claimed, rows = start_family(parent, child, 6)
    running = [must_take(child) for _ in rows[:3]]

    race(
        lambda: actions.cancel(job_id=claimed.id),
        *[lambda one=one: transitions.finish(one, success()) for one in running],
    )

    assert read(claimed.id).state == "cancelled"
    assert {read(job_id).state for job_id in rows[:3]} == {"succeeded"}
    assert {read(job_id).state for job_id in rows[3:]} == {"cancelled"}
    assert timezone.now() - timedelta(minutes=1) < read(claimed.id).finished_at  # type: ignore[operator]
