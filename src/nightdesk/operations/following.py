"""One job's changes as server-sent events. No database connection is held between two changes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.engine.states import FINISHED
from nightdesk.httpkit.actors import Actor
from nightdesk.operations.access import find_job
from nightdesk.operations.schemas import JobOut

#: Proxies cut connections that are silent for 30 to 60 s.
PING_S: Final = 15.0
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


async def stream_job(request: HttpRequest, actor: Actor, job_id: str) -> StreamingHttpResponse:
    """Open the stream of a job that the actor may see; it ends after the final state.

    Raises:
        NotFound: as `find_job`.
    """
    job = await sync_to_async(_look)(actor, job_id)
    seen = request.headers.get("Last-Event-ID", "")
    events = _follow(actor, job, seen=int(seen) if seen.isascii() and seen.isdigit() else 0)
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=_HEADERS)


async def _follow(actor: Actor, first: Job, *, seen: int) -> AsyncIterator[bytes]:
    """Yield each newer version of the job, a comment where nothing happens, and end with the final one."""
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    tail = shared_tail()
    wanted: UUID = first.id
    subscription = tail.subscribe(lambda event: event.job_id == wanted, lambda: _wake(loop, changed))
    try:
        while True:
            # Read after subscribing: what changes in between rings again.
            job = await sync_to_async(_look)(actor, str(wanted))
            if job.version > seen:
                seen = job.version
                yield _event(job)
            if job.state in FINISHED:
                return
            while not await _is_set_within(changed, PING_S):
                yield b": ping\n\n"
            changed.clear()
            subscription.take()
    finally:
        tail.unsubscribe(subscription)


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    loop.call_soon_threadsafe(changed.set)


async def _is_set_within(changed: asyncio.Event, limit_s: float) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), limit_s)
    except TimeoutError:
        return False
    return True


def _look(actor: Actor, job_id: str) -> Job:
    try:
        return find_job(actor, job_id)
    finally:
        if not connection.in_atomic_block:
            connection.close()


def _event(job: Job) -> bytes:
    body = JobOut.from_row(job).model_dump_json()
    return f"id: {job.version}\nevent: job\ndata: {body}\n\n".encode()
