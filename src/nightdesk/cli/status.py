"""`nightdesk status`: who works, what waits."""

import json
from pathlib import Path
from typing import Any, Final

import click

from nightdesk.cli.options import load, with_data_dir, with_format
from nightdesk.cli.tables import print_table

_MIB: Final = 1024 * 1024


@click.command()
@with_format
@with_data_dir
def status(form: str, data_dir: Path | None) -> None:
    """Show workers, queues and counts of jobs."""
    load(data_dir)
    workers, queues, states = list_workers(), list_queues(), count_states()
    if form == "json":
        click.echo(json.dumps({"workers": workers, "queues": queues, "jobs": states}, indent=2))
        return
    click.echo("Jobs: " + (", ".join(f"{count} {state}" for state, count in states.items()) or "none yet") + ".\n")
    if workers:
        _print_table(workers)
    else:
        click.echo("No worker runs, so jobs wait. Start one: nightdesk worker (or everything: nightdesk up)")
    if queues:
        click.echo()
        _print_table(queues)


def list_workers() -> list[dict[str, Any]]:
    """Describe the live workers."""
    from nightdesk.engine.queries import live_workers

    return [
        {
            "worker": worker.name,
            "pool": worker.pool,
            "busy": worker.active,
            "slots": worker.slots - worker.lost_slots,
            "queues": sorted(worker.queues),
            "memory_mib": round(worker.memory_bytes / _MIB),
            "draining": worker.draining,
        }
        for worker in live_workers()
    ]


def list_queues() -> list[dict[str, Any]]:
    """Count, per queue that has any, what waits and what runs, and say whether it is paused."""
    from django.db.models import Count, Q

    from nightdesk.engine.models import Job, Queue
    from nightdesk.engine.states import UNFINISHED, State

    paused = set(Queue.objects.filter(paused_at__isnull=False).values_list("name", flat=True))
    counted = (
        Job.objects.filter(state__in=UNFINISHED)
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=Q(state=State.WAITING)), running=Count("pk", filter=Q(state=State.RUNNING))
        )
        .order_by("queue")
    )
    rows = {row["queue"]: (row["waiting"], row["running"]) for row in counted}
    return [
        {"queue": name, "waiting": waiting, "running": running, "paused": name in paused}
        for name, (waiting, running) in sorted({**dict.fromkeys(paused, (0, 0)), **rows}.items())
    ]


def count_states() -> dict[str, int]:
    """Count the jobs by state."""
    from django.db.models import Count

    from nightdesk.engine.models import Job

    return dict(Job.objects.values_list("state").annotate(count=Count("pk")).order_by("state"))


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(Text(_say(value)) for value in row.values()))
    print_table(table)


def _say(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
