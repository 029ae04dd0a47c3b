"""How runs are ended on each pool: cancels within their second, soft and hard limits, and what becomes of the worker."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.e2e.stage import Stage
from tests.support.nightdesk import Worker
from tests.support.postgres import Postgres
from tests.support.processes import wait_until

SLOTS = {"prefork": 2, "threads": 8, "solo": 1}
EXIT_STATUS = 70  # a worker that lost its slots: whoever supervises it starts a fresh one


@pytest.fixture(scope="module", params=["prefork", "threads", "solo"])
def pool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def stage(pool: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage whose worker has the pool in question; prefork on the big stack, the others on the small one."""
    if pool == "prefork":
        postgres: Postgres = request.getfixturevalue("postgres")
        stack = {"database": "postgres", "broker": "redis", "postgres": postgres}
    else:
        stack = {"database": "sqlite", "broker": "files"}
    with Stage(**stack) as opened:
        yield opened


@pytest.fixture
def worker(stage: Stage, pool: str) -> Worker:
    """Give the stage's worker, started anew if a test ended the last one."""
    for process in stage.nightdesk.processes:
        if isinstance(process, Worker) and process.alive:
            return process
    return stage.worker("a", pool=pool, slots=SLOTS[pool])


def seconds_between(stage: Stage, job_id: str, first: str, then: str) -> float:
    began, ended = (
        at if isinstance(at, datetime) else datetime.fromisoformat(at) for at in stage.read(job_id, first, then)
    )
    return (ended - began).total_seconds()


def cancel(stage: Stage, job_id: str) -> str:
    return str(stage.ask(f"actions.cancel(job_id=UUID('{job_id}'))"))


def test_waiting_job_is_cancelled_at_once(stage: Stage, worker: Worker) -> None:
    (job_id,) = stage.enqueue("Noop()", delay_s=60)
    assert cancel(stage, job_id) == "cancelled"
    assert stage.state(job_id) == "cancelled"


def test_cooperative_job_ends_within_a_second_of_its_cancel(stage: Stage, worker: Worker) -> None:
    (job_id,) = stage.enqueue("Polite(seconds=30)")
    stage.wait_for(job_id, "running")
    assert cancel(stage, job_id) == "requested"
    assert stage.wait_for(job_id) == "cancelled"
    assert seconds_between(stage, job_id, "cancel_requested_at", "finished_at") < 1.0


def test_deaf_job_is_ended_with_its_process_or_runs_to_its_end(stage: Stage, worker: Worker, pool: str) -> None:
    (job_id,) = stage.enqueue(f"Deaf(seconds={20 if pool == 'prefork' else 3})")
    stage.wait_for(job_id, "running")
    cancel(stage, job_id)
    end = stage.wait_for(job_id)

    if pool == "prefork":
        assert end == "cancelled"
        assert 0.9 <= seconds_between(stage, job_id, "cancel_requested_at", "finished_at") < 5.0
        assert stage.read(job_id, "runs", "crashes") == (1, 0)
    else:
        assert end == "succeeded"  # nothing ends a thread; a success after a cancel request stays one
    assert worker.alive


def test_neighbours_of_a_deaf_job_are_left_alone(stage: Stage, worker: Worker, pool: str) -> None:
    if pool == "solo":
        pytest.skip("a solo worker has no second slot")
    (deaf,) = stage.enqueue(f"Deaf(seconds={20 if pool == 'prefork' else 2})")
    (neighbour,) = stage.enqueue("Nap(seconds=4)")
    stage.wait_for_all([deaf, neighbour], "running")
    cancel(stage, deaf)
    stage.wait_for_all([deaf, neighbour])
    assert stage.read(neighbour, "state", "runs", "crashes") == ("succeeded", 1, 0)


def test_soft_limit_lets_the_body_tidy_up(stage: Stage, worker: Worker) -> None:
    (job_id,) = stage.enqueue("Careful()")
    assert stage.wait_for(job_id) == "failed"
    assert stage.error(job_id)["code"] == "time_limit"
    assert 0.5 <= seconds_between(stage, job_id, "started_at", "finished_at") < 3.0
    assert [line.event for line in stage.nightdesk.story()[job_id].others if line.event == "tidied"] == ["tidied"]


def test_body_that_calls_exit_has_failed_and_ends_no_worker(stage: Stage, worker: Worker) -> None:
    (job_id,) = stage.enqueue("Leaver()")
    assert stage.wait_for(job_id) == "failed"
    assert stage.read(job_id, "runs", "failures", "crashes") == (2, 2, 0)
    (after,) = stage.enqueue("Noop()")
    assert stage.wait_for(after) == "succeeded"
    assert worker.alive


def test_memory_limit_ends_the_process_and_fails_the_job(stage: Stage, worker: Worker, pool: str) -> None:
    if pool != "prefork":
        pytest.skip("only a process of its own can be ended for its memory")
    (job_id,) = stage.enqueue("Hoard()")
    assert stage.wait_for(job_id) == "failed"
    assert stage.error(job_id)["code"] == "memory_limit"
    assert stage.read(job_id, "runs", "crashes") == (1, 0)


def test_hard_limit_ends_the_job_whatever_its_body_does(stage: Stage, worker: Worker, pool: str) -> None:
    (job_id,) = stage.enqueue("Stuck(seconds=60)")
    assert stage.wait_for(job_id) == "failed"

    assert stage.error(job_id)["code"] == "time_limit"
    assert 0.5 <= seconds_between(stage, job_id, "started_at", "finished_at") < 5.0
    assert stage.read(job_id, "runs", "crashes") == (1, 0)
    if pool == "solo":
        assert worker.wait(15) == EXIT_STATUS  # its one slot is lost
        return
    lost = 0 if pool == "prefork" else 1
    wait_until(
        lambda: (
            stage.nightdesk.sql("SELECT lost_slots FROM engine_worker WHERE name = 'a@nightdesk.test'") == [(lost,)]
        ),
        10,
        "the lost slot is shown",
    )
    (after,) = stage.enqueue("Noop()")
    assert stage.wait_for(after) == "succeeded"
    assert worker.alive


def test_worker_that_lost_a_quarter_of_its_slots_finishes_the_others_and_exits(
    stage: Stage, worker: Worker, pool: str
) -> None:
    if pool != "threads":
        pytest.skip("only threads lose slots one by one")
    (neighbour,) = stage.enqueue("Nap(seconds=3)")
    stage.wait_for(neighbour, "running")
    stuck = stage.enqueue("Stuck(seconds=60)")
    stage.wait_for_all(stuck, "failed")

    assert worker.wait(20) == EXIT_STATUS
    assert stage.read(neighbour, "state", "runs") == ("succeeded", 1)
    # What waits is the next worker's.
    (waiting,) = stage.enqueue("Noop()")
    stage.worker("b", pool="threads", slots=2)
    assert stage.wait_for(waiting) == "succeeded"
