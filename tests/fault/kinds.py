"""Job kinds whose first run takes long and every later one no time: what a frozen worker ran is soon done by another.

What the frozen worker would do next is to end, to store a step, or to report.
"""

import time

from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from tests.support.witness import witness


class Ending(JobArgs, name="fault.ending"):
    """Work and end."""

    seconds: float


@handles(Ending)
def ending_task(job: Ending, run: Run) -> None:
    """Sleep, then end."""
    time.sleep(_length(job.seconds, run))
    witness("end", run.job_id, run.token)


class Stepped(JobArgs, name="fault.stepped"):
    """Work in one step."""

    seconds: float


@handles(Stepped)
def stepped_task(job: Stepped, run: Run) -> None:
    """Store the step, then end."""
    run.step("long", lambda: time.sleep(_length(job.seconds, run)))
    witness("end", run.job_id, run.token)


class Reporting(JobArgs, name="fault.reporting"):
    """Work and say how far it is."""

    seconds: float


@handles(Reporting)
def reporting_task(job: Reporting, run: Run) -> None:
    """Report fifty times a second."""
    began, length = time.monotonic(), _length(job.seconds, run)
    while (spent := time.monotonic() - began) < length:
        time.sleep(0.02)
        run.progress(int(100 * spent / length), "working")
    witness("end", run.job_id, run.token)


def _length(seconds: float, run: Run) -> float:
    return seconds if run.number == 1 else 0.0
