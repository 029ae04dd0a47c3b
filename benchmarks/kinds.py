"""Job kinds that our workers load for the benchmarks. Their bodies are those of the peer's tasks."""

import time

from benchmarks.bodies import call_service
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run


class Noop(JobArgs, name="bench.noop"):
    """Do nothing."""

    x: int = 1


@handles(Noop)
def noop_task(job: Noop, run: Run) -> int:  # noqa: ARG001 (a handler gets its run)
    """Return what came."""
    return job.x


class Stamp(JobArgs, name="bench.stamp"):
    """Say when the body ran."""


@handles(Stamp)
def stamp_task(job: Stamp, run: Run) -> float:  # noqa: ARG001 (as above)
    """Return the machine's time, in seconds since the epoch."""
    return time.time()


class Nap(JobArgs, name="bench.nap"):
    """Wait for a while."""

    seconds: float


@handles(Nap)
def nap_task(job: Nap, run: Run) -> None:  # noqa: ARG001 (as above)
    """Sleep."""
    time.sleep(job.seconds)


class Call(JobArgs, name="bench.call"):
    """Ask an outer service that takes its time."""

    port: int


@handles(Call)
def call_task(job: Call, run: Run) -> int:  # noqa: ARG001 (as above)
    """Wait for the service's answer."""
    return call_service(job.port)
