"""Follow a job until it ends: a bar that moves in a terminal, a line a change elsewhere."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nightdesk.core.errors import NotFound

if TYPE_CHECKING:
    from rich.console import Console

    from nightdesk.engine.models import Job

#: Progress is written at most twice a second; looking more often shows nothing new.
_LOOK_EVERY_S: Final = 0.25


class WatchTimedOut(Exception):
    """The job was not final in time; it goes on without us."""


def watch(job_id: UUID, *, timeout_s: float | None, console: "Console") -> "Job":
    """Show a job's progress on `console` until its state is final, and return it.

    Raises:
        WatchTimedOut: it is not final after `timeout_s`. NotFound: it was removed meanwhile.
    """
    changes = _follow(job_id, timeout_s)
    return _draw_bar(changes, console) if console.is_terminal else _print_lines(changes, console)


def _follow(job_id: UUID, timeout_s: float | None) -> Iterator["Job"]:
    """Yield the job now, at each new version, and at last in its final state."""
    from nightdesk.engine.models import Job
    from nightdesk.engine.states import FINISHED

    give_up_at = None if timeout_s is None else time.monotonic() + timeout_s
    seen = -1
    while True:
        job = Job.objects.filter(pk=job_id).first()
        if job is None:
            raise NotFound(f"The job {job_id} has been removed.")
        if job.version != seen:
            seen = job.version
            yield job
        if job.state in FINISHED:
            return
        if give_up_at is not None and time.monotonic() >= give_up_at:
            raise WatchTimedOut
        time.sleep(_LOOK_EVERY_S)


def _draw_bar(changes: Iterator["Job"], console: "Console") -> "Job":
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.fields[kind]}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    words = TextColumn("{task.fields[words]}", markup=False)
    job = next(changes)
    with Progress(*columns, TimeElapsedColumn(), words, console=console) as bar:
        task = bar.add_task("", total=100, kind=job.kind, words=_say(job), completed=_percent(job))
        for job in changes:
            bar.update(task, completed=_percent(job), words=_say(job))
    return job


def _print_lines(changes: Iterator["Job"], console: "Console") -> "Job":
    said = ""
    for job in changes:
        line = f"{_percent(job):3d} % {_say(job)}"
        if line != said:
            said = line
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return job


def _say(job: "Job") -> str:
    return f"{job.state}: {job.message}" if job.message else str(job.state)


def _percent(job: "Job") -> int:
    return 100 if job.state == "succeeded" else job.progress
