"""What a mail service reports: one address, guarded by a secret, for the service that the settings name.

django-anymail (an extra) reads what each service posts and checks its signature where there is one; its signal hands on
what it read. Services that post nothing we act upon get 200, so that they do not post it again.
"""

import base64
import binascii
import math
from collections.abc import Callable
from http import HTTPStatus
from importlib import import_module
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from nightdesk.core.errors import InvalidInput, TooManyRequests
from nightdesk.httpkit import throttles
from nightdesk.httpkit.addresses import client_address, share_of
from nightdesk.mail import services
from nightdesk.providers.mail.registry import configured

View = Callable[..., HttpResponse]

logger: Final = structlog.get_logger("nightdesk.mail")


@csrf_exempt
def take_events(request: HttpRequest, service: str) -> HttpResponse:
    """Take what the configured service posts; 404 for any other, and while no secret is set; 401 without it."""
    secret = settings.MAIL_HOOK_SECRET
    if not secret or service != _configured_name():
        raise Http404
    if not constant_time_compare(_credentials_of(request), secret):
        return _refuse_stranger(request)
    try:
        return tracking_view(service, secret=secret)(request)
    except InvalidInput as error:
        logger.warning("mail.hook_unreadable", service=service, error=str(error.__cause__))
        return _say(HTTPStatus.BAD_REQUEST, error.public_message)
    except ImproperlyConfigured:  # a key that this service's signatures need
        logger.exception("mail.hook_misconfigured", service=service)
        return _say(
            HTTPStatus.SERVICE_UNAVAILABLE, "NIGHTDESK_MAIL_SERVICE_OPTIONS lacks what this service signs with."
        )


def tracking_view(service: str, *, secret: str) -> View:
    """Return django-anymail's view for what a service reports, and listen to what it reads.

    Raises:
        Http404: django-anymail is not installed, or knows no such service.
    """
    try:
        patterns = import_module("anymail.urls").urlpatterns
        signals = import_module("anymail.signals")
    except ModuleNotFoundError:
        raise Http404 from None
    wanted = f"{service}_tracking_webhook"
    found = next((one.callback.view_class for one in patterns if one.name == wanted), None)
    if found is None:
        raise Http404
    signals.tracking.connect(hear, dispatch_uid="nightdesk.mail")
    # Its settings are ours to give: what a view knows of the options checks the service's signatures.
    given = {name.lower(): value for name, value in configured().service_options.items()}
    known = {name: value for name, value in given.items() if hasattr(found, name)}
    guarded: Any = type(found.__name__, (found,), {"parse_events": _reading(found), "webhook_secret": None})
    view: View = guarded.as_view(webhook_secret=secret, **known)
    return view


def _configured_name() -> str:
    """Name the configured service as django-anymail does in its addresses."""
    return configured().service.replace(" ", "_").replace("-", "_")


def hear(*, event: Any, **_others: Any) -> None:
    """Hand an event that django-anymail has read to the service. Safe to repeat."""
    tracked = services.Tracked(
        event=event.event_type,
        recipient=event.recipient or "",
        rejection=event.reject_reason or "",
        provider_id=str(event.message_id or ""),
        detail=str(event.mta_response or event.description or ""),
    )
    services.take_event(tracked=tracked)


def _reading(view: type) -> Callable[[Any, HttpRequest], Any]:
    """Make a reader that refuses what is not what the service posts, where django-anymail's would break."""
    anymail_error: type[Exception] = import_module("anymail.exceptions").AnymailError

    def parse_events(self: Any, request: HttpRequest) -> Any:
        try:
            return view.parse_events(self, request)  # type: ignore[attr-defined]
        except (anymail_error, ImproperlyConfigured, ValueError, LookupError, TypeError, AttributeError) as error:
            raise InvalidInput("This is not what the mail service posts. Check which webhook leads here.") from error

    return parse_events


def _credentials_of(request: HttpRequest) -> str:
    """Return `name:password` of basic authentication; "" where there is none."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refuse_stranger(request: HttpRequest) -> HttpResponse:
    try:
        share = share_of(client_address(request))
        throttles.spend(f"mail-hook:from:{share}", settings.API_ANONYMOUS_RATE)
    except TooManyRequests as refusal:
        busy = _say(HTTPStatus.TOO_MANY_REQUESTS, refusal.public_message)
        busy["Retry-After"] = str(math.ceil(refusal.retry_after_s))
        return busy
    response = _say(HTTPStatus.UNAUTHORIZED, "Name and password are those of NIGHTDESK_MAIL_HOOK_SECRET.")
    response["WWW-Authenticate"] = 'Basic realm="nightdesk mail"'  # some services send them only when asked
    return response


def _say(status: HTTPStatus, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
