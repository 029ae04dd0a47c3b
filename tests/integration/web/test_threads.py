"""Requests borrow threads that outlive them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from nightdesk.web.threads import KEPT_THREADS, LendingHandler

_at_once = threading.Barrier(3, timeout=10)


def name_thread(_request: HttpRequest) -> HttpResponse:
    """Say in which thread this runs."""
    return HttpResponse(str(threading.get_ident()))


def meet(_request: HttpRequest) -> HttpResponse:
    """Wait until three requests are here at once, then say in which thread this runs."""
    _at_once.wait()
    return name_thread(_request)


async def stream(_request: HttpRequest) -> StreamingHttpResponse:
    """Stream until three streams and a plain request beside them have been served, then say in which thread it ends."""

    async def read() -> AsyncIterator[str]:
        _streams.append(1)
        while len(_streams) < 4:  # noqa: ASYNC110 (turns of one loop, no time passes)
            await asyncio.sleep(0)
        yield str(await sync_to_async(threading.get_ident)())

    return StreamingHttpResponse(read(), content_type="text/event-stream; charset=utf-8")


_streams: list[int] = []
urlpatterns = [path("thread", name_thread), path("meet", meet), path("stream", stream)]


async def ask(handler: LendingHandler, where: str) -> str:
    """Send a request and return the body of its answer."""
    sent: list[dict[str, Any]] = []
    incoming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if incoming:
            return incoming.pop()
        await asyncio.Event().wait()  # the client stays until it has its answer
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": where,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "http_version": "1.1",
    }
    await handler(scope, receive, send)
    return b"".join(part.get("body", b"") for part in sent).decode()


def test_requests_one_after_the_other_share_a_thread(settings: Any) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    handler = LendingHandler()

    async def three() -> list[str]:
        return [await ask(handler, "/thread") for _ in range(3)]

    names = asyncio.run(three())

    assert names == [names[0]] * 3


def test_requests_at_once_have_a_thread_each_and_leave_them_behind(settings: Any) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    handler = LendingHandler()

    async def three() -> list[str]:
        return list(await asyncio.gather(*(ask(handler, "/meet") for _ in range(3))))

    names = asyncio.run(three())

    assert len(set(names)) == 3
    assert len(handler._idle) == 3 <= KEPT_THREADS


def test_streams_give_their_threads_back_when_they_begin(settings: Any) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
    handler = LendingHandler()
    _streams.clear()

    async def three_and_one() -> tuple[list[str], str]:
        streams = [asyncio.create_task(ask(handler, "/stream")) for _ in range(3)]
        while len(_streams) < 3:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0)
        held = len(handler._idle)
        plain = await ask(handler, "/thread")  # on a thread that one of the streams has used
        assert len(handler._idle) == held == 3
        _streams.append(1)
        return list(await asyncio.gather(*streams)), plain

    ends, plain = asyncio.run(three_and_one())

    assert len(set(ends)) == 1
    assert plain not in ends
    assert len(handler._idle) == 3
