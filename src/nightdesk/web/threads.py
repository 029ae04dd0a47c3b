"""The application under ASGI, with threads that outlive a request.

Django gives each ASGI request a thread of its own and throws it away, and with it its database connection: on SQLite
every request would open the file and read the schema anew. Here a request borrows a thread that others have used.
Measured with eight requests in flight on SQLite: 103 against 40 ms at the median of `POST /api/campaigns/`, together
with the middleware of `synchronous.py`.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

P = ParamSpec("P")
T = TypeVar("T")

#: Threads kept for the next requests; more are made while more are at work at once, and end with their request.
KEPT_THREADS: Final = 16
_STREAM: Final = b"text/event-stream"


class LendingHandler(ASGIHandler):
    """Lends each request one thread: its synchronous code runs there and nowhere else.

    A stream gives its thread back when it begins: it lasts for minutes, has no synchronous code but its end, and a thread
    each was more than half of what an open stream held in memory (91 against 41 KB).
    """

    def __init__(self) -> None:
        """Start without threads; they are made when they are needed."""
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []  # touched by the event loop alone
        self._for_streams = ThreadPoolExecutor(1, thread_name_prefix="streams")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)  # refuses it in its own words
            return
        # The one that came back last: few threads stay warm, with their connection.
        loan = _Loan(self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request"))

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                self._take_back(loan.move(self._for_streams))
            await send(message)

        try:
            async with ThreadSensitiveContext(executor=loan):
                await self.handle(scope, receive, send_on)
        finally:
            self._take_back(loan.move(self._for_streams))

    def _take_back(self, executor: ThreadPoolExecutor) -> None:
        if executor is self._for_streams:
            return
        if len(self._idle) < KEPT_THREADS:
            self._idle.append(executor)
        else:
            executor.shutdown(wait=False)


class _Loan(Executor):
    """The thread of one request, which may be changed for another between two calls."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run a call on the present thread."""
        return self._executor.submit(fn, *args, **kwargs)

    def move(self, executor: ThreadPoolExecutor) -> ThreadPoolExecutor:
        """Go on with another thread; return the one that is free now."""
        free, self._executor = self._executor, executor
        return free


def _is_stream(message: Any) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(_STREAM) for name, value in message["headers"])
