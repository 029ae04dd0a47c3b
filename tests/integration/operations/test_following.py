"""One job's stream from the inside: what it does while nothing happens."""

import asyncio
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.httpkit.actors import Actor
from nightdesk.operations import following
from tests.contract.api.kinds import Echo

ACTOR = Actor(user_id=1)


@pytest.fixture
def job(transactional_db: None) -> Iterator[Job]:
    yield Job.objects.get(id=enqueue(Echo(), owner_id=1))
    shared_tail().stop()


def test_silent_stream_pings_and_leaves_nothing_behind(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PING_S", 0.02)

    async def read_three() -> list[bytes]:
        stream = following._follow(ACTOR, job, seen=0)
        read = [await anext(stream) for _ in range(3)]
        await stream.aclose()  # type: ignore[attr-defined]
        return read

    first, *pings = asyncio.run(read_three())

    assert first.startswith(f"id: {job.version}\nevent: job\ndata: {{".encode())
    assert pings == [b": ping\n\n"] * 2
    assert shared_tail()._subscriptions == set()


def test_idle_stream_holds_no_connection(job: Job) -> None:
    async def look_and_ask() -> bool:
        stream = following._follow(ACTOR, job, seen=0)
        await anext(stream)
        idle = await sync_to_async(is_closed)()  # the thread that reads for the stream
        await stream.aclose()  # type: ignore[attr-defined]
        return idle

    def is_closed() -> bool:
        return connections["default"].connection is None

    assert asyncio.run(look_and_ask())
