"""Leaving by the link of a mail: for whoever has the link, without an account, a cookie or a script."""

from typing import Any, Final

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from nightdesk.mail import services
from nightdesk.mail.errors import UnsubscribeLinkNotValid

#: What the buttons of the page send. A mail program sends `List-Unsubscribe=One-Click` instead (RFC 8058, 3.1).
_BUTTON: Final = "button"
_AGAIN: Final = "again"


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button; a POST unsubscribes, whoever sends it. Looking at the page changes nothing: scanners do that."""
    try:
        response = _act(request, token) if request.method == "POST" else _ask(request, token)
    except UnsubscribeLinkNotValid as error:
        response = render(request, "web/unsubscribe/unknown.html", {"error": error}, status=error.status)
    # The address is all that it takes to unsubscribe somebody: it goes nowhere else, and nobody keeps the page.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    address, category = services.read_unsubscribe_token(token=token)
    return _show(request, "ask", address, category)


def _act(request: HttpRequest, token: str) -> HttpResponse:
    button = _button_of(request)
    if button == _AGAIN:
        return _show(request, "again", *services.resubscribe(token=token))
    address, category = services.unsubscribe(token=token)
    return _show(request, "done", address, category) if button else HttpResponse(b"")


def _button_of(request: HttpRequest) -> str:
    """Return which button of the page was pressed; "" for a mail program, however it writes its body."""
    try:
        return request.POST.get(_BUTTON, "")
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        return ""


def _show(request: HttpRequest, what: str, address: str, category: str) -> HttpResponse:
    context: dict[str, Any] = {
        "what": what,
        "address": address,
        "title": services.REFUSABLE[category],
        "site_name": settings.SITE_NAME,
    }
    return render(request, "web/unsubscribe/page.html", context)
