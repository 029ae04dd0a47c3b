"""The sweeper: who is rung, how many at a time, and who has to wait his turn."""

import itertools
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.engine import actions, ringer, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, Lease, Queue
from nightdesk.engine.sweeper import RINGS_PER_SLOT, Sweeper
from nightdesk.engine.transitions import workers
from nightdesk.engine.transitions.line import RERING_AFTER_S, RERING_WHEN_EMPTY_AFTER_S
from nightdesk.engine.transitions.workers import Announcement
from tests.integration.engine.bench import MakeKind, failure, move_time, must_take, read, success

pytestmark = pytest.mark.django_db

_numbers = itertools.count(1)


class Desk:
    """A queue of the test's own with a live worker, and a sweeper that looks at it."""

    def __init__(self, slots: int) -> None:
        self.queue = f"bench_{next(_numbers)}"
        self.slots = slots
        self.window = RINGS_PER_SLOT * slots
        self.sweeper = Sweeper("bench")
        self.kinds: list[type[JobArgs]] = []
        Lease.objects.create(name="sweeper", holder="", until=timezone.now() - timedelta(seconds=0.1))

    def serve(self, *kinds: type[JobArgs], version: int = 1) -> None:
        """Let the worker announce these kinds."""
        self.kinds += kinds
        names = {kind.kind.name: version for kind in self.kinds}
        workers.beat(
            Announcement(
                boot_id=uuid.UUID(int=0xA),
                name="a",
                pid=1,
                pool="solo",
                queues=[self.queue],
                kinds=names,
                slots=self.slots,
            )
        )

    def sweep(self) -> list[uuid.UUID]:
        """Sweep once and return who was rung by it, in the order of places."""
        before = dict(Job.objects.values_list("pk", "rings"))
        assert self.sweeper.sweep() is True
        rung = [job for job in Job.objects.order_by("-priority", "place") if job.rings > before[job.pk]]
        return [job.pk for job in rung]

    def depth(self) -> int:
        return ringer.current().depth(self.queue)

    def lose_rings(self, *, age_s: float = 60) -> None:
        """Empty the broker as a purge would; the rings are as old as that."""
        from celery import current_app

        with current_app.connection_for_write() as connection:
            connection.default_channel.queue_purge(self.queue)
        Job.objects.exclude(rung_at=None).update(rung_at=timezone.now() - timedelta(seconds=age_s))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give a desk with two slots."""
    one = Desk(slots=2)
    yield one
    one.lose_rings()


def fill(kind: type[JobArgs], count: int, owner_id: int | None = None, priority: int = 5) -> list[uuid.UUID]:
    """Enqueue jobs that nobody has rung yet."""
    made = [enqueue(kind(), owner_id=owner_id, priority=priority) for _ in range(count)]
    Job.objects.filter(pk__in=made).update(rung_at=None, rings=0)
    return made


def test_rings_are_topped_up_to_the_window_and_not_above(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    rows = fill(kind, 3 * desk.window)

    assert desk.sweep() == rows[: desk.window]
    assert desk.depth() == desk.window
    assert desk.sweep() == []
    assert Queue.objects.get(name=desk.queue).window >= desk.window


def test_lost_rings_are_rung_again_after_a_while(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    rows = fill(kind, 2)
    assert desk.sweep() == rows

    desk.lose_rings(age_s=0)
    assert desk.sweep() == []
    desk.lose_rings(age_s=max(RERING_AFTER_S, RERING_WHEN_EMPTY_AFTER_S) + 0.1)
    assert desk.sweep() == rows
    assert {(job.rings, job.version) for job in Job.objects.all()} == {(2, 1)}


def test_paused_queue_is_not_rung(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    rows = fill(kind, 3)
    actions.pause_queue(queue=desk.queue)
    assert desk.sweep() == []
    actions.resume_queue(queue=desk.queue)
    assert desk.sweep() == rows


def test_kind_or_version_that_no_live_worker_announces_is_not_rung(desk: Desk, make_kind: MakeKind) -> None:
    known, unknown, newer = (
        make_kind(queue=desk.queue),
        make_kind(queue=desk.queue),
        make_kind(queue=desk.queue, version=2),
    )
    desk.serve(known, newer)
    (mine,), _, _ = fill(known, 1), fill(unknown, 1), fill(newer, 1)
    assert desk.sweep() == [mine]

    desk.serve(version=2)
    assert desk.sweep() == [Job.objects.get(kind=newer.kind.name).pk]
    assert Job.objects.get(kind=unknown.kind.name).rings == 0


def test_nobody_is_rung_where_no_worker_lives(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    fill(kind, 1)
    workers.leave(uuid.UUID(int=0xA))
    assert desk.sweep() == []


def test_limited_kind_is_rung_no_more_than_it_has_free_slots(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue, limit=2)
    desk.serve(kind)
    rows = fill(kind, 6)

    assert desk.sweep() == rows[:2]
    running = [must_take(kind) for _ in range(2)]
    desk.lose_rings()
    assert desk.sweep() == []

    transitions.finish(running[0], success())
    assert desk.sweep() == [rows[2]]


def test_rated_kind_is_rung_no_more_than_its_rate_pays_for(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue, rate="1/h")
    desk.serve(kind)
    rows = fill(kind, 6)
    assert desk.sweep() == rows[:1]
    must_take(kind)
    desk.lose_rings()
    assert desk.sweep() == []


def test_rung_by_priority_first_over_all_kinds(desk: Desk, make_kind: MakeKind) -> None:
    kind, other = make_kind(queue=desk.queue), make_kind(queue=desk.queue)
    desk.serve(kind, other)
    fill(kind, 50)
    urgent = fill(other, 1, priority=9)
    assert desk.sweep()[0] == urgent[0]


def test_owner_with_one_job_stands_beside_the_front_of_another_ones_line(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    crowd = fill(kind, 500, owner_id=1)
    (single,) = fill(kind, 1, owner_id=2)
    pair = fill(kind, 2, owner_id=3)

    order = [must_take(kind).id for _ in range(5)]

    assert set(order) == {crowd[0], crowd[1], single, *pair}
    assert order.index(single) <= 2


@pytest.mark.parametrize("old_line", [0, 5000])
def test_owner_with_one_job_of_another_kind_is_rung_with_the_first(
    old_line: int, desk: Desk, make_kind: MakeKind
) -> None:
    crowded, quiet = make_kind(queue=desk.queue), make_kind(queue=desk.queue)
    desk.serve(crowded, quiet)
    (single,) = fill(quiet, 1, owner_id=2)
    Job.objects.filter(pk=single).update(place=1 + old_line)  # its line has been going on for long
    fill(crowded, 100, owner_id=1)

    assert single in desk.sweep()


def test_row_whose_time_has_come_is_put_in_line_and_rung(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    later, much_later = enqueue(kind(), delay_s=60), enqueue(kind(), delay_s=120)
    assert desk.sweep() == []
    move_time(later, "run_at", -1)
    assert desk.sweep() == [later]
    assert (read(later).place is None, read(much_later).place) == (False, None)


def test_retried_row_is_rung_again_when_its_delay_is_over(desk: Desk, make_kind: MakeKind) -> None:
    from nightdesk.engine.states import State

    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    (row,) = fill(kind, 1)
    transitions.finish(must_take(kind), failure(State.WAITING, delay_s=60))
    assert desk.sweep() == []
    move_time(row, "run_at", -1)
    assert desk.sweep() == [row]


def test_row_that_came_too_late_expires_in_plain_words(desk: Desk, make_kind: MakeKind) -> None:
    from nightdesk.engine import queries
    from nightdesk.engine.endings import JobEnd, when_ended

    kind = make_kind(queue=desk.queue)
    told: list[JobEnd] = []
    when_ended(kind)(told.append)
    late = enqueue(kind(), start_before=timezone.now() - timedelta(seconds=1))
    desk.sweep()
    error = queries.error_of(read(late))
    assert error is not None
    assert (read(late).state, error.code, [end.state for end in told]) == ("expired", "expired", ["expired"])
    assert error.message.endswith("Run it again if it is still wanted.")


def test_new_jobs_are_not_rung_at_once_while_the_window_is_full(desk: Desk, make_kind: MakeKind) -> None:
    kind = make_kind(queue=desk.queue)
    desk.serve(kind)
    fill(kind, 2 * desk.window)
    desk.sweep()
    bell = ringer.Ringer()
    bell.windows = {desk.queue: desk.window}
    for _ in range(5):  # the first finds out that there is no room
        bell.ring_soon(ringer.Ring(uuid.uuid4(), kind.kind.name, desk.queue, 1))
        assert bell.wait_until_idle(10)
    assert (desk.depth(), bell.has_room(desk.queue)) == (desk.window + 1, False)
