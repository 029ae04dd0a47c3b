"""The bookkeeping of the live feed: numbers that are owed, events that are kept, boxes that are full."""

from collections.abc import Callable
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.engine.feed import JobEvent, Subscription
from nightdesk.engine.feed.events import History
from nightdesk.engine.feed.gaps import Gaps


def event(job: int, version: int, seq: int) -> JobEvent:
    return JobEvent(
        seq=seq, job_id=UUID(int=job), version=version, kind="k", state="running", progress=0, message="",
        subject="", owner_id=None, runs=1, stopping=False,
    )  # fmt: skip


def told(events: list[JobEvent] | None) -> list[tuple[int, int]] | None:
    return None if events is None else [(each.job_id.int, each.version) for each in events]


def test_gap_is_owed_until_found() -> None:
    gaps = Gaps()
    gaps.notice(10, [12, 15], now_s=0)
    assert (gaps.numbers(), gaps.lowest()) == ([11, 13, 14], 11)
    assert not gaps.settle([11, 13], oldest_open=0, now_s=1)
    assert (gaps.numbers(), gaps.lowest(), gaps.open) == ([14], 14, True)
    assert not gaps.settle([14], oldest_open=0, now_s=1)
    assert (gaps.lowest(), gaps.open) == (None, False)


def test_gap_is_dropped_when_every_transaction_that_could_fill_it_has_ended() -> None:
    gaps = Gaps()
    gaps.notice(0, [2], now_s=0)
    unbound_at_first = gaps.unbound
    gaps.bind(100)
    assert (unbound_at_first, gaps.unbound) == (True, False)
    assert not gaps.settle([], oldest_open=99, now_s=1)
    assert gaps.numbers() == [1]
    assert not gaps.settle([], oldest_open=100, now_s=1)
    assert not gaps.open


def test_gap_without_bound_is_never_dropped_as_rolled_back() -> None:
    gaps = Gaps()
    gaps.notice(0, [2], now_s=0)
    assert not gaps.settle([], oldest_open=10**9, now_s=1)
    assert gaps.numbers() == [1]


def test_resync_is_due_after_the_end_of_a_transaction_when_its_number_was_owed_for_too_long() -> None:
    gaps = Gaps(owed_for_s=60)
    gaps.notice(0, [2], now_s=0)
    gaps.bind(100)
    assert not gaps.settle([], oldest_open=50, now_s=61)
    assert (gaps.lowest(), gaps.open) == (None, True)
    assert not gaps.settle([], oldest_open=99, now_s=62)
    assert gaps.settle([], oldest_open=100, now_s=63)
    assert not gaps.open


def test_resync_is_due_when_more_numbers_are_owed_than_can_be_kept() -> None:
    gaps = Gaps(limit=5)
    gaps.notice(0, [4, 10_000_000, 10_000_002], now_s=0)
    assert gaps.numbers() == [10_000_001]
    assert gaps.unbound
    gaps.bind(7)
    assert gaps.settle([10_000_001], oldest_open=7, now_s=1)
    assert not gaps.open


@given(st.permutations(range(1, 30)), st.integers(1, 6))
def test_every_number_is_seen_once_in_any_order_of_commits(order: list[int], at_once: int) -> None:
    gaps, committed, last, seen = Gaps(), set[int](), 0, []
    for start in range(0, len(order), at_once):
        committed |= set(order[start : start + at_once])
        late = [number for number in gaps.numbers() if number in committed]
        fresh = sorted(number for number in committed if number > last)
        gaps.settle(late, oldest_open=0, now_s=0)
        gaps.notice(last, fresh, now_s=0)
        last = max([last, *fresh])
        seen += late + fresh
        delivered_below = (gaps.lowest() or last + 1) - 1
        assert set(range(1, delivered_below + 1)) <= set(seen)  # what a cursor promises
    assert sorted(seen) == sorted(order)
    assert not gaps.open


def test_history_keeps_the_newest_event_of_each_job() -> None:
    history = History(floor=0)
    assert history.add(event(1, 1, seq=1))
    assert history.add(event(2, 1, seq=2))
    assert history.add(event(1, 3, seq=5))
    assert not history.add(event(1, 2, seq=3))
    assert told(history.since(0)) == [(2, 1), (1, 3)]
    assert told(history.since(2)) == [(1, 3)]
    assert told(history.since(5)) == []


def test_history_tells_a_version_again_when_a_higher_number_led_to_it_too() -> None:
    history = History(floor=0)
    assert history.add(event(1, 9, seq=5))  # the row was newer than the change that made us read it
    assert not history.add(event(1, 9, seq=60))
    assert told(history.since(55)) == [(1, 9)]


def test_history_cannot_tell_when_the_cursor_is_below_its_floor() -> None:
    history = History(floor=10, limit=2)
    assert history.since(9) is None
    for number in range(3):
        history.add(event(number, 1, seq=20 + number))
    assert (history.floor, history.since(19)) == (20, None)
    assert told(history.since(20)) == [(1, 1), (2, 1)]


def subscribe(wants: Callable[[JobEvent], bool] = lambda _: True, limit: int = 3) -> tuple[Subscription, list[bool]]:
    rings: list[bool] = []
    return Subscription(wants, lambda: rings.append(True), limit=limit), rings


def test_box_rings_once_for_everything_that_waits_in_it() -> None:
    box, rings = subscribe()
    assert box.take() is None
    box.offer([], cursor=4)
    box.offer([event(1, 1, 5)], cursor=5)
    box.offer([event(1, 2, 6), event(2, 1, 7)], cursor=7)
    assert len(rings) == 2  # its first cursor, then the first event
    batch = box.take()
    assert batch is not None
    assert (batch.cursor, told(list(batch.events)), batch.resync) == (7, [(1, 2), (2, 1)], False)


def test_box_stays_silent_when_nothing_in_a_batch_is_wanted() -> None:
    box, rings = subscribe(wants=lambda each: each.job_id.int == 2)
    box.offer([], cursor=1)
    box.offer([event(1, 1, 2)], cursor=2)
    assert len(rings) == 1
    batch = box.take()
    assert batch is not None
    assert (batch.cursor, batch.events) == (2, ())


def test_full_box_becomes_a_resync() -> None:
    box, _ = subscribe(limit=3)
    box.offer([event(number, 1, number) for number in range(1, 5)], cursor=4)
    batch = box.take()
    assert batch is not None
    assert (batch.cursor, batch.events, batch.resync) == (4, (), True)
    box.offer([event(9, 1, 9)], cursor=9)
    batch = box.take()
    assert batch is not None
    assert (told(list(batch.events)), batch.resync) == ([(9, 1)], False)


def test_reader_whose_loop_is_closed_is_marked_as_gone() -> None:
    def wake() -> None:
        raise RuntimeError("Event loop is closed")

    box = Subscription(lambda _: True, wake)
    box.offer([event(1, 1, 1)], cursor=1)
    assert box.broken
