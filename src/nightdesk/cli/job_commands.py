"""`nightdesk job`: list, show, retry, cancel. The terminal is an operator: it sees every job."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import click

from nightdesk.cli.job_view import build_list, build_sheet, describe, describe_row, find_exit_status
from nightdesk.cli.job_watch import WatchTimedOut, watch
from nightdesk.cli.noting import note
from nightdesk.cli.options import ExitStatus, load, with_data_dir, with_format
from nightdesk.cli.tables import print_table
from nightdesk.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from nightdesk.engine.models import Job

STATES: Final = (
    "waiting",
    "running",
    "waiting_children",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
    "unknown",
)
_ID_DIGITS: Final = 32
_SHOWN_CANDIDATES: Final = 5
_CANCELLED_WORDS: Final = {
    "cancelled": "cancelled",
    "requested": "runs; it was told to stop",
    "unknown": "what it did outside is not known; look there, then decide",
    "finished": "had ended before",
}


@click.group()
def job() -> None:
    """Background jobs. An id may be shortened to its first characters, as far as no other job begins with them."""


@job.command("list")
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only these; may be given more than once.")
@click.option("--queue", "-q", help="Only those of this queue.")
@click.option("--kind", help="Only those of this kind, like campaigns.write_campaign.")
@click.option("--limit", "-n", default=20, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@with_format
@with_data_dir
def list_jobs(
    state: tuple[str, ...], queue: str | None, kind: str | None, limit: int, form: str, data_dir: Path | None
) -> None:
    """List jobs, the newest first."""
    load(data_dir)
    from nightdesk.engine.models import Job

    wanted: dict[str, Any] = {"state__in": state, "queue": queue, "kind": kind}
    found = Job.objects.filter(**{field: value for field, value in wanted.items() if value}).order_by("-id")[:limit]
    if form == "json":
        click.echo(json.dumps([describe_row(each) for each in found], indent=2, ensure_ascii=False))
    elif found:
        print_table(build_list(list(found)))
    else:
        click.echo("No jobs.")


@job.command("show")
@click.argument("job_id", metavar="ID")
@click.option("--watch", "-w", "watching", is_flag=True, help="Follow it until it ends.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0), help="With --watch: give up after so many seconds.")
@with_format
@with_data_dir
def show_job(job_id: str, watching: bool, timeout_s: float | None, form: str, data_dir: Path | None) -> int:
    """Show a job. Ends with 0 succeeded or unfinished, 1 failed, 2 cancelled, 3 not found, 4 timed out."""
    load(data_dir)
    found = find_job(job_id)
    if watching:
        from rich.console import Console

        try:
            found = watch(found.pk, timeout_s=timeout_s, console=Console(stderr=form == "json"))
        except WatchTimedOut:
            click.echo(f"nightdesk: {found.pk} is not finished after {timeout_s:g} s. It goes on.", err=True)
            return ExitStatus.TIMED_OUT
    described = describe(found)
    if form == "json":
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        print_table(build_sheet(described))
    return find_exit_status(described["state"])


@job.command("retry")
@click.argument("job_id", metavar="ID")
@click.option("--confirm-not-done", is_flag=True, help="For an unknown outcome: you looked, and it was not done.")
@with_data_dir
def retry_job(job_id: str, confirm_not_done: bool, data_dir: Path | None) -> None:
    """Run a job again that failed, was cancelled or expired."""
    load(data_dir)
    from nightdesk.engine import actions

    found = find_job(job_id)
    if found.state == "unknown" and not confirm_not_done:
        raise click.ClickException(
            f"It is not known whether {found.pk} was done. Look at the other side first; if it was not, "
            "say so with --confirm-not-done."
        )
    actions.retry(job_id=found.pk, confirm="not_done" if confirm_not_done else None)
    note("job.retry", title=found.kind, job_id=found.pk)
    click.echo(f"{found.pk} waits to run again. Follow it: nightdesk job show {found.pk} --watch")


@job.command("cancel")
@click.argument("job_ids", metavar="[ID]...", nargs=-1)
@click.option("--queue", "-q", help="Cancel everything that waits in this queue.")
@with_data_dir
def cancel_jobs(job_ids: tuple[str, ...], queue: str | None, data_dir: Path | None) -> None:
    """Cancel jobs by id, or everything that waits in a queue."""
    if bool(job_ids) == bool(queue):
        raise click.UsageError("Name the jobs to cancel, or a queue with --queue.")
    load(data_dir)
    from nightdesk.engine import actions

    if queue:
        count = actions.cancel_queue(queue=queue)
        note("job.cancel_queue", title=f"{queue} ({count})")
        click.echo(f"{count} waiting {'job' if count == 1 else 'jobs'} of queue {queue} cancelled.")
    for found in [find_job(job_id) for job_id in job_ids]:  # a misspelt id must not leave half of them cancelled
        outcome = actions.cancel(job_id=found.pk)
        if outcome != "finished":
            note("job.cancel", title=found.kind, job_id=found.pk)
        click.echo(f"{found.pk}: {_CANCELLED_WORDS[outcome]}.")


def find_job(job_id: str) -> "Job":
    """Find a job by its id or the beginning of it.

    Raises:
        NotFound: none begins so. InvalidInput: not an id, or several jobs begin so.
    """
    from nightdesk.engine.models import Job

    digits = job_id.replace("-", "").lower()
    if not digits or len(digits) > _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        raise InvalidInput(f"{job_id} is no job id. Ids are shown by: nightdesk job list")
    # Both databases order ids as their digits do, so all that begin alike lie between two ids.
    lowest, highest = (UUID(digits.ljust(_ID_DIGITS, filler)) for filler in "0f")
    found = list(Job.objects.filter(pk__gte=lowest, pk__lte=highest).order_by("id")[: _SHOWN_CANDIDATES + 1])
    if not found:
        raise NotFound(f"There is no job {job_id}. Finished jobs are removed after some weeks.")
    if len(found) > 1:
        shown = ", ".join(str(each.pk) for each in found[:_SHOWN_CANDIDATES])
        more = " and others" if len(found) > _SHOWN_CANDIDATES else ""
        raise InvalidInput(f"Several jobs begin with {job_id}: {shown}{more}. Write more of the id.")
    return found[0]
