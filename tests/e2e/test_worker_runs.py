"""What a real run does: report, keep steps and effects over the death of its process, ask children, stop in good order."""

import re
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage
from tests.support.postgres import Postgres
from tests.support.processes import wait_until


@pytest.fixture(scope="module")
def stage(postgres: Postgres) -> Iterator[Stage]:
    """Give a stage with a prefork worker for `default`; tests of other pools add their own."""
    with Stage(database="postgres", broker="redis", postgres=postgres) as opened:
        opened.worker("a", pool="prefork", slots=2, queues=["default"])
        yield opened


@pytest.fixture(scope="module", autouse=True)
def stray(stage: Stage) -> str:
    """Give a job that the database says the worker runs, and that it does not."""
    (job_id,) = stage.enqueue("Noop()", delay_s=600)
    stage.nightdesk.sql(
        "UPDATE engine_job SET state = 'running', runs = 1, token = %s, ring = 'lost', run_at = now(), place = 0, "
        "worker = (SELECT boot_id FROM engine_worker LIMIT 1), pid = %s WHERE id = %s",
        [str(uuid.uuid4()), find_pid_of_nobody(), job_id],
    )
    return job_id


def find_pid_of_nobody() -> int:
    """Give the pid of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_what_cannot_be_done_fails_the_job_and_is_no_trouble_in_the_log(stage: Stage) -> None:
    jobs = stage.enqueue("Refuse()", 1)
    stage.wait_for_all(jobs, "failed")

    wait_until(lambda: "There is no face" in stage.nightdesk.logs(), 10, stage.nightdesk.logs)
    said = [line for line in stage.nightdesk.logs().splitlines() if "no face" in line or "Traceback" in line]
    assert [line for line in said if "level=error" in line or "Traceback" in line] == []


def test_progress_only_grows_and_costs_two_writes_a_second(stage: Stage) -> None:
    (job_id,) = stage.enqueue("Chatty(seconds=3)")
    seen = []
    while (state := stage.state(job_id)) in ("waiting", "running"):
        seen.append(stage.read(job_id, "progress")[0])
        time.sleep(0.02)

    assert state == "succeeded"
    assert seen == sorted(seen)
    assert len(set(seen)) >= 4
    assert stage.result(job_id) > 500  # reports of the body
    changes = stage.changes(job_id)
    assert changes == list(range(1, len(changes) + 1))
    assert 3 + 4 <= len(changes) <= 3 + 7  # inserted, claimed, ended; and about two a second between


def test_parent_waits_without_a_slot_for_its_children(stage: Stage) -> None:
    (job_id,) = stage.enqueue(
        "Parent(depth=2)"
    )  # its kind may run one at a time: a parent that held its slot would wait for ever
    assert stage.wait_for(job_id) == "succeeded"
    assert stage.result(job_id) == 3
    assert stage.read(job_id, "runs", "open_children", "progress") == (2, 0, 100)


def test_tree_is_cancelled_from_the_top(stage: Stage) -> None:
    stage.ask("actions.pause_queue(queue='default')")
    (job_id,) = stage.enqueue("Family(children=3)")
    stage.ask("actions.resume_queue(queue='default')")
    stage.wait_for(job_id, "waiting_children", "succeeded")
    (parent,) = stage.enqueue("Parent(depth=1)")
    said = stage.ask(f"actions.cancel(job_id=UUID('{parent}'))")
    end = stage.wait_for(parent)
    assert (said, end) in {("cancelled", "cancelled"), ("requested", "cancelled"), ("requested", "succeeded")}
    stage.wait_for(job_id, "succeeded")
    unfinished = stage.nightdesk.sql(
        "SELECT count(*) FROM engine_job WHERE parent_id = %s AND state IN ('waiting', 'running')", [stage.key(parent)]
    )
    assert unfinished == [(0,)]


@pytest.mark.parametrize("die", ["", "before", "after"])
def test_effect_happens_once_whenever_its_process_dies(stage: Stage, tmp_path: Path, die: str) -> None:
    (job_id,) = stage.enqueue(f"Send(folder={str(tmp_path)!r}, die={die!r})")
    assert stage.wait_for(job_id) == "succeeded"
    assert [one.name for one in tmp_path.iterdir()] == ["0.sent"]
    assert stage.read(job_id, "runs", "failures", "crashes") == ((2, 0, 0) if die else (1, 0, 0))
    assert stage.result(job_id) == "0.sent"


def test_effect_whose_end_nobody_knows_waits_for_a_person(stage: Stage, tmp_path: Path) -> None:
    (job_id,) = stage.enqueue(f"Send(folder={str(tmp_path)!r}, die='after', can_find=False)")
    assert stage.wait_for(job_id) == "unknown"
    assert stage.ask(f"AsyncResult('{job_id}').status") == "FAILURE"

    stage.ask(f"actions.retry(job_id=UUID('{job_id}'), confirm='not_done')")
    assert stage.wait_for(job_id) == "succeeded"
    assert len(list(tmp_path.iterdir())) == 2


def test_steps_of_a_killed_run_are_not_done_again(stage: Stage) -> None:
    (job_id,) = stage.enqueue("Steps(names=['a', 'b', 'c', 'd'], seconds=0.4)")
    wait_until(lambda: steps_begun(stage, job_id) == 2, 10, "the second step has begun")
    (pid,) = stage.read(job_id, "pid")
    next(child for child in stage.nightdesk.processes[0].children() if child.pid == pid).kill()

    assert stage.wait_for(job_id) == "succeeded"
    assert steps_begun(stage, job_id) == 5  # the one that was under way is done again, the first is not
    assert stage.result(job_id) == ["A", "B", "C", "D"]


def steps_begun(stage: Stage, job_id: str) -> int:
    story = stage.nightdesk.story().get(job_id)
    return sum(line.event == "step" for line in story.others) if story else 0


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_worker_that_is_asked_to_stop_finishes_what_runs_and_leaves_the_rest(stage: Stage, pool: str) -> None:
    queue = f"leaving-{pool}"
    worker = stage.worker(f"leaving-{pool}", pool=pool, slots=1, queues=[queue])
    running, waiting = (
        stage.ask(f"str(enqueue_named('tests.nap', [], {{'seconds': 1.0}}, queue={queue!r}))") for _ in range(2)
    )
    stage.wait_for(running, "running")

    assert worker.stop(grace_s=20) == 0

    assert stage.read(running, "state", "runs") == ("succeeded", 1), worker.printed()
    said = stage.nightdesk.sql("SELECT draining FROM engine_worker WHERE name = %s", [worker.node])
    assert [bool(draining) for (draining,) in said] == [True]
    assert stage.read(waiting, "state", "crashes") in {
        ("waiting", 0),
        ("succeeded", 0),
    }  # a ring may run more of its line
    assert re.search(r"ERROR|Traceback", worker.printed()) is None


def test_worker_that_is_told_to_stop_at_once_gives_back_what_it_ran(stage: Stage) -> None:
    worker = stage.worker("hasty", pool="prefork", slots=2, queues=["cpu"])
    (job_id,) = (stage.ask("str(enqueue_named('tests.polite', [], {'seconds': 20}, queue='cpu'))"),)
    stage.wait_for(job_id, "running")
    worker.popen.send_signal(3)  # SIGQUIT: a cold shutdown
    worker.wait(20)

    stage.worker("calm", pool="prefork", slots=2, queues=["cpu"])
    stage.wait_for(job_id, "running", limit_s=30)
    assert stage.read(job_id, "failures", "crashes") == (0, 0)
    stage.ask(f"actions.cancel(job_id=UUID('{job_id}'))")
    assert stage.wait_for(job_id) == "cancelled"


def test_row_that_its_worker_does_not_run_is_given_back(stage: Stage, stray: str) -> None:
    assert stage.wait_for(stray, limit_s=20) == "succeeded"
    assert stage.read(stray, "runs", "failures") == (2, 0)
