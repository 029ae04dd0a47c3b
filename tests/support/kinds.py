"""Job kinds of the tests, loaded by real workers through NIGHTDESK_EXTRA_TASKS."""

import contextlib
import os
import signal
import time
from typing import Any

from celery import shared_task

from nightdesk.core.errors import Permanent, Throttled, Transient
from nightdesk.engine import signals
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from tests.support.witness import witness


def _started(run: Run, **_: Any) -> None:
    witness("start", run.job_id, run.token)


def _accepted(run: Run, state: str, **_: Any) -> None:
    witness("accepted", run.job_id, run.token)
    if state == "waiting":
        witness("retry", run.job_id, run.token)


def _refused(run: Run, **_: Any) -> None:
    witness("refused", run.job_id, run.token)


signals.run_started.connect(_started, weak=False)
signals.run_accepted.connect(_accepted, weak=False)
signals.run_refused.connect(_refused, weak=False)


class Nap(JobArgs, name="tests.nap"):
    """Sleep."""

    seconds: float = 0.05


@handles(Nap)
def nap_task(job: Nap, run: Run) -> float:
    """Sleep, as a body that waits for somebody would."""
    time.sleep(job.seconds)
    witness("end", run.job_id, run.token)
    return job.seconds


class Noop(JobArgs, name="tests.noop"):
    """Do nothing."""

    x: int = 1


@handles(Noop)
def noop_task(job: Noop, run: Run) -> int:
    """Return what came."""
    return job.x


class Stamp(JobArgs, name="tests.stamp"):
    """Say when the body ran, by the machine's clock."""


@handles(Stamp)
def stamp_task(job: Stamp, run: Run) -> float:
    """Return the time."""
    return time.time()


class Polite(JobArgs, name="tests.polite"):
    """Work in small parts and look for a cancel between them."""

    seconds: float = 20.0


@handles(Polite)
def polite_task(job: Polite, run: Run) -> None:
    """Report progress until the time is over."""
    began = time.monotonic()
    while (spent := time.monotonic() - began) < job.seconds:
        time.sleep(0.02)
        run.progress(int(100 * spent / job.seconds), "working")


class Deaf(JobArgs, name="tests.deaf", cancel_grace_s=1.0):
    """Work without ever looking."""

    seconds: float = 20.0


@handles(Deaf)
def deaf_task(job: Deaf, run: Run) -> None:
    """Sleep through every cancel."""
    time.sleep(job.seconds)


class Killer(JobArgs, name="tests.killer"):
    """Kill the process that runs it."""


@handles(Killer)
def killer_task(job: Killer, run: Run) -> None:
    """Die."""
    os.kill(os.getpid(), signal.SIGKILL)


class Slow(JobArgs, name="tests.slow", soft_limit_s=1.0, hard_limit_s=2.0, retries=0):
    """Take longer than it may, deaf to the soft limit."""

    seconds: float = 30.0


@handles(Slow)
def slow_task(job: Slow, run: Run) -> None:
    """Sleep on through the soft limit's exception."""
    end = time.monotonic() + job.seconds
    while time.monotonic() < end:
        with contextlib.suppress(Exception):
            time.sleep(0.1)


class Flaky(JobArgs, name="tests.flaky", retries=3, retry_delay_s=0.2):
    """Fail until its n-th run."""

    good_on: int = 3
    how: str = "transient"


@handles(Flaky)
def flaky_task(job: Flaky, run: Run) -> int:
    """Fail in the way that was asked for."""
    if run.failures + 1 >= job.good_on:
        return run.failures
    if job.how == "throttled":
        raise Throttled(retry_after_s=0.5)
    if job.how == "permanent":
        raise Permanent
    if job.how == "bug":
        raise ZeroDivisionError("secret=hunter2hunter2")
    raise Transient


class Family(JobArgs, name="tests.family"):
    """Ask for children and sum up what they return."""

    children: int = 3


@handles(Family)
def family_task(job: Family, run: Run) -> int:
    """Gather."""
    outcomes = run.gather("all", [Noop(x=number) for number in range(job.children)])
    return sum(outcome.result for outcome in outcomes)


class Limited(JobArgs, name="tests.limited", limit=2):
    """Run at most two at a time."""

    seconds: float = 0.1


@handles(Limited)
def limited_task(job: Limited, run: Run) -> None:
    """Sleep between two marks."""
    time.sleep(job.seconds)
    witness("end", run.job_id, run.token)


class Rated(JobArgs, name="tests.rated", rate="5/s"):
    """Start at most five times a second."""


@handles(Rated)
def rated_task(job: Rated, run: Run) -> None:
    """Start."""


class Secret(JobArgs, name="tests.secret", sensitive=True):
    """Carry what must not be readable at rest."""

    word: str


@handles(Secret)
def secret_task(job: Secret, run: Run) -> dict[str, str]:
    """Return the word."""
    run.progress(50, job.word)
    return {"word": job.word}


class Steps(JobArgs, name="tests.steps"):
    """Write several parts, each of them paid for."""

    names: list[str]
    seconds: float = 0.1


@handles(Steps)
def steps_task(job: Steps, run: Run) -> list[str]:
    """Do each part once."""

    def write(name: str) -> str:
        witness("step", run.job_id, name)
        time.sleep(job.seconds)
        return name.upper()

    return [run.step(name, lambda name=name: write(name)) for name in job.names]  # type: ignore[misc]


@shared_task(bind=True, autoretry_for=(ValueError,), default_retry_delay=0, retry_backoff=False, max_retries=3)
def plain_flaky(self: Any, good_on: int) -> int:
    """As a Celery user would write it."""
    if self.request.retries + 1 < good_on:
        raise ValueError("not yet")
    return int(self.request.retries)


@shared_task(bind=True, max_retries=2)
def plain_again(self: Any) -> None:
    """Never good."""
    raise self.retry(countdown=0.1, exc=RuntimeError("never good"))


@shared_task
def plain_add(a: int, b: int = 1) -> int:
    """Add."""
    return a + b


@shared_task(bind=True)
def plain_progress(self: Any) -> str:
    """Report in Celery's own way."""
    self.update_state(state="PROGRESS", meta={"current": 3, "total": 10, "status": "third of ten"})
    time.sleep(1.5)
    return "done"
