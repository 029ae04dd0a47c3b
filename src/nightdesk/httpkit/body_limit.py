"""In front of the application: no request is taken in whole that is larger than its view takes.

Django's ASGI handler writes every body to the disk before anybody has looked at the request: without this, whoever
reaches the port could fill the disk, without a token and without an end.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

import pydantic_core
import structlog
from django.urls import Resolver404, resolve

from nightdesk.httpkit.parsing import MAX_BODY_BYTES, too_large
from nightdesk.httpkit.problems import PROBLEM_JSON, describe_problem

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

#: What a body may have whose view says nothing of its own. Some above the views' limit: who is only a little over it
#: gets the view's own answer, on a connection that goes on.
USUAL_BYTES: Final = 2 * MAX_BODY_BYTES
_LONGEST_LOGGED_PATH: Final = 200

logger: Final = structlog.get_logger("nightdesk.http")


class BodyLimit:
    """An ASGI application around another. A body that is too large ends the request with 413, and its connection."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        most = find_most_bytes(scope["path"]) if scope["type"] == "http" else USUAL_BYTES
        if _declared_bytes(scope) > most:
            await _refuse(scope, send, most)
            return
        left = most
        has_begun = False

        async def receive_some() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            # To the application it looks as if the client had gone: it lets go of what it has.
            return message if left >= 0 else {"type": "http.disconnect"}

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        await self._inner(scope, receive_some, send_on)
        if left < 0 and not has_begun:
            await _refuse(scope, send, most)


def find_most_bytes(path: str) -> int:
    """Return how many bytes a body sent to this path may have, as `accepts_bytes` says at its view."""
    try:
        view = resolve(path).func
    except Resolver404:
        return USUAL_BYTES
    return max(USUAL_BYTES, getattr(view, "max_body_bytes", 0))


def _declared_bytes(scope: Message) -> int:
    declared = next((value for name, value in scope.get("headers", ()) if name.lower() == b"content-length"), b"0")
    return int(declared) if declared.isdigit() else 0


async def _refuse(scope: Message, send: Send, most: int) -> None:
    body = describe_problem(too_large(most))
    content = pydantic_core.to_json(body, exclude_none=True)
    logger.info(
        "http.refused",
        method=scope["method"],
        path=scope["path"][:_LONGEST_LOGGED_PATH],
        status=body.status,
        code=body.code,
        user=None,
    )
    headers = [
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),  # the rest of the body is not wanted
    ]
    await send({"type": "http.response.start", "status": int(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), "headers": headers})
    await send({"type": "http.response.body", "body": content})
