"""Steps side by side: each done once, stored as soon as it is there, and no thread left out of sight."""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from nightdesk.core.errors import Misconfigured, NightdeskError, Permanent, Throttled, Transient
from nightdesk.engine import queries, testing, transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.interrupts import Cancelled, FencedOff
from nightdesk.engine.models import JobStep, Limit
from nightdesk.engine.run import Run
from tests.integration.engine.bench import MakeKind, must_take, read, run_of

pytestmark = pytest.mark.django_db

#: Far longer than anything here takes: whoever waits so long waits for ever.
LONG_S = 20.0


def make_run(make_kind: MakeKind) -> tuple[uuid.UUID, Run]:
    kind = make_kind()
    job_id = enqueue(kind())
    return job_id, run_of(must_take(kind), kind)


def stored() -> list[str]:
    return list(JobStep.objects.order_by("id").values_list("name", flat=True))


def after(event: threading.Event, value: str, *, then: threading.Event | None = None) -> Callable[[], str]:
    """Make a work that waits for an event, then brings its value."""

    def work() -> str:
        assert event.wait(LONG_S)
        if then is not None:
            then.set()
        return value

    return work


def failing(error: BaseException) -> Callable[[], str]:
    def work() -> str:
        raise error

    return work


def threads_named(*names: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name in {f"step {name}" for name in names}]


# ---- done at once, once


