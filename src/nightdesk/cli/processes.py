"""The long-running parts, each in this process: web, worker, beat; and Django's own commands."""

import os
import runpy
import sys
from pathlib import Path
from typing import Final

import click

from nightdesk.cli import lifeline
from nightdesk.cli.options import load, with_data_dir

DEFAULT_PORT: Final = 8000
#: Requests in flight get this long; live streams would hold a stop for ever.
WEB_GRACE_S: Final = 3
#: Waiting on outer services costs no processor, so threads are more than cores.
THREADS: Final = 8

_with_lifeline = click.option(
    "--lifeline", "with_lifeline", is_flag=True, hidden=True, help="End when standard input ends."
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535))
@with_data_dir
@_with_lifeline
def web(host: str, port: int, data_dir: Path | None, *, with_lifeline: bool) -> None:
    """Run the web server: pages, HTTP API and live feed."""
    if with_lifeline:
        lifeline.hold()
    load(data_dir, role="web")
    import uvicorn

    uvicorn.run(
        "nightdesk.asgi:application",
        host=host,
        port=port,
        timeout_graceful_shutdown=WEB_GRACE_S,
        # Whom to believe about a caller's address is a setting of ours; uvicorn would believe any local process.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )


@click.command()
@click.option("--queues", "-Q", help="Queues to serve, with commas between them. Default: all.")
@click.option("--exclude-queues", "-X", help="Serve all queues but these, with commas between them.")
@click.option(
    "--pool",
    "-P",
    type=click.Choice(["threads", "prefork", "solo"]),
    default="threads",
    show_default=True,
    help="Threads for waiting on others, processes (prefork) for pixels and other computing.",
)
@click.option(
    "--concurrency", "-c", type=click.IntRange(1), help=f"Jobs at once. Default: {THREADS} threads, or one per core."
)
@click.option(
    "--max-tasks-per-child", type=click.IntRange(1), help="On prefork: jobs after which a process is replaced."
)
@click.option(
    "--max-memory-per-child",
    "max_memory_mib",
    type=click.IntRange(1),
    help="On prefork: MiB that a process may have taken at its most; one above is replaced when its job is done.",
)
@click.option("--name", help="Name of this worker before the @. Default: worker-<process id>.")
@click.argument("celery_options", nargs=-1, type=click.UNPROCESSED)
@with_data_dir
@_with_lifeline
def worker(
    queues: str | None,
    exclude_queues: str | None,
    pool: str,
    concurrency: int | None,
    max_tasks_per_child: int | None,
    max_memory_mib: int | None,
    name: str | None,
    celery_options: tuple[str, ...],
    data_dir: Path | None,
    *,
    with_lifeline: bool,
) -> None:
    """Run a worker. What stands after -- goes to `celery worker` as it is."""
    if with_lifeline:
        lifeline.hold()
    load(data_dir, role="worker")
    if concurrency is None and pool == "threads":
        concurrency = THREADS
    chosen = {
        "--concurrency": concurrency,
        "--queues": queues,
        "--exclude-queues": exclude_queues,
        "--max-tasks-per-child": max_tasks_per_child,
        "--max-memory-per-child": max_memory_mib and max_memory_mib * 1024,
    }
    options = ["--hostname", f"{name or f'worker-{os.getpid()}'}@%h", "--pool", pool]
    for option, value in chosen.items():
        options += [option, str(value)] if value else []
    # Workers find each other in the database; over the broker each would hear of all others for nothing.
    run_celery("worker", *options, "--without-gossip", "--without-mingle", *celery_options, quiet=with_lifeline)


@click.command()
@with_data_dir
@_with_lifeline
def beat(data_dir: Path | None, *, with_lifeline: bool) -> None:
    """Run the scheduler. Any number may run: each schedule fires once."""
    if with_lifeline:
        lifeline.hold()
    load(data_dir, role="beat")
    run_celery("beat", "--pidfile=", quiet=with_lifeline)


def run_celery(command: str, *options: str, quiet: bool = False) -> None:
    """Become `celery -A nightdesk COMMAND`, in this process and at our log level. Does not return.

    `quiet`: without Celery's banner, which under `up` would bury the sign-in link.
    """
    from django.conf import settings

    level = settings.LOGGING["root"]["level"].lower()
    celery = ["celery", "--quiet"] if quiet else ["celery"]
    sys.argv = [*celery, "-A", "nightdesk", command, "--loglevel", level, *options]
    runpy.run_module("celery", run_name="__main__", alter_sys=True)


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}
)
@with_data_dir
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(data_dir: Path | None, arguments: tuple[str, ...]) -> None:
    """Run one of Django's commands, such as `migrate`, `shell` or `createsuperuser`."""
    load(data_dir)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["nightdesk manage", *arguments])
