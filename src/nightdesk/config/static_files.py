"""Serve the packages' own static files with WhiteNoise, also under ASGI.

WhiteNoise's own middleware is synchronous only. In the middle of an asynchronous chain it would cost every request two
hops between threads, hold a thread for as long as a request waits, and answer with a stream that ASGI cannot iterate.
Its index of files and its answers are used here; only a request for a file visits a thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def serve_static_files(get_response: Handler | AsyncHandler) -> Handler | AsyncHandler:
    """Answer requests for static files; everything else goes on."""
    index = WhiteNoiseMiddleware()

    def find(request: HttpRequest) -> StaticFile | None:
        if not request.path_info.startswith(index.static_prefix):
            return None
        return index.find_file(request.path_info) if index.autorefresh else index.files.get(request.path_info)

    async def serve_async(request: HttpRequest) -> HttpResponseBase:
        file = find(request)
        if file is not None:
            return await asyncio.to_thread(_answer, file, request)
        return await cast("AsyncHandler", get_response)(request)

    def serve(request: HttpRequest) -> HttpResponseBase:
        file = find(request)
        return _answer(file, request) if file else cast("Handler", get_response)(request)

    return serve_async if iscoroutinefunction(get_response) else serve


def _answer(file: StaticFile, request: HttpRequest) -> HttpResponse:
    """Read the file into one body: ours are small. WhiteNoise has decided on status, range, encoding and caching."""
    found = file.get_response(request.method, request.META)
    body = b""
    if found.file is not None:
        with found.file:
            body = found.file.read()
    response = HttpResponse(body, status=int(found.status))
    del response["Content-Type"]
    for name, value in found.headers:
        response[name] = value
    return response
