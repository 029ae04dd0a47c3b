"""What only the end of a lease brings to light: workers that were killed or frozen, and databases that were away.

These tests mostly wait, so their faults happen three at a time.
"""

import pytest

from tests.fault import faults
from tests.fault.head_start import Performed, performs
from tests.fault.lab import Lab
from tests.fault.stacks import cases

pytestmark = pytest.mark.fault

DONE_AFTER_RESTART_S = 30.0
_KILLER = """
    SELECT state, crashes, failures, error FROM engine_job j JOIN engine_jobpayload p ON p.job_id = j.id
    WHERE kind = 'tests.killer'
"""
_CRASHES = "SELECT max(crashes) FROM engine_job WHERE kind <> 'tests.killer'"


@cases("postgres+redis/threads8", "sqlite+files/prefork2")
@performs(faults.run_a_killer)
def test_job_that_kills_its_worker_three_times_is_quarantined_alone(performed: Performed) -> None:
    lab = performed.lab
    [(state, crashes, failures, error)] = lab.nightdesk.sql(_KILLER)
    assert (state, crashes, failures) == ("failed", 3, 0)
    assert '"code": "quarantined"' in error
    assert "Its worker died three times while running it, so it was stopped." in error
    lab.verify("a job that kills its worker", most_reruns=len(lab.kills) * lab.stack.slots)
    assert lab.ask(_CRASHES) == 0


@cases("postgres+redis/prefork2", "sqlite+files/threads8")
@performs(faults.kill_worker_tree)
def test_jobs_are_done_when_their_worker_is_killed_and_started_again(performed: Performed) -> None:
    verdict = performed.lab.verify("worker killed", most_reruns=performed.lab.stack.slots)
    assert verdict.reruns > 0  # else the kill hit nobody
    assert performed.took_s < DONE_AFTER_RESTART_S


@cases("postgres+redis/prefork2", "sqlite+files/threads8")
@performs(faults.lose_database, own_database=True)
def test_nothing_runs_again_when_the_database_was_away_for_longer_than_a_lease(performed: Performed) -> None:
    performed.lab.verify("database away")
    assert performed.lab.ask(_CRASHES) == 0


@cases(most="postgres")
@performs(faults.silence_database, own_database=True)
def test_nothing_runs_again_when_the_database_was_silent_for_longer_than_a_lease(performed: Performed) -> None:
    performed.lab.verify("database silent")
    assert performed.lab.ask(_CRASHES) == 0


@cases("postgres+redis/prefork2", "sqlite+files/threads8")
@performs(faults.freeze_worker)
def test_every_write_of_a_frozen_worker_is_refused_when_another_has_finished_its_jobs(performed: Performed) -> None:
    verdict = performed.lab.verify("worker frozen past its lease", most_reruns=len(faults.SORTS))
    assert verdict.refused == verdict.reruns == len(faults.SORTS)
    check_refused(performed.lab)


def check_refused(lab: Lab) -> None:
    """Of each job the first run was refused and the second accepted, and the worker's row counts what was refused."""
    for story in lab.nightdesk.story().values():
        first, second = story.starts
        assert [line.token for line in story.others if line.event == "refused"] == [first.token]
        assert [line.token for line in story.accepted] == [second.token]
    assert lab.nightdesk.sql("SELECT refused FROM engine_worker ORDER BY refused") == [(0,), (len(faults.SORTS),)]
