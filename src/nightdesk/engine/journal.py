"""The log lines of a run: kept for its attempt, and marked with its job in the process's own log."""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from nightdesk.engine.run import Run

MOST_LINES: Final = 200
_run: "ContextVar[Run | None]" = ContextVar("nightdesk_run", default=None)


class RunLines(logging.Handler):
    """Copies each record logged during a run into its lines, the oldest dropped first."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; cheap outside runs."""
        run = _run.get()
        if run is None or record.name.startswith(("celery", "nightdesk.engine")):
            return
        run.lines.append(f"{record.levelname} {record.getMessage()}")
        del run.lines[:-MOST_LINES]


_handler: Final = RunLines()


@contextlib.contextmanager
def recording(run: "Run") -> Iterator[None]:
    """Keep what is logged in here with the run, and say the job's id and kind in each line."""
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    token = _run.set(run)
    try:
        with structlog.contextvars.bound_contextvars(job_id=str(run.job_id), kind=run.kind.name):
            yield
    finally:
        _run.reset(token)
