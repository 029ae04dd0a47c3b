"""It stays Celery: its commands, its results and its conventions work on real workers."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import PromptError, Stage
from tests.support.nightdesk import Worker
from tests.support.postgres import Postgres
from tests.support.processes import wait_until

NODE = "a@nightdesk.test"
EVENTS = """
import sys
from celery.__main__ import main
sys.argv = ["celery", "-A", "nightdesk", "events", "--dump"]
main()
"""


#: What travels through the broker is tried with both, what the rows say with one.
BOTH = pytest.mark.parametrize("stage", ["sqlite+files", "postgres+redis"], indirect=True)
ONE = pytest.mark.parametrize("stage", ["postgres+redis"], indirect=True)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage with one worker that all tests of this module share."""
    database, broker = request.param.split("+")
    postgres: Postgres | None = request.getfixturevalue("postgres") if database == "postgres" else None
    with Stage(database=database, broker=broker, postgres=postgres) as opened:
        opened.worker("a", pool="threads", slots=4, flags=["-E"])
        yield opened


@BOTH
def test_inspect_and_status_find_the_worker(stage: Stage) -> None:
    assert f"{NODE}: OK" in stage.nightdesk.celery("inspect", "ping", "-d", NODE, "--timeout", "10")
    assert "1 node online" in stage.nightdesk.celery("status", "-d", NODE, "--timeout", "10")


@BOTH
def test_inspect_shows_what_runs_under_its_jobs_id(stage: Stage) -> None:
    (job_id,) = stage.enqueue("Polite(seconds=20)")
    stage.wait_for(job_id, "running")

    said = stage.nightdesk.celery("inspect", "active", "-d", NODE, "--timeout", "10")

    stage.ask(f"actions.cancel(job_id=UUID('{job_id}'))")
    stage.wait_for(job_id)
    assert "tests.polite" in said
    assert job_id in said


@BOTH
def test_events_tell_of_the_worker_and_of_each_job(stage: Stage) -> None:
    dump = stage.nightdesk.start_script("events", EVENTS)
    dump.wait_for_log("heartbeat: ", 20)
    (job_id,) = stage.enqueue("Noop()")
    dump.wait_for_log(job_id, 20)
    assert "tests.noop" in dump.printed()
    dump.stop()


@BOTH
def test_purge_loses_no_job(stage: Stage) -> None:
    stage.ask("actions.pause_queue(queue='default')")
    jobs = stage.enqueue("Noop()", 20)
    said = stage.nightdesk.celery("purge", "-f")
    stage.ask("actions.resume_queue(queue='default')")

    assert re.search(r"Purged \d+ messages?|No messages purged", said)
    stage.wait_for_all(jobs, "succeeded")


@BOTH
def test_worker_without_a_choice_of_queues_serves_them_all(stage: Stage) -> None:
    queues = ("default", "data_fetch", "ai_generation", "publish", "cpu", "gpu", "maintenance")
    jobs = [stage.ask(f"str(enqueue_named('tests.noop', [], {{}}, queue={queue!r}))") for queue in queues]
    stage.wait_for_all(jobs, "succeeded")


@ONE
def test_worker_gives_way_to_pages_with_all_that_it_started(stage: Stage) -> None:
    stage.wait_for_all(stage.enqueue("Noop()", 8), "succeeded")
    worker = next(process for process in stage.nightdesk.processes if isinstance(process, Worker))
    threads = [int(each.name) for one in worker.members() for each in Path(f"/proc/{one.pid}/task").iterdir()]
    assert len(threads) > 2  # its own two, and a slot's
    assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {5}


@ONE
def test_results_of_real_runs_are_what_celery_says(stage: Stage) -> None:
    assert stage.ask("plain_add.delay(1, b=2).get(timeout=10)") == 3
    assert stage.ask("nap_task.delay(seconds=0.01).get(timeout=10)") == 0.01
    assert stage.ask("plain_flaky.delay(3).get(timeout=10)") == 2
    with pytest.raises(PromptError, match=r"RuntimeError: Something in the program went wrong \(RuntimeError\)"):
        stage.ask("plain_again.delay().get(timeout=20)")


@ONE
def test_state_of_celerys_own_progress_idiom_is_the_jobs_progress(stage: Stage) -> None:
    job_id = stage.ask("plain_progress.delay().id")
    wait_until(lambda: stage.read(job_id, "message")[0], 10, "it reports")
    assert stage.read(job_id, "progress", "message") == (30, "third of ten")
    stage.wait_for(job_id, "succeeded")
    assert stage.read(job_id, "progress") == (100,)


@BOTH
def test_revoke_stops_a_running_job(stage: Stage) -> None:
    (job_id,) = stage.enqueue("Polite(seconds=30)")
    stage.wait_for(job_id, "running")
    assert stage.ask(f"AsyncResult('{job_id}').revoke()") is None
    assert stage.wait_for(job_id) == "cancelled"
    assert stage.ask(f"AsyncResult('{job_id}').status") == "REVOKED"


@ONE
def test_direct_call_runs_in_place_without_a_row(stage: Stage) -> None:
    before = sum(stage.nightdesk.states().values())
    assert stage.ask("noop_task(x=5)") == 5
    assert sum(stage.nightdesk.states().values()) == before
