"""Two schedulers over one schedule: each tick becomes one job, also while one of them is killed and started again."""

import pytest

from tests.fault.beats import TICKS, run_two_beats
from tests.fault.lab import MakeLab
from tests.fault.stacks import STACKS

pytestmark = pytest.mark.fault


@pytest.mark.parametrize(
    "name", ["postgres+redis/prefork2", pytest.param("sqlite+files/threads8", marks=pytest.mark.soak)]
)
def test_each_tick_becomes_one_job_when_two_beats_run_and_one_is_killed(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    run_two_beats(lab, TICKS)
    assert lab.verify("two beats").jobs >= TICKS
