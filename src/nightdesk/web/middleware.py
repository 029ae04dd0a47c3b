"""What every page has in common: where its contents may come from, and refusals in plain words."""

from collections.abc import Awaitable, Callable
from typing import Final, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import sync_and_async_middleware

from nightdesk.core.errors import NightdeskError

Handler = Callable[[HttpRequest], HttpResponseBase]
AsyncHandler = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

#: Scripts, styles and requests of our own only; nothing inline, nothing evaluated, no frames.
CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@sync_and_async_middleware
def send_content_policy(get_response: Handler | AsyncHandler) -> Handler | AsyncHandler:
    """Send the content security policy with every answer that does not bring its own."""

    async def send_async(request: HttpRequest) -> HttpResponseBase:
        return _with_policy(await cast("AsyncHandler", get_response)(request))

    def send(request: HttpRequest) -> HttpResponseBase:
        return _with_policy(cast("Handler", get_response)(request))

    return send_async if iscoroutinefunction(get_response) else send


def _with_policy(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    return response


class PlainErrors:
    """Show what a service refused, with its status and its own words; bugs go on to the plain page for them."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler | AsyncHandler) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer in the form that was asked for: a sentence for scripts, a page for people."""
        if not isinstance(error, NightdeskError):
            return None
        if request.headers.get("HX-Request") or request.path_info.startswith("/live/"):
            return HttpResponse(error.public_message, status=error.status, content_type="text/plain; charset=utf-8")
        return render(request, "web/refused.html", {"error": error}, status=error.status)
