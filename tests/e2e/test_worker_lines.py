"""Who runs when: limits and rates over several workers, priorities, fairness, pauses, and work that nobody can do."""

from bisect import bisect_left
from collections.abc import Iterator

import pytest

from tests.e2e.stage import Stage
from tests.support.postgres import Postgres

RATE_PER_S = 5
LIMIT = 2


#: What is counted over several workers is tried on both stacks, who goes first on one.
BOTH = pytest.mark.parametrize("stage", ["sqlite+files", "postgres+redis"], indirect=True)
ONE = pytest.mark.parametrize("stage", ["postgres+redis"], indirect=True)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage with two workers of four slots for `default`, and one slot for `cpu`."""
    database, broker = request.param.split("+")
    postgres: Postgres | None = request.getfixturevalue("postgres") if database == "postgres" else None
    with Stage(database=database, broker=broker, postgres=postgres) as opened:
        for name in ("a", "b"):
            opened.nightdesk.worker(name, pool="threads", concurrency=4, queues=["default"])
        opened.worker("c", pool="solo", slots=1, queues=["cpu"])
        for process in opened.nightdesk.processes:
            process.wait_for_log("ready.", 60)
        yield opened


def spans(stage: Stage, job_ids: list[str]) -> list[tuple[float, float]]:
    """Read from the witness when each of these jobs ran."""
    story = stage.nightdesk.story()
    return sorted((story[job_id].starts[0].at, story[job_id].ends[0].at) for job_id in job_ids)


def starts(stage: Stage, job_ids: list[str]) -> list[str]:
    """List these jobs in the order in which they began."""
    story = stage.nightdesk.story()
    return sorted(job_ids, key=lambda job_id: story[job_id].starts[0].at)


@BOTH
def test_rate_is_never_exceeded_over_two_workers(stage: Stage) -> None:
    jobs = stage.enqueue("Rated()", 3 * RATE_PER_S + 2)
    stage.wait_for_all(jobs, "succeeded", limit_s=30)

    story = stage.nightdesk.story()
    began = sorted(story[job_id].starts[0].at for job_id in jobs)
    windows = [index - bisect_left(began, at - 0.95) + 1 for index, at in enumerate(began)]
    assert max(windows) <= RATE_PER_S, began
    assert began[-1] - began[0] < 8  # slowed down, not stopped


@BOTH
def test_limit_is_never_exceeded_over_two_workers_and_used_up(stage: Stage) -> None:
    jobs = stage.enqueue("Limited(seconds=0.2)", 14)
    stage.wait_for_all(jobs, "succeeded", limit_s=40)

    ran = spans(stage, jobs)
    at_once = [sum(1 for began, ended in ran if began <= at < ended) for at, _ in ran]
    assert max(at_once) == LIMIT, ran


@ONE
def test_one_owners_crowd_delays_another_owners_job_by_two_job_lengths_at_most(stage: Stage) -> None:
    crowd = put(stage, "tests.nap", {"seconds": 0.1}, 60, owner_id=1)
    stage.wait_for(crowd[3], "succeeded")
    (single,) = put(stage, "tests.nap", {"seconds": 0.1}, 1, owner_id=2)
    finished_before = sum(stage.state(job_id) in ("running", "succeeded") for job_id in crowd)
    stage.wait_for(single, "succeeded")

    position = starts(stage, [*[job_id for job_id in crowd if job_id in stage.nightdesk.story()], single]).index(single)
    assert position - finished_before <= 2
    cancel_all(stage, crowd)


@BOTH
def test_job_of_another_kind_is_not_kept_waiting_by_a_crowd(stage: Stage) -> None:
    crowd = put(stage, "tests.nap", {"seconds": 0.2}, 60, owner_id=1)
    stage.wait_for(crowd[2], "succeeded")
    (single,) = put(stage, "tests.noop", {}, 1, owner_id=2)
    (urgent,) = put(stage, "tests.stamp", {}, 1, owner_id=3, priority=9)
    stage.wait_for_all([single, urgent], "succeeded", limit_s=8)

    waited = stage.nightdesk.sql(
        "SELECT count(*) FROM engine_job WHERE kind = 'tests.nap' AND queue = 'cpu' AND state = 'waiting'"
    )
    assert waited[0][0] > 35  # those before it: the rings that the broker held, a few a slot
    cancel_all(stage, crowd)


@ONE
def test_higher_priority_goes_first(stage: Stage) -> None:
    stage.ask("actions.pause_queue(queue='cpu')")
    low = put(stage, "tests.nap", {"seconds": 0.01}, 5, priority=1)
    high = put(stage, "tests.nap", {"seconds": 0.01}, 5, priority=8)
    stage.ask("actions.resume_queue(queue='cpu')")
    stage.wait_for_all([*low, *high], "succeeded")
    assert starts(stage, [*low, *high]) == [*high, *low]


@ONE
def test_paused_queue_starts_nothing_until_it_is_resumed(stage: Stage) -> None:
    (running,) = put(stage, "tests.nap", {"seconds": 0.5}, 1)
    stage.wait_for(running, "running")
    stage.ask("actions.pause_queue(queue='cpu')")
    waiting = put(stage, "tests.noop", {}, 3)
    (elsewhere,) = stage.enqueue("Nap(seconds=1.5)")
    stage.wait_for_all([running, elsewhere], "succeeded")

    assert {stage.state(job_id) for job_id in waiting} == {"waiting"}
    assert reason(stage, waiting[0]) == "Its queue is paused."
    stage.ask("actions.resume_queue(queue='cpu')")
    stage.wait_for_all(waiting, "succeeded")


@ONE
def test_job_that_no_worker_can_do_waits_and_says_why(stage: Stage) -> None:
    unserved = put(stage, "tests.noop", {}, 1, queue="gpu")[0]
    newer = put(stage, "tests.noop", {}, 1)[0]
    stage.ask(f"Job.objects.filter(pk='{newer}').update(kind_version=7)")
    (other,) = stage.enqueue("Nap(seconds=1.5)")
    stage.wait_for(other, "succeeded")

    state = stage.state(newer)
    assert stage.state(unserved) == "waiting"
    assert reason(stage, unserved) == "No running worker serves its queue and knows its kind. Start one."
    if state == "waiting":  # unless a worker was quicker than the test with its version
        assert reason(stage, newer) == "The running workers are older than this job. Update them."
    stage.worker("d", pool="solo", slots=1, queues=["gpu"])
    assert stage.wait_for(unserved) == "succeeded"


def put(stage: Stage, kind: str, arguments: dict[str, object], count: int, **options: object) -> list[str]:
    """Enqueue jobs of a kind on another queue than its own: `cpu`, which has one slot."""
    options = {"queue": "cpu", **options}
    ids: list[str] = stage.ask(
        f"[str(enqueue_named({kind!r}, [], {arguments!r}, **{options!r})) for _ in range({count})]"
    )
    return ids


def cancel_all(stage: Stage, job_ids: list[str]) -> None:
    stage.ask(f"[actions.cancel(job_id=UUID(job_id)) for job_id in {job_ids!r}] and None")
    stage.wait_for_all(job_ids)


def reason(stage: Stage, job_id: str) -> str:
    return str(stage.ask(f"queries.waiting_reason(Job.objects.get(pk='{job_id}'))"))
