"""The live feed over HTTP: one stream of server-sent events a browser, polling where streams do not pass."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from nightdesk.accounts.models import User
from nightdesk.core.errors import InvalidInput, Unauthenticated
from nightdesk.engine.feed import Batch, JobEvent, shared_tail
from nightdesk.engine.queries import visible_jobs
from nightdesk.httpkit.actors import Actor
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.topics import Topics, Wants, build_filter
from nightdesk.web.wire import describe_batch, describe_event, write_batch

#: Proxies close what is silent, usually after 30 to 60 s; a lost reader is noticed at the next ping at the latest.
PING_S: Final = 15.0
#: A stream ends by itself, so that readers spread over the processes again after a restart of one.
STREAM_S: Final = 600.0
STREAM_JITTER_S: Final = 60.0
#: How soon a session that ended elsewhere ends its streams.
CHECK_ACCESS_S: Final = 60.0
#: Readers that were cut off together must not come back together.
RETRY_MS: Final = (1000, 3000)
#: A page shows far fewer unfinished jobs.
MAX_RECONCILED: Final = 500

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would collect the stream
    "Content-Encoding": "identity",  # compressing middleware and proxies would collect it too
}


@require_GET
async def follow(request: HttpRequest) -> HttpResponseBase:
    """Stream the jobs of `topics` that change, from `Last-Event-ID` or `after` on; `mode=poll` answers at once, in JSON."""
    user = await request.auser()
    if not user.is_authenticated:
        raise Unauthenticated
    actor = _actor(user)
    wants = build_filter(actor, Topics.read(request.GET.get("topics", "")))
    after = _read_cursor(request)
    if request.GET.get("mode") == "poll":
        batch = shared_tail().missed(wants, after) or Batch(after or 0)
        return JsonResponse(describe_batch(batch), headers={"Cache-Control": "no-store"})
    # The thread of this request, and what it holds, would otherwise keep its connection as long as the stream lasts.
    await sync_to_async(connections.close_all)()
    return StreamingHttpResponse(
        _stream(request, actor, wants, after), content_type="text/event-stream; charset=utf-8", headers=_HEADERS
    )


@require_POST
@never_cache
@signed_in
def reconcile(request: HttpRequest) -> HttpResponse:
    """Compare `{job id: version}` of a page with the rows: answer the jobs that differ, and the ids that are gone."""
    known = _read_versions(request)
    actor = actor_on(request)
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(list(known))
    events = [describe_event(JobEvent.of(job)) for job_id, job in jobs.items() if job.version != known[job_id]]
    gone = [str(job_id) for job_id in known if job_id not in jobs]
    return JsonResponse({"events": events, "gone": gone})


async def _stream(request: HttpRequest, actor: Actor, wants: Wants, after: int | None) -> AsyncIterator[str]:
    loop, bell = asyncio.get_running_loop(), asyncio.Event()
    ends_at_s = loop.time() + STREAM_S + random.uniform(0, STREAM_JITTER_S)  # noqa: S311 (spreads load)
    check_at_s = loop.time() + CHECK_ACCESS_S

    def wake() -> None:
        loop.call_soon_threadsafe(bell.set)

    subscription = shared_tail().subscribe(wants, wake, after=after)
    first = True
    try:
        yield f"retry: {random.randint(*RETRY_MS)}\n\n"  # noqa: S311 (spreads load)
        while loop.time() < ends_at_s:
            await _ring_or_ping(bell)
            if loop.time() > check_at_s:
                if not await _may_stay(request, actor):
                    return
                check_at_s = loop.time() + CHECK_ACCESS_S
            batch = subscription.take()
            yield write_batch(batch, first=first) if batch else ": ping\n\n"
            first = first and batch is None
    finally:
        shared_tail().unsubscribe(subscription)


async def _ring_or_ping(bell: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(PING_S):
            await bell.wait()
    except TimeoutError:
        return
    bell.clear()


async def _may_stay(request: HttpRequest, actor: Actor) -> bool:
    """Whether the session is still there and still that of the same person with the same role."""
    return await sync_to_async(_read_actor, thread_sensitive=False)(request.session.session_key) == actor


def _read_actor(session_key: str | None) -> Actor | None:
    probe = HttpRequest()
    store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    probe.session = store(session_key)
    try:
        user = get_user(probe)
        return _actor(user) if user.is_authenticated else None
    finally:
        connections.close_all()


def _actor(user: User) -> Actor:
    return Actor(user_id=user.id, operator=user.is_operator)


def _read_cursor(request: HttpRequest) -> int | None:
    text = request.headers.get("Last-Event-ID") or request.GET.get("after") or ""
    if not text:
        return None
    # An id that is none of ours is older than everything: its owner looks at everything again.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else -1


def _read_versions(request: HttpRequest) -> dict[UUID, int]:
    try:
        sent = json.loads(request.body)
        versions = {UUID(job_id): int(version) for job_id, version in sent.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("Send a JSON object from ids of jobs to their versions.") from None
    if len(versions) > MAX_RECONCILED:
        raise InvalidInput(f"Send at most {MAX_RECONCILED} jobs at once.")
    return versions
