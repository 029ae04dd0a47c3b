"""Who may see a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from nightdesk.accounts.models import User
from nightdesk.httpkit.actors import Actor

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]


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
    def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            # A redirect would put the sign-in page into the middle of this one, a reload would lose what was typed:
            # the page itself says that the session has ended.
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path())

    return cast("Page[P]", checked)
