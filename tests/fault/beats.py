"""Two beats over one schedule, one of which is killed and started again."""

import time
from datetime import datetime

from tests.fault.lab import Lab
from tests.support.processes import wait_until
from tests.support.rows import write_uuid

#: A beat that gets no processor for longer than this merges two ticks into one, as it should.
TICK_S = 0.5
TICKS = 12

_MAKE_SCHEDULE = """
import sys
from django_celery_beat.models import IntervalSchedule, PeriodicTask
every = IntervalSchedule.objects.create(every=int(float(sys.argv[1]) * 1_000_000), period="microseconds")
PeriodicTask.objects.create(name="tick", task="tests.nap", kwargs='{"seconds": 0.01}', interval=every)
"""
#: In one statement: a schedule's cursor and its jobs as they stood at one moment. There are others, of the product's own.
_LOOK = (
    "SELECT (SELECT count(*) FROM engine_job WHERE kind = 'tests.nap'), (SELECT fired_for FROM engine_schedulecursor "
    "WHERE schedule_id = (SELECT id FROM django_celery_beat_periodictask WHERE name = 'tick'))"
)


def run_two_beats(lab: Lab, jobs: int) -> float:
    """Let two beats fire one schedule while one of them is killed and started again. `jobs` does not matter.

    Raises:
        AssertionError: a tick became two jobs, or none.
    """
    lab.start_worker()
    lab.nightdesk.run_script(_MAKE_SCHEDULE, str(TICK_S))
    first, second = lab.nightdesk.beat("beat-one"), lab.nightdesk.beat("beat-two")
    jobs_before, fired_before = wait_for_ticks(lab, 2)
    lab.kill_tree(first)
    wait_for_ticks(lab, jobs_before + TICKS // 4)
    third = lab.nightdesk.beat("beat-one")
    jobs_then, fired_then = wait_for_ticks(lab, jobs_before + TICKS)
    second.ensure_alive()
    assert (jobs_then - jobs_before) * TICK_S == (fired_then - fired_before).total_seconds()

    ended = [second.stop(), third.stop()]
    assert ended == [0, 0]
    began = time.monotonic()
    lab.jobs += [
        write_uuid(job_id) for (job_id,) in lab.nightdesk.sql("SELECT id FROM engine_job WHERE kind = 'tests.nap'")
    ]
    lab.finish()
    return time.monotonic() - began


def wait_for_ticks(lab: Lab, count: int) -> tuple[int, datetime]:
    """Wait until there are so many jobs; return their number and the tick up to which the schedule has fired."""
    wait_until(lambda: lab.ask(_LOOK) >= count, 60, lambda: f"{count} ticks are fired, not {lab.ask(_LOOK)}")
    [(jobs, fired_for)] = lab.nightdesk.sql(_LOOK)
    return jobs, fired_for if isinstance(fired_for, datetime) else datetime.fromisoformat(fired_for)
