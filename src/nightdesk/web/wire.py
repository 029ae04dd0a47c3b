"""The live feed as text: server-sent events and JSON."""

import json
from typing import Any

from nightdesk.engine.feed import Batch, JobEvent


def describe_event(event: JobEvent) -> dict[str, Any]:
    """Return what a page needs to know of a job; texts beyond the progress message are fetched with their page."""
    return {
        "job": str(event.job_id),
        "version": event.version,
        "state": event.state,
        "progress": event.progress,
        "message": event.message,
        "subject": event.subject,
        "owner": event.owner_id,
        "runs": event.runs,
        "stopping": event.stopping,
    }


def describe_batch(batch: Batch) -> dict[str, Any]:
    """Return a batch for a reader that polls."""
    events = [] if batch.resync else [describe_event(event) for event in batch.events]
    return {"cursor": batch.cursor, "resync": batch.resync, "events": events}


def write_batch(batch: Batch, *, first: bool = False) -> str:
    """Write a batch as server-sent events; one with nothing in it becomes a comment that only moves the cursor.

    Only the last message carries the id: a reader that is cut off in between resumes before the whole batch.
    """
    messages = [_message("job", describe_event(event)) for event in batch.events]
    if batch.resync:
        messages = [_message("resync", {})]
    if first:
        messages.append(_message("hello", {}))
    if not messages:
        messages = [": ping\n"]
    return "\n".join([*messages[:-1], f"id: {batch.cursor}\n{messages[-1]}"]) + "\n"


def _message(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n"
