"""Job kinds of the API's tests."""

from typing import Any

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run


class Echo(JobArgs, name="tests.api_echo"):
    """Return what came, or fail in the way that was asked for."""

    word: str = "hello"
    api_key: str = ""
    fail: str = ""


@handles(Echo)
def echo_task(job: Echo, run: Run) -> dict[str, Any]:
    """Echo."""
    if job.fail == "permanent":
        raise Permanent("The other side refused. Change the word.")
    if job.fail == "unknown":
        raise OutcomeUnknown
    run.progress(50, "half way")
    return {"word": job.word}


class Private(JobArgs, name="tests.api_private", private=True):
    """Somebody's own business."""


@handles(Private)
def private_task(job: Private, run: Run) -> int:
    """Return a number."""
    return 7


class Sealed(JobArgs, name="tests.api_sealed", sensitive=True):
    """Seen by all, read by its owner."""

    word: str = "rosebud"


@handles(Sealed)
def sealed_task(job: Sealed, run: Run) -> dict[str, str]:
    """Return the word."""
    return {"word": job.word}