def test_works_run_at_the_same_time(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    together = threading.Barrier(3, timeout=LONG_S)
    works = {name: lambda: together.wait() >= 0 for name in ("a", "b", "c")}

    assert run.steps(works, at_once=3) == {"a": True, "b": True, "c": True}
    assert sorted(stored()) == ["a", "b", "c"]


def test_no_more_works_run_than_asked_for(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    lock, running, most = threading.Lock(), [0], [0]
    pair = threading.Barrier(2, timeout=LONG_S)

    def work() -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pair.wait()  # passes only when two are at it
        with lock:
            running[0] -= 1
        return 1

    run.steps(dict.fromkeys("abcdef", work), at_once=2)

    assert most == [2]


def test_one_at_a_time_keeps_the_order_and_the_thread(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    seen: list[tuple[str, bool]] = []

    def work(name: str) -> Callable[[], str]:
        def do() -> str:
            seen.append((name, threading.current_thread() is here))
            return name

        return do

    here = threading.current_thread()
    run.steps({name: work(name) for name in "cab"}, at_once=1)

    assert seen == [("c", True), ("a", True), ("b", True)]
    assert stored() == ["c", "a", "b"]


@pytest.mark.parametrize("at_once", [1, 4])
def test_finished_steps_are_skipped(make_kind: MakeKind, at_once: int) -> None:
    job_id, run = make_run(make_kind)
    run.step("b", lambda: "old")

    results = run.steps(
        {"a": lambda: "A", "b": lambda: pytest.fail("it was done again"), "c": lambda: "C"}, at_once=at_once
    )

    assert list(results.items()) == [("a", "A"), ("b", "old"), ("c", "C")]
    assert JobStep.objects.filter(job_id=job_id).count() == 3


def test_retry_does_only_what_is_missing(make_kind: MakeKind) -> None:
    done: list[str] = []

    def work(name: str, run: Run) -> Callable[[], str]:
        def do() -> str:
            done.append(name)
            if name == "b" and run.number == 1:
                raise Transient
            return name.upper()

        return do

    kind = make_kind(
        lambda run: run.steps({name: work(name, run) for name in "abc"}, at_once=3), retries=1, retry_delay_s=0
    )
    job_id = enqueue(kind())

    testing.drain()

    assert (read(job_id).state, sorted(done)) == ("succeeded", ["a", "b", "b", "c"])
    assert queries.result_of(read(job_id)) == {"a": "A", "b": "B", "c": "C"}


@pytest.mark.parametrize("at_once", [1, 2])
def test_results_come_back_as_json_reads_them(make_kind: MakeKind, at_once: int) -> None:
    _, run = make_run(make_kind)

    assert run.steps({"a": lambda: {1: (1, 2)}}, at_once=at_once) == {"a": {"1": [1, 2]}}  # type: ignore[comparison-overlap]


# ---- stored by the run's own thread, as soon as it is there


def test_result_is_stored_while_others_still_run(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    first_is_stored = threading.Event()
    here = threading.current_thread()
    saved: list[tuple[str, str, bool]] = []

    def save(name: str, value: str) -> None:
        Limit.objects.create(key=name, slots=1)
        saved.append((name, value, threading.current_thread() is here))
        first_is_stored.set()

    run.steps({"late": after(first_is_stored, "L"), "early": lambda: "E"}, at_once=2, save=save)

    assert saved == [("early", "E", True), ("late", "L", True)]
    assert stored() == ["early", "late"]
    assert Limit.objects.count() == 2


def test_cost_hangs_on_each_step(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)

    run.steps({"a": lambda: 2, "b": lambda: 3}, at_once=2, cost_micros=lambda value: value * 1000)

    assert dict(JobStep.objects.values_list("name", "cost_micros")) == {"a": 2000, "b": 3000}


def test_run_looks_up_while_it_waits(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    looked_up, here = threading.Event(), threading.current_thread()

    def meanwhile() -> None:
        assert threading.current_thread() is here
        looked_up.set()

    assert run.steps({"a": after(looked_up, "A")}, at_once=2, meanwhile=meanwhile) == {"a": "A"}


def test_works_may_report_progress_and_their_log_lines_belong_to_the_run(make_kind: MakeKind) -> None:
    lines: list[list[str]] = []

    def body(run: Run) -> None:
        def work() -> int:
            run.progress(40, "half-way")
            logging.getLogger("tests.side_by_side").warning("said in a thread")
            return 1

        run.steps({"a": work, "b": work}, at_once=2)
        lines.append(list(run.lines))

    job_id = enqueue(make_kind(body)())
    testing.drain()

    assert read(job_id).state == "succeeded"
    assert lines == [["WARNING said in a thread"] * 2]


# ---- when some fail


def test_others_are_finished_and_stored_before_a_failure_is_raised(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    has_failed = threading.Event()

    def fail() -> str:
        has_failed.set()
        raise Transient("first")

    with pytest.raises(Transient, match="first"):
        run.steps({"bad": fail, "good": after(has_failed, "G")}, at_once=2)

    assert stored() == ["good"]


def test_nothing_more_is_begun_after_a_failure(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    gate = threading.Event()

    with pytest.raises(Transient):
        run.steps(
            {"bad": failing(Transient()), "worse": failing(Transient()), "c": lambda: pytest.fail("it was begun")},
            at_once=1,
        )
    with pytest.raises(Transient):
        run.steps(
            {
                "bad": failing(Transient()),
                "good": after(gate, "G"),
                "c": lambda: pytest.fail("it was begun"),
            },
            at_once=2,
            meanwhile=gate.set,
        )

    assert stored() == ["good"]


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ([Transient("t"), Permanent("p")], "p"),
        ([Transient("t"), Misconfigured("m", setting="X")], "m"),
        ([Permanent("p1"), Permanent("p2")], "p1"),
        ([Transient("t1"), Transient("t2")], "t1"),
        ([Transient("t"), Throttled("slow", retry_after_s=5)], "slow"),
        ([Throttled("short", retry_after_s=5), Throttled("long", retry_after_s=300), Throttled("none")], "long"),
        ([Throttled("long", retry_after_s=300), Permanent("p")], "p"),
        ([ValueError("bug"), Permanent("p")], "p"),
    ],
)
def test_gravest_failure_is_raised_and_tells_of_the_others(
    make_kind: MakeKind, errors: list[Exception], raised: str
) -> None:
    _, run = make_run(make_kind)
    together = threading.Barrier(len(errors), timeout=LONG_S)
    turns = [threading.Event() for _ in [*errors, None]]
    turns[0].set()

    def fail(place: int) -> Callable[[], str]:
        def work() -> str:
            together.wait()
            assert turns[place].wait(LONG_S)  # one after the other, so that "first" has a meaning
            try:
                raise errors[place]
            finally:
                turns[place + 1].set()

        return work

    with pytest.raises((NightdeskError, ValueError)) as caught:
        run.steps({f"s{place}": fail(place) for place in range(len(errors))}, at_once=len(errors))

    assert str(caught.value) == raised
    assert len(caught.value.__notes__) == len(errors) - 1
    if raised == "long":
        assert isinstance(caught.value, Throttled)
        assert caught.value.retry_after_s == 300


def test_throttled_step_delays_the_job_by_the_longest_pause(make_kind: MakeKind) -> None:
    works: Mapping[str, Callable[[], str]] = {
        "a": failing(Throttled(retry_after_s=30)),
        "b": failing(Throttled(retry_after_s=3000)),
    }
    job_id = enqueue(make_kind(lambda run: run.steps(works, at_once=2), retries=2)())
    testing.drain()

    job = read(job_id)
    assert job.state == "waiting"
    assert job.run_at is not None
    assert (job.run_at - job.created_at).total_seconds() >= 3000


# ---- when the run must stop


@contextmanager
def hanging() -> Iterator[tuple[Callable[[], str], threading.Event]]:
    """Give a work that listens to nothing until the test is over, and an event that says that it has begun."""
    has_begun, may_end = threading.Event(), threading.Event()

    def work() -> str:
        has_begun.set()
        assert may_end.wait(LONG_S)
        return "too late"

    try:
        yield work, has_begun
    finally:
        may_end.set()
        for thread in threading.enumerate():
            if thread.name.startswith("step "):
                thread.join(LONG_S)


def stop_when(run: Run, flag: str, event: threading.Event) -> Callable[[], None]:
    """Flag the run, as the pulse would, once something has happened."""

    def look() -> None:
        if event.is_set():
            setattr(run.standing, flag, True)

    return look


@pytest.mark.parametrize(
    ("flag", "raised"), [("cancelled", Cancelled), ("lost", FencedOff), ("overtime", SoftTimeLimitExceeded)]
)
def test_run_that_must_stop_does_not_wait_for_a_work_that_hangs(
    make_kind: MakeKind, caplog: pytest.LogCaptureFixture, flag: str, raised: type[BaseException]
) -> None:
    _, run = make_run(make_kind)
    with hanging() as (work, has_begun):
        with pytest.raises(raised):
            run.steps({"deaf": work}, at_once=2, meanwhile=stop_when(run, flag, has_begun))

        assert threads_named("deaf") == ["step deaf"]
        said = "1 steps still run after their run has stopped; what they bring is dropped: deaf"
        assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [said]
    assert stored() == []


def test_works_that_listen_have_ended_when_a_cancelled_run_unwinds(
    make_kind: MakeKind, caplog: pytest.LogCaptureFixture
) -> None:
    _, run = make_run(make_kind)
    both_run = threading.Barrier(2, timeout=LONG_S)

    def listen() -> str:
        if both_run.wait() == 0:
            run.standing.cancelled = True
        while True:
            run.progress(10, "listening")

    with pytest.raises(Cancelled):
        run.steps({"one": listen, "two": listen, "three": lambda: pytest.fail("it was begun")}, at_once=2)

    assert threads_named("one", "two") == []
    assert caplog.records == []


def test_what_is_finished_is_stored_when_the_run_is_cancelled(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    is_cancelled = threading.Event()

    def cancel() -> str:
        run.standing.cancelled = True
        is_cancelled.set()
        raise Cancelled

    with pytest.raises(Cancelled):
        run.steps({"paid": after(is_cancelled, "P"), "other": cancel}, at_once=2)

    assert stored() == ["paid"]


@pytest.mark.django_db(transaction=True)
def test_run_that_was_taken_over_stores_nothing_more(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    taken_over = threading.Event()

    def take_over() -> None:
        if not taken_over.is_set():
            (lost,) = transitions.lost_with_workers(10)
            transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.")
            taken_over.set()

    def save(name: str, _value: str) -> None:
        Limit.objects.create(key=name, slots=1)

    with pytest.raises(FencedOff):
        run.steps({"a": after(taken_over, "A"), "b": after(taken_over, "B")}, at_once=2, save=save, meanwhile=take_over)

    assert (JobStep.objects.count(), Limit.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_save_that_breaks_stops_the_others_and_undoes_its_step(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)

    def save(name: str, _value: str) -> None:
        Limit.objects.create(key=name, slots=1)
        raise Permanent("gone")

    with pytest.raises(Permanent, match="gone"):
        run.steps({"a": lambda: "A", "b": lambda: "B"}, at_once=2, save=save)

    assert (JobStep.objects.count(), Limit.objects.count()) == (0, 0)
    assert threads_named("a", "b") == []


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_work_that_leaves_takes_its_run_along(make_kind: MakeKind, error: BaseException) -> None:
    _, run = make_run(make_kind)

    with pytest.raises(type(error)):
        run.steps({"a": failing(error), "b": lambda: "B"}, at_once=2)


def test_soft_time_limit_raised_in_the_waiting_thread_unwinds(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    with hanging() as (work, has_begun):

        def overtime() -> None:  # as a signal does it on prefork
            if has_begun.is_set():
                raise SoftTimeLimitExceeded

        with pytest.raises(SoftTimeLimitExceeded):
            run.steps({"deaf": work}, at_once=2, meanwhile=overtime)


def test_steps_of_a_cancelled_run_are_not_begun(make_kind: MakeKind) -> None:
    _, run = make_run(make_kind)
    run.standing.cancelled = True

    for at_once in (1, 2):
        with pytest.raises(Cancelled):
            run.steps({"a": lambda: pytest.fail("it was begun")}, at_once=at_once)


# ---- called in place


def test_direct_call_does_the_works_side_by_side_and_saves_them(make_kind: MakeKind) -> None:
    together = threading.Barrier(2, timeout=LONG_S)

    def save(name: str, _value: Any) -> None:
        Limit.objects.create(key=name, slots=1)

    def body(run: Run) -> dict[str, bool]:
        return run.steps({name: lambda: together.wait() >= 0 for name in "ab"}, at_once=2, save=save)

    assert call_in_place(make_kind(body)()) == {"a": True, "b": True}
    assert (JobStep.objects.count(), sorted(Limit.objects.filter(key__in="ab").values_list("key", flat=True))) == (
        0,
        ["a", "b"],
    )


def test_direct_call_raises_the_gravest_failure(make_kind: MakeKind) -> None:
    def body(run: Run) -> None:
        run.steps({"a": failing(Transient("t")), "b": failing(Permanent("p"))}, at_once=2)

    with pytest.raises(NightdeskError) as caught:
        call_in_place(make_kind(body)())
    assert caught.value.public_message in {"t", "p"}


def test_time_left_shrinks_towards_the_soft_limit(make_kind: MakeKind) -> None:
    seen: list[float | None] = []
    for limit_s in (30.0, None):
        enqueue(make_kind(lambda run: seen.append(run.time_left_s()), soft_limit_s=limit_s)())
    testing.drain()

    (limited,) = [left for left in seen if left is not None]
    assert 25 < limited <= 30
    assert seen.count(None) == 1
