"""One stream of the live feed, message by message."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connections
from django.http import StreamingHttpResponse
from django.test import AsyncClient

from nightdesk.accounts.models import Role, User
from nightdesk.engine.feed import JobEvent
from nightdesk.web import live
from nightdesk.web.wire import describe_event
from tests.integration.feed.board import add_job, change, cursor_now
from tests.integration.web.conftest import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT_S = 10
Messages = AsyncIterator[str]


def follow(member: User, body: Callable[[Messages], Awaitable[None]], **headers: str) -> None:
    """Open a stream of `campaign:1` as the member and hand its messages, without their separators, to `body`."""

    async def run() -> None:
        client = AsyncClient()
        await client.aforce_login(member, backend=BACKEND)
        answer: object = await client.get("/live/", {"topics": "campaign:1"}, headers=headers)
        assert isinstance(answer, StreamingHttpResponse)  # asyncio.run closes it
        assert answer.status_code == 200
        assert dict(answer.headers) | {
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "Content-Encoding": "identity",
        } == dict(answer.headers)
        async with asyncio.timeout(LIMIT_S):
            await body(split(answer))
        await sync_to_async(connections.close_all)()  # that of the thread in which this loop's database work ran

    asyncio.run(run())


async def split(answer: StreamingHttpResponse) -> Messages:
    async for chunk in answer:
        for message in chunk.decode().removesuffix("\n\n").split("\n\n"):
            yield message


def test_stream_says_hello_then_what_changes(member: User) -> None:
    async def body(messages: Messages) -> None:
        assert (await anext(messages)).startswith("retry: ")
        hello = await anext(messages)
        assert hello.partition("\n")[2] == "event: hello\ndata: {}"
        job = await sync_to_async(add_job)(subject="campaign:1")
        told = (await anext(messages)).split("\n")
        assert int(told[0].removeprefix("id: ")) >= int(hello.partition("\n")[0].removeprefix("id: "))
        assert told[1] == "event: job"
        assert json.loads(told[2].removeprefix("data: ")) == describe_event(JobEvent.of(job))

    follow(member, body)


def test_only_the_last_message_of_a_batch_moves_the_cursor(member: User) -> None:
    start = cursor_now()
    jobs = [add_job(subject="campaign:1") for _ in range(3)]

    async def body(messages: Messages) -> None:
        await anext(messages)
        seen = [await anext(messages) for _ in range(4)]
        assert [message.startswith("id: ") for message in seen] == [False, False, False, True]
        assert [str(job.id) in message for job, message in zip(jobs, seen, strict=False)] == [True] * 3
        assert "event: hello" in seen[3]

    follow(member, body, **{"Last-Event-ID": str(start)})


def test_stream_that_resumes_from_too_long_ago_says_resync(member: User) -> None:
    add_job(subject="campaign:1")

    async def body(messages: Messages) -> None:
        await anext(messages)
        assert await anext(messages) == "event: resync\ndata: {}"

    follow(member, body, **{"Last-Event-ID": "from another world"})


def test_silent_stream_pings_and_moves_its_cursor(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    other = add_job(subject="campaign:2")

    async def body(messages: Messages) -> None:
        await anext(messages)
        hello = await anext(messages)
        while "hello" not in hello:  # pings, as long as the tail looks for its place
            hello = await anext(messages)
        first = hello.partition("\n")[0]
        await sync_to_async(change)(other, progress=1)
        while (ping := await anext(messages)).partition("\n")[0] == first:
            assert ping.endswith(": ping")
        assert ping.endswith("\n: ping")

    follow(member, body)


def test_stream_ends_by_itself(member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    monkeypatch.setattr(live, "STREAM_S", 0.2)
    monkeypatch.setattr(live, "STREAM_JITTER_S", 0.0)

    async def body(messages: Messages) -> None:
        assert len([message async for message in messages]) > 2

    follow(member, body)


def end_sessions(_: User) -> None:
    Session.objects.all().delete()


def promote(member: User) -> None:
    User.objects.filter(id=member.id).update(role=Role.OPERATOR)


def disable(member: User) -> None:
    User.objects.filter(id=member.id).update(status="disabled")


@pytest.mark.parametrize("happens", [end_sessions, promote, disable])
def test_stream_ends_when_its_reader_signs_out_or_gets_other_rights(
    member: User, monkeypatch: pytest.MonkeyPatch, happens: Callable[[User], None]
) -> None:
    monkeypatch.setattr(live, "PING_S", 0.05)
    monkeypatch.setattr(live, "CHECK_ACCESS_S", 0.05)

    async def body(messages: Messages) -> None:
        for _ in range(10):
            await anext(messages)
        await sync_to_async(happens)(member)
        async for _ in messages:
            pass

    follow(member, body)
