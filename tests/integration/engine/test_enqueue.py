"""Accepting work: a row in the caller's transaction, a ring after it, and no broker that could spoil either."""

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from celery import chain, chord, current_app, group
from celery.result import AsyncResult
from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError
from pytest_django import DjangoCaptureOnCommitCallbacks

from nightdesk.core.errors import Conflict, InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import queries, transitions
from nightdesk.engine.arguments import DEFAULT_ARGUMENTS_BYTES, JobArgs, ListOf
from nightdesk.engine.enqueue import UnknownKind, enqueue, enqueue_named
from nightdesk.engine.handlers import handles
from nightdesk.engine.models import Job, JobChange, JobPayload
from nightdesk.engine.run import DirectRun, Run
from nightdesk.engine.states import State
from nightdesk.engine.task import CanvasRefused
from tests.integration.engine.bench import MakeKind, failure, must_take, race, read, success, versions
from tests.support.kinds import plain_add, plain_flaky


class Fetch(JobArgs, name="bench.fetch", queue="data_fetch"):
    """Fetch what was asked for."""

    ids: ListOf[str] = []
    region: str = "US"


@handles(Fetch)
def fetch_task(job: Fetch, run: Run) -> dict[str, object]:
    return {"ids": job.ids, "region": job.region, "direct": isinstance(run, DirectRun)}


# ---- the row


@pytest.mark.django_db
def test_enqueued_row_carries_what_was_asked_for() -> None:
    before = timezone.now()
    start_before = before + timedelta(hours=1)
    job_id = enqueue(Fetch(ids=["a"], region="DE"), owner_id=4, subject="ads:1", priority=8, start_before=start_before)

    job = read(job_id)
    assert (job.kind, job.queue, job.priority, job.state, job.version) == ("bench.fetch", "data_fetch", 8, "waiting", 1)
    assert (job.owner_id, job.subject, job.start_before, job.runs) == (4, "ads:1", start_before, 0)
    assert abs(job.created_at - before) < timedelta(seconds=5)
    assert job.run_at <= job.created_at
    assert queries.arguments_of(job) == {"ids": ["a"], "region": "DE"}
    assert versions(job_id) == [1]


@pytest.mark.django_db
def test_later_ids_sort_after_earlier_ones() -> None:
    made = [enqueue(Fetch()) for _ in range(20)]
    assert made == sorted(made)
    assert {one.version for one in made} == {7}


