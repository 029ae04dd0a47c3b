"""Two schedulers over one schedule: each tick becomes one job, also while one of them is killed and started again."""

from datetime import datetime

import pytest

from tests.fault.lab import Lab, MakeLab
from tests.fault.stacks import STACKS
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault

_MAKE_SCHEDULE = """
from django_celery_beat.models import IntervalSchedule, PeriodicTask
every = IntervalSchedule.objects.create(every=1, period="seconds")
PeriodicTask.objects.create(name="tick", task="tests.nap", kwargs='{"seconds": 0.01}', interval=every)
"""
#: Both in one statement: a schedule's cursor and its jobs as they stood at one moment.
_LOOK = "SELECT (SELECT count(*) FROM engine_job), (SELECT fired_for FROM engine_schedulecursor)"


@pytest.mark.parametrize(
    "name", ["postgres+redis/prefork2", pytest.param("sqlite+files/threads8", marks=pytest.mark.soak)]
)
def test_each_tick_becomes_one_job_when_two_beats_run_and_one_is_killed(make_lab: MakeLab, name: str) -> None:
    lab = make_lab(STACKS[name])
    lab.start_worker()
    lab.nightdesk.run_script(_MAKE_SCHEDULE)
    first, second = lab.nightdesk.beat("beat-one"), lab.nightdesk.beat("beat-two")
    jobs_before, fired_before = wait_for_ticks(lab, 2)
    first.kill9()
    wait_for_ticks(lab, jobs_before + 2)
    lab.nightdesk.beat("beat-one")
    jobs, fired = wait_for_ticks(lab, jobs_before + 7)
    second.ensure_alive()

    assert jobs - jobs_before == (fired - fired_before).total_seconds()  # one job a second, none twice, none left out
    wait_until(lambda: lab.nightdesk.states()["succeeded"] >= jobs, 30, "the jobs of the ticks are done")


def wait_for_ticks(lab: Lab, count: int) -> tuple[int, datetime]:
    """Wait until there are so many jobs; return their number and the tick up to which the schedule has fired."""
    wait_until(lambda: lab.ask(_LOOK) >= count, 60, lambda: f"{count} ticks are fired, not {lab.ask(_LOOK)}")
    [(jobs, fired_for)] = lab.nightdesk.sql(_LOOK)
    return jobs, fired_for if isinstance(fired_for, datetime) else datetime.fromisoformat(fired_for)
