"""Prefork children killed with SIGKILL: what they ran is run again at once, and the pool goes on."""

import pytest

from tests.fault import faults
from tests.fault.lab import NAP_S, MakeLab
from tests.fault.stacks import FEW, STACKS, Stack, cases
from tests.fault.verdict import measure_lost_runs

pytestmark = pytest.mark.fault

CHILD_RESCUED_S = 2.0
MANY_KILLS = 30


@cases("postgres+redis/prefork2", "sqlite+files/prefork2", most="prefork")
def test_job_runs_again_within_2_s_when_its_child_is_killed(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    kills = MANY_KILLS if jobs > FEW else faults.CHILD_KILLS
    faults.kill_children(lab, jobs, kills)
    verdict = lab.verify(f"{kills} children killed", most_reruns=kills)
    assert verdict.reruns >= kills // 2  # else most kills hit nobody: a job may end just before
    assert max(verdict.rescues_s) < CHILD_RESCUED_S
    assert max(measure_lost_runs(lab.nightdesk)) < NAP_S + CHILD_RESCUED_S


@cases("sqlite+files/prefork2", most="prefork")
def test_worker_goes_on_when_its_waiting_children_are_killed(make_lab: MakeLab, stack: Stack, jobs: int) -> None:
    lab = make_lab(stack)
    faults.kill_idle_children(lab, jobs)
    lab.verify("waiting children killed")


@pytest.mark.soak
@pytest.mark.parametrize("name", ["postgres+redis/prefork2", "sqlite+files/prefork2"])
def test_jobs_are_done_when_children_are_killed_at_any_moment(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    faults.kill_children_any_time(lab, FEW, MANY_KILLS)
    lab.verify("children killed at any moment", most_reruns=len(lab.kills))
    # Rings that a killed child held are lost too, so the next start may wait for the next ring; the rescue may not.
    assert max(measure_lost_runs(lab.nightdesk)) < NAP_S + CHILD_RESCUED_S
