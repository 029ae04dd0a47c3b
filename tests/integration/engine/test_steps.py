"""Steps: done once for the whole job, stored with the fence; and the last work done in the ending's own transaction."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from nightdesk.engine import queries, testing, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.interrupts import Cancelled, FencedOff
from nightdesk.engine.models import Job, JobStep, Limit
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from tests.integration.engine.bench import MakeKind, must_take, read, run_of, versions

pytestmark = pytest.mark.django_db


def note(key: str) -> Callable[[Any], None]:
    """Write a row of somebody's own, as an app's service would."""

    def save(value: Any) -> None:
        Limit.objects.create(key=key, slots=len(json.dumps(value)))

    return save


def work(done: list[str], name: str) -> Callable[[], str]:
    """Make the work of a step, which notes that it was done."""

    def do() -> str:
        done.append(name)
        return name.upper()

    return do


def three_steps(done: list[str], fail_at: dict[int, str]) -> Callable[[Run], list[str]]:
    """Make a body of three steps which breaks after a step, by the number of the run."""

    def body(run: Run) -> list[str]:
        results = []
        for name in ("a", "b", "c"):
            results.append(run.step(name, work(done, name)))
            if fail_at.get(run.number) == name:
                raise ValueError(name)
        return results

    return body


def test_retry_skips_finished_steps(make_kind: MakeKind) -> None:
    done: list[str] = []
    kind = make_kind(three_steps(done, {1: "a", 2: "b"}), retries=3, retry_delay_s=0)
    job_id = enqueue(kind())

    testing.drain()

    job = read(job_id)
    assert (job.state, job.runs, job.failures) == ("succeeded", 3, 2)
    assert done == ["a", "b", "c"]
    assert queries.result_of(job) == ["A", "B", "C"]
    assert list(JobStep.objects.order_by("id").values_list("name", "result")) == [
        ("a", '"A"'),
        ("b", '"B"'),
        ("c", '"C"'),
    ]


def test_rescue_skips_finished_steps(make_kind: MakeKind) -> None:
    done: list[str] = []
    kind = make_kind(three_steps(done, {}))
    job_id = enqueue(kind())
    run_of(must_take(kind), kind).step("a", work(done, "a"))
    (lost,) = transitions.lost_with_workers(10)
    transitions.rescue(lost, counts=False, suspect=True, why="Its worker went away.")

    testing.drain()

    assert (read(job_id).state, done) == ("succeeded", ["a", "b", "c"])


def test_persons_retry_of_a_failed_job_skips_finished_steps(make_kind: MakeKind) -> None:
    from nightdesk.engine import actions

    done: list[str] = []
    kind = make_kind(three_steps(done, {1: "b"}), retries=0)
    job_id = enqueue(kind())
    testing.drain()
    assert read(job_id).state == "failed"

    actions.retry(job_id=job_id)
    testing.drain()

    assert (read(job_id).state, done) == ("succeeded", ["a", "b", "c"])


def test_step_gives_what_json_gives_the_first_time_too(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    run = run_of(must_take(kind), kind)
    value = {1: (1, 2)}
    assert run.step("a", lambda: value) == run.step("a", lambda: value) == {"1": [1, 2]}  # type: ignore[comparison-overlap]


def test_step_saves_rows_in_its_own_transaction_and_once(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    run = run_of(must_take(kind), kind)
    for _ in range(2):
        run.step("a", lambda: 7, save=note("saved"), cost_micros=lambda value: value * 1000)

    assert Limit.objects.filter(key="saved").count() == 1
    assert JobStep.objects.get(job_id=job_id).cost_micros == 7000


@pytest.mark.django_db(transaction=True)
def test_step_whose_save_breaks_is_not_stored(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    run = run_of(must_take(kind), kind)

    def save(value: int) -> None:
        note("saved")(value)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run.step("a", lambda: 7, save=save)
    assert (JobStep.objects.count(), Limit.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_step_of_a_run_that_was_taken_over_meanwhile_saves_nothing(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    run = run_of(must_take(kind), kind)

    def work_slowly() -> int:
        (lost,) = transitions.lost_with_workers(10)
        assert transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.") == "default"
        return 7

    with pytest.raises(FencedOff):
        run.step("a", work_slowly, save=note("saved"))
    assert (JobStep.objects.count(), Limit.objects.count()) == (0, 0)


def test_step_forgives_earlier_deaths(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    Job.objects.filter(pk=job_id).update(crashes=2, suspect=True)
    run_of(must_take(kind), kind).step("a", lambda: 1)
    assert (read(job_id).crashes, read(job_id).suspect) == (0, False)
    assert versions(job_id) == [1, 2]


def test_step_of_a_cancelled_run_is_not_begun(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    run = run_of(must_take(kind), kind)
    run.standing.cancelled = True
    with pytest.raises(Cancelled):
        run.step("a", lambda: pytest.fail("it was begun"))


def test_steps_of_a_direct_call_simply_happen(make_kind: MakeKind) -> None:
    done: list[str] = []
    kind = make_kind(three_steps(done, {}))
    assert call_in_place(kind()) == call_in_place(kind()) == ["A", "B", "C"]
    assert (done, JobStep.objects.count()) == (["a", "b", "c"] * 2, 0)


# ---- the last work, in the transaction of the ending


def finishing(key: str, result: object) -> Callable[[Run], object]:
    def body(run: Run) -> object:
        def save() -> object:
            note(key)(result)
            return result

        return run.finish_with(save)

    return body


def test_last_work_and_ending_are_one(make_kind: MakeKind) -> None:
    kind = make_kind(finishing("saved", {"n": 1}))
    job_id = enqueue(kind())
    testing.drain()

    job = read(job_id)
    assert (job.state, job.version, queries.result_of(job)) == ("succeeded", 3, {"n": 1})
    assert Limit.objects.filter(key="saved").count() == 1
    assert versions(job_id) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_last_work_of_a_zombie_is_undone(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    run = run_of(must_take(kind), kind)
    (lost,) = transitions.lost_with_workers(10)
    transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.")

    with pytest.raises(FencedOff):
        finishing("saved", 1)(run)
    assert (Limit.objects.count(), read(job_id).state) == (0, "waiting")


@pytest.mark.django_db(transaction=True)
def test_last_work_that_breaks_is_undone_and_the_job_fails(make_kind: MakeKind) -> None:
    def body(run: Run) -> object:
        def save() -> object:
            note("saved")(1)
            raise ZeroDivisionError

        return run.finish_with(save)

    job_id = enqueue(make_kind(body, retries=0)())
    testing.drain()
    assert (read(job_id).state, Limit.objects.count()) == ("failed", 0)


def test_direct_call_does_the_last_work_in_place(make_kind: MakeKind) -> None:
    kind = make_kind(finishing("saved", 7))
    assert call_in_place(kind()) == 7
    assert (Job.objects.count(), Limit.objects.filter(key="saved").count()) == (0, 1)


def make_run(kind: type[JobArgs]) -> tuple[uuid.UUID, Run]:
    job_id = enqueue(kind())
    return job_id, run_of(must_take(kind), kind)


def test_states_of_steps_do_not_outlive_a_success(make_kind: MakeKind) -> None:
    kind = make_kind(finishing("saved", 7), limit=1)
    job_id, run = make_run(kind)
    kind_result = finishing("other", 8)(run)
    assert (kind_result, read(job_id).state, read(job_id).slot) == (8, State.SUCCEEDED, None)
