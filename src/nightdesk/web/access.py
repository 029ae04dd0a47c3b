"""Who may see a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from nightdesk.accounts.models import User
from nightdesk.core.errors import Forbidden
from nightdesk.httpkit.actors import Actor

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def actor_on(request: HttpRequest) -> Actor:
    """Return who looks at this page; only for views behind `signed_in`."""
    user = user_on(request)
    return Actor(user_id=user.id, operator=user.is_operator)


def user_on(request: HttpRequest) -> User:
    """Return the person who looks at this page; only for views behind `signed_in`."""
    return cast("User", request.user)


def signed_in(view: Page[P]) -> Page[P]:
    """Let only people who signed in see a page; others go to the sign-in page and come back after it."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            # A redirect would put the sign-in page into the middle of this one, a reload would lose what was typed:
            # the page itself says that the session has ended.
            return HttpResponse(status=401)
        return redirect_to_login(_way_back(request))

    return cast("Page[P]", checked)


def for_operators(view: Page[P]) -> Page[P]:
    """Let only operators see a page; other people are told whom to ask, whether there is such a thing or not."""

    @wraps(view)
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not user_on(request).is_operator:
            raise Forbidden
        return view(request, *args, **kwargs)

    return signed_in(cast("Page[P]", checked))


def _way_back(request: HttpRequest) -> str:
    """Return where to go after signing in: what was sent has no page of its own, the page that sent it has."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return resolve_url("web:home")
    parts = urlsplit(page)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))
