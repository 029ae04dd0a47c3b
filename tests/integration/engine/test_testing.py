"""What tests of apps may use: run one job in place, run all that is due, see what was asked for."""

import pytest

from nightdesk.engine import actions, pulse, queries, testing
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import handles
from nightdesk.engine.pulse import Standing
from nightdesk.engine.run import Run
from tests.integration.engine.bench import MakeKind, must_take, read
from tests.support.kinds import plain_add

pytestmark = pytest.mark.django_db


class Greet(JobArgs, name="bench.greet"):
    """Greet somebody."""

    name: str = "you"


@handles(Greet)
def greet_task(job: Greet, run: Run) -> str:
    return f"{run.number} {job.name}"


def test_one_job_is_run_in_place_whoever_stands_before_it() -> None:
    enqueue(Greet(name="first"), priority=9)
    second = enqueue(Greet(name="second"))
    job = testing.run_job(second)
    assert (job.pk, job.state, queries.result_of(job)) == (second, "succeeded", "1 second")


def test_pulse_looks_at_no_run_whose_claim_only_the_test_can_see(make_kind: MakeKind) -> None:
    watched: list[Standing] = []

    def body(run: Run) -> None:
        watched.extend(pulse.current().standings())

    kind = make_kind(body)

    assert testing.run_job(enqueue(kind())).state == "succeeded"
    assert watched == []


@pytest.mark.parametrize("why", ["not_due", "paused", "running", "finished"])
def test_job_that_cannot_be_claimed_is_not_run(why: str) -> None:
    job_id = enqueue(Greet(), delay_s=60 if why == "not_due" else 0)
    if why == "paused":
        actions.pause_queue(queue="default")
    elif why == "running":
        must_take(Greet)
    elif why == "finished":
        testing.run_job(job_id)
    before = read(job_id).state
    with pytest.raises(LookupError):
        testing.run_job(job_id)
    assert read(job_id).state == before


def test_drain_runs_what_comes_due_meanwhile(make_kind: MakeKind) -> None:
    def body(run: Run) -> None:
        if run.number == 1:
            enqueue(Greet())
            raise ValueError

    kind = make_kind(body, retries=1, retry_delay_s=0)
    jobs = [enqueue(kind()), enqueue(Greet(), delay_s=60)]
    assert testing.drain() == 3
    assert [read(job_id).state for job_id in jobs] == ["succeeded", "waiting"]
    assert testing.drain() == 0


def test_drain_stops_at_a_job_that_enqueues_itself(make_kind: MakeKind) -> None:
    def body(run: Run) -> None:
        enqueue(kind())

    kind = make_kind(body)
    enqueue(kind())
    with pytest.raises(RuntimeError, match="does a job enqueue itself"):
        testing.drain(limit=5)


def test_job_that_was_asked_for_is_found_by_its_arguments() -> None:
    job_id = enqueue(Greet(name="a"))
    enqueue(Greet(name="b"))
    assert testing.assert_enqueued(Greet(name="a")).pk == job_id
    with pytest.raises(AssertionError, match=r"was not asked for; these were: \[\{'name': 'a'\}, \{'name': 'b'\}\]"):
        testing.assert_enqueued(Greet(name="c"))


def test_untyped_tasks_are_run_as_well() -> None:
    result = plain_add.delay(2, 3)
    testing.drain()
    assert result.get(timeout=1) == 5
