"""Limits over all workers: numbered slots that racing claims cannot overfill, and rates paid for when ringing."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.engine import transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.limits import Allowance
from nightdesk.engine.models import Job, Limit
from nightdesk.engine.states import State
from tests.integration.engine.bench import (
    OTHER_WORKER,
    MakeKind,
    failure,
    ids,
    must_take,
    race,
    read,
    success,
    take,
)

SLOTS = 3


class Watermark:
    """The highest number of runs at once that anybody saw, by limit key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = self.highest = 0

    def enter(self) -> None:
        with self.lock:
            self.running += 1
            self.highest = max(self.highest, self.running)

    def leave(self) -> None:
        with self.lock:
            self.running -= 1


def work_off(kind: type[JobArgs], mark: Watermark, rows: int, done: list[uuid.UUID]) -> Callable[[], None]:
    """Make a claimer that goes on until all rows are done, and keeps the watermark."""

    def run() -> None:
        while len(done) < rows:
            claimed = take(kind)
            if claimed is None:
                time.sleep(0.002)  # one processor is all that sixteen of them have
                continue
            mark.enter()
            time.sleep(0.003)  # the body
            mark.leave()  # before the finish: the row's slot is held for longer than the mark
            assert transitions.finish(claimed, success())
            done.append(claimed.id)

    return run


@pytest.mark.django_db(transaction=True)
def test_limit_is_never_exceeded_by_sixteen_racing_claimers(make_kind: MakeKind) -> None:
    kind = make_kind(limit=SLOTS)
    rows = {enqueue(kind()) for _ in range(40)}
    mark, done = Watermark(), list[uuid.UUID]()

    race(*[work_off(kind, mark, len(rows), done)] * 16)

    assert sorted(done) == sorted(rows)
    assert 1 <= mark.highest <= SLOTS


@pytest.mark.django_db(transaction=True)
def test_racing_claims_fill_all_slots_and_no_more(make_kind: MakeKind) -> None:
    kind = make_kind(limit=SLOTS)
    for _ in range(20):
        enqueue(kind())

    claims = race(*[lambda: take(kind)] * 16)

    assert len(ids(claims)) <= SLOTS
    while take(kind):
        pass
    assert list(Job.objects.filter(state="running").order_by("slot").values_list("slot", flat=True)) == [1, 2, 3]


@pytest.mark.django_db
def test_freed_slot_is_the_next_ones(make_kind: MakeKind) -> None:
    kind = make_kind(limit=2)
    for _ in range(4):
        enqueue(kind())
    first, second = must_take(kind), must_take(kind, worker=OTHER_WORKER)
    assert take(kind) is None

    assert transitions.finish(first, failure(State.WAITING, delay_s=60))
    assert read(first.id).slot is None
    third = must_take(kind)
    assert {read(second.id).slot, read(third.id).slot} == {1, 2}
    assert take(kind) is None


@pytest.mark.django_db
def test_keys_share_a_limit_only_among_themselves(make_kind: MakeKind) -> None:
    kind = make_kind(limit=1)
    mine, yours = enqueue(kind(), limit_key="account:1"), enqueue(kind(), limit_key="account:2")
    enqueue(kind(), limit_key="account:1")

    assert {must_take(kind).id, must_take(kind).id} == {mine, yours}
    assert take(kind) is None


@pytest.mark.django_db
def test_kinds_share_a_limit_by_its_key(make_kind: MakeKind) -> None:
    one, other = make_kind(limit=1), make_kind(limit=1)
    enqueue(one(), limit_key="provider")
    enqueue(other(), limit_key="provider")

    running = must_take(one)
    assert take(other) is None
    transitions.finish(running, success())
    assert take(other) is not None


@pytest.mark.django_db
def test_limit_of_the_row_rules_over_the_one_it_began_with(make_kind: MakeKind) -> None:
    kind = make_kind(limit=1)
    for _ in range(3):
        enqueue(kind())
    Limit.objects.update(slots=2)
    assert len(ids([take(kind) for _ in range(3)])) == 2


