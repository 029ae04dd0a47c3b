"""Preferences of a browser, in cookies: the server's first byte already obeys them."""

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse

_YEAR_S: Final = 365 * 24 * 3600


def keep_preference(request: HttpRequest, response: HttpResponse, name: str, choices: Sequence[str]) -> HttpResponse:
    """Keep what was posted under `name` in a cookie of that name; anything unknown is the first choice."""
    chosen = request.POST.get(name, "")
    response.set_cookie(
        name,
        chosen if chosen in choices else choices[0],
        max_age=_YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response
