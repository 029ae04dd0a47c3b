"""What one ring does: claim, run, end, and the next of its line; what Celery hears of it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from celery.exceptions import Ignore, Retry

from nightdesk.core.errors import Permanent, Transient
from nightdesk.engine import task as task_module
from nightdesk.engine import transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.identity import counters
from nightdesk.engine.models import Job
from nightdesk.engine.run import Run
from nightdesk.engine.task import CHAIN_JOBS, Withheld
from tests.integration.engine.bench import MakeKind, must_take, read, take

pytestmark = pytest.mark.django_db


def ring(kind: type[JobArgs], *, queue: str | None = None) -> Any:
    """Deliver one ring to this process, as a worker's pool would."""
    task = current_app.tasks[kind.kind.name]
    options = {"job_queue": queue} if queue else {}
    task.push_request(id=f"{uuid.uuid4()}.1", called_directly=False, is_eager=False, **options)
    try:
        return task()
    finally:
        task.pop_request()


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Job.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def raising(error: BaseException) -> Callable[[Run], None]:
    def body(run: Run) -> None:
        raise error

    return body


def test_ring_runs_the_best_job_of_its_line_and_gives_celery_its_value(make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: run.subject)
    enqueue(kind(), subject="low", priority=1)
    enqueue(kind(), subject="high", priority=9)
    assert ring(kind) == "low"  # the last of the chain
    assert states() == {"succeeded": 2}


def test_ring_works_off_its_line_up_to_a_number_of_jobs(make_kind: MakeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_module, "CHAIN_S", 600.0)
    kind = make_kind()
    for _ in range(CHAIN_JOBS + 7):
        enqueue(kind())
    ring(kind)
    assert states() == {"succeeded": CHAIN_JOBS, "waiting": 7}


@pytest.mark.parametrize("company", [True, False])
def test_ring_makes_way_sooner_where_other_kinds_wait(
    company: bool, make_kind: MakeKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_module, "CHAIN_IN_COMPANY_S", -1.0)
    kind, other = make_kind(), make_kind()
    for _ in range(3):
        enqueue(kind())
    if company:
        enqueue(other())
    ring(kind)
    assert states() == ({"succeeded": 1, "waiting": 3} if company else {"succeeded": 3})


def test_ring_lets_others_go_on_when_its_time_is_over(make_kind: MakeKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_module, "CHAIN_S", -1.0)
    kind = make_kind()
    for _ in range(3):
        enqueue(kind())
    ring(kind)
    assert states() == {"succeeded": 1, "waiting": 2}


def test_ring_stays_on_the_queue_that_it_came_from(make_kind: MakeKind) -> None:
    from nightdesk.engine.enqueue import enqueue_named

    kind = make_kind()
    enqueue_named(kind.kind.name, [], {}, queue="cpu")
    enqueue(kind())
    ring(kind, queue="cpu")
    assert states() == {"succeeded": 1, "waiting": 1}
    assert Job.objects.get(state="waiting").queue == "default"


def test_ring_that_finds_nothing_is_ignored_and_counted(make_kind: MakeKind) -> None:
    kind = make_kind()
    before = counters().dead_rings.value
    with pytest.raises(Ignore):
        ring(kind)
    assert counters().dead_rings.value == before + 1


@pytest.mark.parametrize(
    ("error", "sensitive", "heard"),
    [
        (Transient(), False, Retry),
        (Permanent(), False, Permanent),
        (Permanent("word"), True, Withheld),
        (Transient("word"), True, Retry),
    ],
)
def test_celery_hears_how_a_run_ended(
    error: Exception, sensitive: bool, heard: type[Exception], make_kind: MakeKind
) -> None:
    kind = make_kind(raising(error), sensitive=sensitive)
    enqueue(kind())
    with pytest.raises(heard) as raised:
        ring(kind)
    if sensitive:
        chain = [raised.value, raised.value.__cause__, getattr(raised.value, "exc", None)]
        assert "word" not in repr(chain)


def test_value_of_a_sensitive_job_is_kept_from_celery(make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: "word", sensitive=True)
    enqueue(kind())
    assert ring(kind) is None


def test_end_of_a_run_that_was_taken_over_is_refused_and_counted(make_kind: MakeKind) -> None:
    def lose(run: Run) -> int:
        (lost,) = transitions.lost_with_workers(10)
        transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.")
        must_take(kind)
        return 7

    kind = make_kind(lose)
    job_id = enqueue(kind())
    before = counters().refused.value
    with pytest.raises(Ignore):
        ring(kind)
    assert counters().refused.value == before + 1
    assert read(job_id).state == "running"


def test_job_called_by_a_job_of_its_own_kind_runs_in_place(make_kind: MakeKind) -> None:
    depths: list[int] = []

    def body(run: Run) -> int:
        depths.append(len(depths))
        return current_app.tasks[kind.kind.name]() + 1 if len(depths) < 3 else 0

    kind = make_kind(body)
    enqueue(kind())
    assert ring(kind) == 2
    assert (depths, states(), take(kind)) == ([0, 1, 2], {"succeeded": 1}, None)
