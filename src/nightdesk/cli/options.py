"""Options that several commands share, and the exit statuses of all."""

from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DATA_DIR_NAME: Final = "NIGHTDESK_DATA_DIR"
DEFAULT_DATA_DIR: Final = "data"


class ExitStatus(IntEnum):
    """What a command ends with; those of a job say how the job stands."""

    DONE = 0
    FAILED = 1
    CANCELLED = 2
    NOT_FOUND = 3  # the job, the database, or whatever was asked for
    TIMED_OUT = 4
    INTERRUPTED = 130


def with_data_dir(command: Command) -> Command:
    """Add `--data-dir`."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder with everything that is kept. Default: NIGHTDESK_DATA_DIR, else ./data.",
    )(command)


def with_format(command: Command) -> Command:
    """Add `--format`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="A table for people or JSON for programs.",
    )(command)


def load(data_dir: Path | None, *, role: str | None = None) -> None:
    """Load settings and apps for a command.

    Raises:
        SystemExit: a setting cannot be used.
    """
    from nightdesk.config.startup import start

    start(role=role, data_dir=data_dir)
