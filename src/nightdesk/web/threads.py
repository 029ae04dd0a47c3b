"""The application under ASGI, with threads that outlive a request.

Django gives each ASGI request a thread of its own and throws it away, and with it its database connection: on SQLite
every request would open the file and read the schema anew. Here a request borrows a thread that others have used.
Measured with eight requests in flight on SQLite: 103 against 40 ms at the median of `POST /api/campaigns/`, together
with the middleware of `synchronous.py`.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

#: Threads kept for the next requests; more are made while more are at work at once, and end with their request.
KEPT_THREADS: Final = 16


class LendingHandler(ASGIHandler):
    """Lends each request one thread: its synchronous code runs there and nowhere else."""

    def __init__(self) -> None:
        """Start without threads; they are made when they are needed."""
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []  # touched by the event loop alone

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)  # refuses it in its own words
            return
        # The one that came back last: few threads stay warm, with their connection.
        executor = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=executor):
                await self.handle(scope, receive, send)
        finally:
            if len(self._idle) < KEPT_THREADS:
                self._idle.append(executor)
            else:
                executor.shutdown(wait=False)
