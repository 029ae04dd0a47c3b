"""Who asks the API: a bearer token, or else the session of a browser."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.security.base import AuthBase

from nightdesk.accounts.signing_in import check_token
from nightdesk.core.errors import Forbidden, Unauthenticated
from nightdesk.httpkit import throttles
from nightdesk.httpkit.actors import Actor
from nightdesk.httpkit.addresses import client_address, share_of

#: No token of ours is longer; what is longer is not worth hashing.
_LONGEST_TOKEN: Final = 200


class CsrfFailed(Forbidden):
    """A browser sent its cookie, but the page that asked is not one of ours."""

    code = "csrf_failed"
    public_message = "The CSRF token is missing or wrong. Load the page again, or use an API token."


class BearerToken(AuthBase):
    """`Authorization: Bearer nd_...`. A header that is there and wrong is never passed on to the session."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return who asks, or None when there is no such header."""
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        try:
            token = check_token(secret.strip() if scheme.lower() == "bearer" else "")
        except Unauthenticated:
            _count_stranger(request)
            raise
        user = token.user
        actor = Actor(user_id=user.id, token_id=token.id, operator=user.is_operator, name=user.email)
        return _count(actor)


class Session(AuthBase):
    """The session cookie of the pages; requests that change something need the CSRF token too."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name = settings.SESSION_COOKIE_NAME
    csrf = True  # so that the API's page sends the token with what is tried out there

    def __call__(self, request: HttpRequest) -> Actor | None:
        """Return who asks.

        Raises:
            Unauthenticated: nobody signed in. CsrfFailed: 403.
        """
        user = request.user
        if not user.is_authenticated:
            _count_stranger(request)
            raise Unauthenticated
        _check_csrf(request)
        return _count(Actor(user_id=user.id, operator=user.is_operator, name=user.email))


class _QuietCsrf(CsrfViewMiddleware):
    """Django's check without Django's own log line and page."""

    def _reject(self, _request: HttpRequest, reason: str) -> Any:
        return reason


def _no_page(_request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def _check_csrf(request: HttpRequest) -> None:
    check = _QuietCsrf(_no_page)
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check.process_request(request)
    if check.process_view(request, _no_page, (), {}):
        raise CsrfFailed


def _count(actor: Actor) -> Actor:
    throttles.spend(f"api:{actor.key}", settings.API_RATE)
    return actor


def _count_stranger(request: HttpRequest) -> None:
    share = share_of(client_address(request))
    throttles.spend(f"api:from:{share}", settings.API_ANONYMOUS_RATE)


API_AUTH: Final = (BearerToken(), Session())
