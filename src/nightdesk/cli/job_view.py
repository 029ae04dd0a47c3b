"""A job in the terminal: as a table, as JSON, as a line that moves."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from nightdesk.cli.options import ExitStatus

if TYPE_CHECKING:
    from rich.table import Table

    from nightdesk.engine.models import Job

#: How a state ends `nightdesk job show`. An expired job was not started in time: it was given up, as a cancelled one.
_STATUS_OF: Final = {
    "succeeded": ExitStatus.DONE,
    "failed": ExitStatus.FAILED,
    "unknown": ExitStatus.FAILED,
    "cancelled": ExitStatus.CANCELLED,
    "expired": ExitStatus.CANCELLED,
}
_NEXT_STEP: Final = {
    "failed": "To try again: nightdesk job retry {id}",
    "cancelled": "To run it after all: nightdesk job retry {id}",
    "expired": "To run it after all: nightdesk job retry {id}",
    "unknown": "It may or may not have been done. Look at the other side; if it was not: "
    "nightdesk job retry {id} --confirm-not-done",
}
_LONGEST_RESULT: Final = 2000  # characters; --format json has all of it


def find_exit_status(state: str) -> ExitStatus:
    """Say a job's state as an exit status; unfinished is no failure."""
    return _STATUS_OF.get(state, ExitStatus.DONE)


def describe_row(job: "Job") -> dict[str, Any]:
    """Describe a job as the HTTP API's lists do."""
    from nightdesk.operations.schemas import JobOut

    described: dict[str, Any] = json.loads(JobOut.from_row(job).model_dump_json())
    return described


def describe(job: "Job") -> dict[str, Any]:
    """Describe a job with everything that is known of it; secrets are masked, sensitive kinds keep theirs."""
    from nightdesk.core.redaction import redact
    from nightdesk.engine import queries
    from nightdesk.engine.arguments import KINDS

    kind = KINDS.get(job.kind)
    hidden = kind is None or kind.sensitive
    error = None if job.state == "succeeded" else queries.error_of(job)
    return {
        **describe_row(job),
        "waiting_reason": queries.waiting_reason(job),
        "arguments": None if hidden else redact(queries.arguments_of(job)),
        "result": None if hidden else redact(_read_result(job)),
        "error": None if error is None else {"code": error.code, "message": error.message, "type": error.type},
    }


def _read_result(job: "Job") -> Any:
    from nightdesk.core.errors import Gone
    from nightdesk.engine.queries import result_of

    try:
        return result_of(job) if job.state == "succeeded" else None
    except Gone:
        return None


def build_list(jobs: Sequence["Job"]) -> "Table":
    """Build the table of many jobs."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("id", no_wrap=True)  # whole, to be copied into the next command
    for name in ("kind", "queue", "state", "done", "created", "message"):
        table.add_column(name, overflow="fold")
    for job in jobs:
        row = describe_row(job)
        cells = (row["id"], row["kind"], row["queue"], row["state"], f"{row['progress']} %")
        table.add_row(*(Text(str(cell)) for cell in (*cells, say_time(row["created_at"]), row["message"])))
    return table


def build_sheet(described: dict[str, Any]) -> "Table":
    """Build the sheet of one job: what is known, a line each, empty ones left out; last, what to do next."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _list_facts(described):
        table.add_row(name, Text(value))
    return table


def _list_facts(job: dict[str, Any]) -> list[tuple[str, str]]:
    error = job["error"]
    facts = [
        ("id", job["id"]),
        ("kind", f"{job['kind']}, queue {job['queue']}, priority {job['priority']}"),
        ("state", f"{job['state']}, {job['progress']} %, run {job['runs']}" if job["runs"] else job["state"]),
        ("message", job["message"]),
        ("waits", job["waiting_reason"]),
        ("about", job["subject"]),
        ("created", say_time(job["created_at"])),
        ("started", say_time(job["started_at"])),
        ("finished", say_time(job["finished_at"])),
        ("arguments", _say_value(job["arguments"])),
        ("result", _say_value(job["result"])),
        ("error", f"{error['message']} ({error['code']})" if error else ""),
        ("next", _NEXT_STEP.get(job["state"], "").format(id=job["id"])),
    ]
    return [(name, value) for name, value in facts if value]


def _say_value(value: object) -> str:
    if value in (None, {}, []):
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_RESULT else f"{text[:_LONGEST_RESULT]} … (all of it with --format json)"


def say_time(value: str | None) -> str:
    """Say a UTC time of the API in this machine's zone."""
    return "" if value is None else datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