@pytest.mark.django_db(transaction=True)
def test_rolled_back_transaction_leaves_neither_row_nor_ring(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    class Stop(Exception):
        pass

    def enqueue_and_stop() -> None:
        with transaction.atomic():
            enqueue(Fetch())
            raise Stop

    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(Stop):
        enqueue_and_stop()

    assert (callbacks, Job.objects.count(), JobPayload.objects.count(), JobChange.objects.count()) == ([], 0, 0, 0)


@pytest.mark.django_db
def test_ring_follows_the_commit_and_none_the_savepoint_that_was_undone(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        with transaction.atomic():
            enqueue(Fetch())
        with suppress(ZeroDivisionError), transaction.atomic():
            enqueue(Fetch())
            raise ZeroDivisionError

    assert (len(callbacks), Job.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_job_of_a_later_time_is_not_rung(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        later = enqueue(Fetch(), delay_s=60)
        tomorrow = enqueue(Fetch(), run_at=timezone.now() + timedelta(days=1))

    assert callbacks == []
    assert [read(one).place for one in (later, tomorrow)] == [None, None]
    assert timedelta(seconds=55) < read(later).run_at - timezone.now() < timedelta(seconds=61)


# ---- what is refused


@pytest.mark.django_db
def test_arguments_over_64_kb_are_refused() -> None:
    enqueue(Fetch(region="x" * (DEFAULT_ARGUMENTS_BYTES - 100)))
    with pytest.raises(InvalidInput, match="64 KB travel with a job"):
        enqueue(Fetch(region="x" * DEFAULT_ARGUMENTS_BYTES))
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_arguments_that_are_not_json_are_refused() -> None:
    with pytest.raises(InvalidInput, match="plain JSON"):
        plain_add.delay(object(), 2)
    with pytest.raises(InvalidInput, match="plain JSON"):
        plain_add.delay(float("nan"), 2)
    assert Job.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("priority", [-1, 10])
def test_priority_outside_0_to_9_is_refused(priority: int) -> None:
    with pytest.raises(ValueError, match="not within 0 to 9"):
        enqueue(Fetch(), priority=priority)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [{"subject": "x" * 81}, {"unique_key": "x" * 201}, {"limit_key": "x" * 121}, {"unique_key": "a\x00b"}],
    ids=["subject", "unique_key", "limit_key", "nul"],
)
def test_key_that_no_column_can_hold_is_refused(options: dict[str, str], make_kind: MakeKind) -> None:
    kind = make_kind(limit=1)
    with pytest.raises(ValueError, match="characters"):
        enqueue(kind(), **options)  # type: ignore[arg-type]
    assert Job.objects.count() == 0


def test_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownKind, match=r"no job kind 'bench\.nobody'"):
        enqueue_named("bench.nobody", [], {})


@pytest.mark.django_db
def test_second_job_with_the_same_id_is_refused() -> None:
    job_id = new_job_id()
    enqueue(Fetch(region="DE"), job_id=job_id)
    with pytest.raises(Conflict, match=str(job_id)):
        enqueue(Fetch(region="FR"), job_id=job_id)
    assert queries.arguments_of(read(job_id))["region"] == "DE"


# ---- unique keys


@pytest.mark.django_db(transaction=True)
def test_racing_enqueues_with_one_key_make_one_job(make_kind: MakeKind) -> None:
    kind = make_kind()
    made = race(*[lambda: enqueue(kind(), unique_key="post:1")] * 12)
    assert Job.objects.count() == JobPayload.objects.count() == 1
    assert set(made) == {Job.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_key_is_free_again_only_when_its_job_has_ended(make_kind: MakeKind) -> None:
    kind = make_kind()
    first = enqueue(kind(), unique_key="post:1")
    assert enqueue(kind(), unique_key="post:1") == first
    claimed = must_take(kind)
    assert enqueue(kind(), unique_key="post:1") == first
    transitions.finish(claimed, failure(State.WAITING))
    assert enqueue(kind(), unique_key="post:1") == first
    transitions.finish(must_take(kind), success())

    assert enqueue(kind(), unique_key="post:1") != first
    assert Counter(Job.objects.values_list("state", flat=True)) == {"succeeded": 1, "waiting": 1}


@pytest.mark.django_db
def test_held_key_does_not_spoil_the_callers_transaction(make_kind: MakeKind) -> None:
    kind = make_kind()
    with transaction.atomic():
        first = enqueue(kind(), unique_key="post:1")
        assert enqueue(kind(), unique_key="post:1") == first
        other = enqueue(kind())
    assert {first, other} == set(Job.objects.values_list("pk", flat=True))


# ---- Celery's own conventions


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, {"ids": [], "region": "US"}),
        ((["a", "b"],), {}, {"ids": ["a", "b"], "region": "US"}),
        (("AR17828074650563772417",), {"region": "DE"}, {"ids": ["AR17828074650563772417"], "region": "DE"}),
        (("a", "FR"), {}, {"ids": ["a"], "region": "FR"}),
        ((), {"ids": "a"}, {"ids": ["a"], "region": "US"}),
    ],
)
def test_arguments_are_taken_by_position_or_name_and_a_list_as_one_plain_value(
    args: tuple[object, ...], kwargs: dict[str, object], expected: dict[str, object]
) -> None:
    result = fetch_task.delay(*args, **kwargs)
    assert queries.arguments_of(read(uuid.UUID(result.id))) == expected
    assert fetch_task(*args, **kwargs) == {**expected, "direct": True}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("args", "kwargs", "error"),
    [
        ((1, 2, 3), {}, TypeError),
        (("a",), {"ids": "b"}, TypeError),
        ((), {"nobody": 1}, TypeError),
        ((), {"region": ["US"]}, ValidationError),
    ],
)
def test_arguments_that_do_not_fit_fail_at_the_caller(
    args: tuple[object, ...], kwargs: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        fetch_task.delay(*args, **kwargs)
    with pytest.raises(TypeError):
        plain_add.delay(1, 2, 3)
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_direct_call_runs_in_place_without_a_row() -> None:
    assert fetch_task("a") == {"ids": ["a"], "region": "US", "direct": True}
    assert plain_add(1, b=2) == 3
    assert plain_add.apply((1, 2)).get() == 3
    with pytest.raises(ValueError, match="not yet"):
        plain_flaky(2)
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_options_of_apply_async_are_kept_in_the_row() -> None:
    now = datetime.now(UTC)
    job_id = str(new_job_id())
    result = plain_add.apply_async(
        (1,), {"b": 2}, task_id=job_id, countdown=60, expires=120, queue="cpu", priority=9, owner_id=3, subject="sum:1"
    )
    job = read(uuid.UUID(job_id))
    assert result.id == job_id
    assert (job.queue, job.priority, job.owner_id, job.subject) == ("cpu", 9, 3, "sum:1")
    assert job.start_before is not None
    assert timedelta(seconds=55) < job.run_at - now < timedelta(seconds=65)
    assert timedelta(seconds=115) < job.start_before - now < timedelta(seconds=125)
    assert queries.arguments_of(job) == {"args": [1], "b": 2}

    later = now + timedelta(hours=1)
    job = read(uuid.UUID(plain_add.apply_async((1,), eta=later, expires=later).id))
    assert (job.run_at, job.start_before) == (later, later)


@pytest.mark.django_db
def test_signature_of_a_single_task_makes_a_row() -> None:
    result = plain_add.s(1).delay(2)
    assert isinstance(result, AsyncResult)
    assert queries.arguments_of(read(uuid.UUID(result.id))) == {"args": [2, 1]}


def add(x: int) -> object:
    return plain_add.si(x, x)


CANVAS: dict[str, Callable[[], object]] = {
    "link": lambda: plain_add.apply_async((1,), link=add(1)),
    "link_error": lambda: plain_add.apply_async((1,), link_error=add(1)),
    "linked_signature": lambda: plain_add.si(1).on_error(add(1)).delay(),
    "chain": lambda: chain(add(1), add(2)).delay(),
    "pipe": (plain_add.si(1) | plain_add.si(2)).delay,
    "group": lambda: group(add(1), add(2)).delay(),
    "group_of_one": lambda: group(add(1)).delay(),
    "chord": lambda: chord([add(1), add(2)])(add(3)),
    "chord_of_one": lambda: chord([add(1)])(add(3)),
    "empty_chord": lambda: chord([])(add(3)),
    "map": lambda: plain_add.map([1, 2]).delay(),
    "starmap": lambda: plain_add.starmap([(1, 2)]).delay(),
    "chunks": lambda: plain_add.chunks([(1, 2)], 1).delay(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("canvas", CANVAS)
def test_canvas_of_durable_jobs_is_refused_loudly(canvas: str) -> None:
    with pytest.raises((CanvasRefused, TypeError, UnknownKind)):
        CANVAS[canvas]()
    assert Job.objects.count() == 0


def test_task_of_celerys_own_decorator_is_a_kind_with_its_docstring_as_title() -> None:
    from nightdesk.engine.arguments import KINDS

    kind = KINDS["tests.support.kinds.plain_add"]
    assert (kind.title, kind.queue, kind.retries) == ("Add.", "default", 0)
    assert current_app.tasks["tests.support.kinds.plain_add"].acks_late is False