def test_limit_key_of_an_unlimited_kind_is_refused(make_kind: MakeKind) -> None:
    kind = make_kind()
    with pytest.raises(ValueError, match="neither limit nor rate"):
        enqueue(kind(), limit_key="account:1")


# ---- rates


def ring_all(kind: type[JobArgs], most: int = 100) -> int:
    """Ring as the sweeper does: the rows of the line for which the rate pays."""
    rows = transitions.ringable(queue="default", kind=kind.kind.name, version=1, limited=True, most=most)
    key = f"kind:{kind.kind.name}"
    allowance = Allowance.take({key: sum(not row.rung for row in rows)})
    return len(transitions.mark_rung([row.id for row in rows if allowance.spend(key, paid=row.rung)]))


def set_next(by_s: float) -> None:
    Limit.objects.update(next_at=timezone.now() + timedelta(seconds=by_s))


@pytest.mark.django_db
def test_rated_row_is_claimed_only_after_its_ring_was_paid_for(make_kind: MakeKind) -> None:
    kind = make_kind(rate="1/h")
    for _ in range(3):
        enqueue(kind())
    assert take(kind) is None

    assert ring_all(kind) == 1
    assert take(kind) is not None
    assert take(kind) is None
    assert ring_all(kind) == 0


@pytest.mark.django_db
def test_second_run_of_a_rated_row_is_paid_for_again(make_kind: MakeKind) -> None:
    kind = make_kind(rate="1/h")
    enqueue(kind())
    assert ring_all(kind) == 1
    assert transitions.give_back(must_take(kind), why="stopped")

    assert take(kind) is None
    set_next(-0.1)
    assert ring_all(kind) == 1
    assert take(kind) is not None


@pytest.mark.django_db
def test_next_group_waits_a_whole_groups_time_after_the_last_start(make_kind: MakeKind) -> None:
    kind = make_kind(rate="5/s")
    for _ in range(12):
        enqueue(kind())
    assert ring_all(kind) == 5
    set_next(-60)
    assert ring_all(kind) == 0  # the first group has not begun yet
    for _ in range(5):
        must_take(kind)
    put_off_s = next_start_s()
    assert 0.5 < put_off_s <= 1.0
    assert ring_all(kind) == 0

    set_next(-0.1)
    assert ring_all(kind) == 5


@pytest.mark.django_db
def test_slow_rate_lets_the_second_start_follow_after_its_interval(make_kind: MakeKind) -> None:
    kind = make_kind(rate="30/m")
    for _ in range(3):
        enqueue(kind())
    assert ring_all(kind) == 1
    assert take(kind) is not None
    assert 1.5 < next_start_s() <= 2.0

    set_next(-0.1)
    assert ring_all(kind) == 1


@pytest.mark.django_db
def test_lost_ring_of_a_rated_row_is_not_paid_for_twice(make_kind: MakeKind) -> None:
    kind = make_kind(rate="1/h")
    first, _ = enqueue(kind()), enqueue(kind())
    assert ring_all(kind) == 1
    Job.objects.filter(pk=first).update(rung_at=timezone.now() - timedelta(minutes=1))
    assert ring_all(kind) == 1
    assert (read(first).rings, Job.objects.exclude(rung_at=None).count()) == (2, 1)


def next_start_s() -> float:
    next_at = Limit.objects.get().next_at
    assert next_at is not None
    return (next_at - timezone.now()).total_seconds()


@pytest.mark.django_db(transaction=True)
def test_racing_sweepers_cannot_spend_the_same_tokens(make_kind: MakeKind) -> None:
    kind = make_kind(rate="5/s")
    for _ in range(50):
        enqueue(kind())
    key = f"kind:{kind.kind.name}"
    set_next(-60)

    allowed = race(*[lambda: Allowance.take({key: 50}).starts[key]] * 6)

    assert sorted(count or 0 for count in allowed) == [0, 0, 0, 0, 0, 5]
