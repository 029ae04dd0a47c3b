"""Job kinds for the tests of real workers; loaded besides `tests.support.kinds`."""

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from nightdesk.core.errors import Permanent, Transient, Unprocessable
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.engine.steps import NotThere
from tests.support.kinds import Noop
from tests.support.witness import witness

log = logging.getLogger("desk")


class Chatty(JobArgs, name="desk.chatty"):
    """Report progress a thousand times a second."""

    seconds: float = 2.0


@handles(Chatty)
def chatty_task(job: Chatty, run: Run) -> int:
    began, count = time.monotonic(), 0
    while (spent := time.monotonic() - began) < job.seconds:
        run.progress(int(100 * spent / job.seconds), f"report {count}")
        count += 1
        time.sleep(0.001)
    return count


class Careful(JobArgs, name="desk.careful", soft_limit_s=0.6, hard_limit_s=20.0, retries=0):
    """Look at the clock between small parts, and tidy up when the time is over."""

    seconds: float = 15.0


@handles(Careful)
def careful_task(job: Careful, run: Run) -> None:
    end = time.monotonic() + job.seconds
    try:
        while time.monotonic() < end:
            time.sleep(0.02)
            run.check_cancelled()
    finally:
        witness("tidied", run.job_id, run.token)


class Stuck(JobArgs, name="desk.stuck", soft_limit_s=0.3, hard_limit_s=0.6, retries=0):
    """Hang, whatever the clock says."""

    seconds: float = 60.0


@handles(Stuck)
def stuck_task(job: Stuck, run: Run) -> None:
    end = time.monotonic() + job.seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.1)
        except Exception as exc:  # noqa: BLE001 (that is what this kind is for)
            log.info("went on after %s", type(exc).__name__)
    witness("end", run.job_id, run.token)


class Tell(JobArgs, name="desk.tell", sensitive=True, retries=1, retry_delay_s=0.1):
    """Carry words that nobody may read outside, and fail in the way that was asked for."""

    words: list[str]
    how: str = "fine"


@handles(Tell)
def tell_task(job: Tell, run: Run) -> Any:
    run.progress(50, job.words[0])
    run.step(job.how, lambda: job.words)
    said = " ".join(job.words)
    if job.how == "bug":
        raise ValueError(said)
    if job.how == "permanent":
        raise Permanent(said)
    if job.how == "transient" and run.failures == 0:
        raise Transient(said)
    if job.how == "not_json":
        return {"words": {*job.words}}
    return {"said": job.words}


class Refuse(JobArgs, name="desk.refuse"):
    """Find that what was asked for cannot be done."""


@handles(Refuse)
def refuse_task(job: Refuse, run: Run) -> None:
    raise Unprocessable("There is no face in this picture. Take another one.")


class Parent(JobArgs, name="desk.parent", limit=1):
    """Ask for a child, which needs this parent's only slot to be free."""

    depth: int = 1


@handles(Parent)
def parent_task(job: Parent, run: Run) -> int:
    children = [Parent(depth=job.depth - 1)] if job.depth else [Noop(x=number) for number in range(3)]
    return sum(outcome.result for outcome in run.gather("all", children))


class Send(JobArgs, name="desk.send", retries=3, retry_delay_s=0.1):
    """Leave a file outside, and die between the call and its confirmation if asked to."""

    folder: str
    die: str = ""  # "before" or "after" the file is there
    can_find: bool = True


@handles(Send)
def send_task(job: Send, run: Run) -> str:
    box = Path(job.folder)

    def call() -> str:
        if run.number == 1 and job.die == "before":
            os._exit(9)
        name = f"{len(list(box.iterdir()))}.sent"
        (box / name).write_text(str(run.job_id))
        if run.number == 1 and job.die == "after":
            os._exit(9)
        return name

    def find() -> str:
        names = [one.name for one in box.iterdir() if one.read_text() == str(run.job_id)]
        if not names:
            raise NotThere
        return names[0]

    return str(run.effect(f"send:{run.job_id}", call, find if job.can_find else None))


class Leaver(JobArgs, name="desk.leaver", retries=1, retry_delay_s=0.1):
    """Call `sys.exit`, as a library made for the command line might."""


@handles(Leaver)
def leaver_task(job: Leaver, run: Run) -> None:
    sys.exit(3)


class Hoard(JobArgs, name="desk.hoard", memory_limit_bytes=300 * 2**20, retries=0):
    """Take more memory than allowed."""

    megabytes: int = 350


@handles(Hoard)
def hoard_task(job: Hoard, run: Run) -> int:
    hoard = [bytearray(b"x" * 2**20) for _ in range(job.megabytes)]
    time.sleep(30)
    return len(hoard)
