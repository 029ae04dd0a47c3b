"""Writes down what was changed over pages, API and admin: one line after each change that succeeded.

The line is written when the view has committed. A process that is killed in between loses the line and keeps the change,
and a database that fails to take the line costs the line, never the answer (decision 0024).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from nightdesk.activity import services
from nightdesk.activity.admin_changes import newest_entry, note_admin_action, note_admin_changes
from nightdesk.activity.models import Source
from nightdesk.activity.routes import ROUTES, Noted
from nightdesk.engine.models import Job
from nightdesk.httpkit.actors import Actor
from nightdesk.httpkit.addresses import client_address
from nightdesk.httpkit.idempotency import REPLAYED

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFUSED: Final = range(400, 500)
_TOO_MANY: Final = 429
_PART: Final = re.compile(r"<(?:\w+:)?(\w+)>")
_JOB: Final = re.compile(r"/jobs/([0-9a-f-]{36})/?$")
_NEW: Final = re.compile(r"/([\w-]+)/?(?:[?#].*)?$")
#: Answers to what was made are a few KB; the name stands in them.
_MOST_READ_BYTES: Final = 256 * 1024

logger: Final = structlog.get_logger("nightdesk.activity")


@dataclass(slots=True)
class _Before:
    """What has to be known before the view runs. `entry`: the newest line of the admin's own log."""

    noted: Noted | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    actor: tuple[int, str] | None = None
    entry: int | None = None


class NoteChanges:
    """Middleware in the row of the synchronous ones, within sessions and authentication."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, then write down what it changed."""
        response = self._get_response(request)
        before: _Before | None = getattr(request, "activity_before", None)
        if before is not None and REPLAYED not in response.headers:
            try:
                _note(request, response, before)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("activity.lost", path=request.path, error=type(error).__name__)
        return response

    def process_view(self, request: HttpRequest, _view: object, _args: object, parts: dict[str, Any]) -> None:
        """Look before the view what cannot be seen after it."""
        if request.method not in _UNSAFE or request.resolver_match is None:
            return
        before = _Before(parts=parts)
        if request.resolver_match.app_names[:1] == ["admin"]:
            before.entry = newest_entry(request.user.pk)
        else:
            before.noted = ROUTES.get(f"{request.method} {route_of(request.resolver_match.route)}")
        if before.noted is None and before.entry is None:
            return
        if before.noted is not None and before.noted.removes:
            before.title = services.name_of(_fill(before.noted.subject, parts))
        if before.noted is not None and before.noted.ends_session:
            before.actor = _actor_of(request)
        request.activity_before = before  # type: ignore[attr-defined]


def route_of(route: str) -> str:
    """Write a route of Django's as the table of routes does: `/campaigns/{campaign_id}/edit`."""
    plain = _PART.sub(r"{\1}", route.removeprefix("^").removesuffix("/?$"))
    return f"/{plain.strip('/')}"


def _note(request: HttpRequest, response: HttpResponseBase, before: _Before) -> None:
    if before.entry is not None:
        note_admin_changes(user=request.user, after=before.entry, address=client_address(request))
        if not getattr(request, "activity_noted", False) and response.status_code < _REFUSED.start:
            note_admin_action(request, address=client_address(request))
    elif before.noted is not None and response.status_code < _REFUSED.start:
        _note_success(request, response, before.noted, before)
    elif before.noted is not None and before.noted.failed_as and _is_refusal(response.status_code):
        # What was typed is nobody's business: it may be a password in the wrong field, or somebody else's address.
        services.record(action=before.noted.failed_as, source=Source.PAGE, address=client_address(request))


def _is_refusal(status: int) -> bool:
    """Whether somebody was refused; attempts beyond the limit are many, and say nothing new."""
    return status in _REFUSED and status != _TOO_MANY


def _note_success(request: HttpRequest, response: HttpResponseBase, noted: Noted, before: _Before) -> None:
    actor = before.actor or _actor_of(request)
    if actor is None and not noted.is_open:
        return  # a page sent somebody to the sign-in form
    location = str(response.headers.get("Location", ""))
    subject = _fill(noted.subject, before.parts, location)
    is_new = "{new}" in noted.subject or not noted.subject
    services.record(
        action=noted.action,
        source=noted.source or (Source.API if request.path_info.startswith("/api/") else Source.PAGE),
        actor_id=actor[0] if actor else None,
        actor_name=actor[1] if actor else "",
        subject=subject,
        title=before.title or (_read_name(request, response) if is_new else services.name_of(subject)),
        job_id=_find_job(before.parts, location),
        address=client_address(request),
    )


def _actor_of(request: HttpRequest) -> tuple[int, str] | None:
    """Return who asks: id and what they are called. The API has found out by itself."""
    actor = getattr(request, "auth", None)
    if isinstance(actor, Actor):
        return actor.user_id, actor.name
    user = request.user
    return (user.pk, str(user)) if user.is_authenticated else None


def _fill(subject: str, parts: Mapping[str, Any], location: str = "") -> str:
    """Fill the parts of an address into a subject; "" where the answer does not say what is new."""
    if subject == "{of_job}":
        job_id = _find_job(parts, location)
        found_job = Job.objects.filter(pk=job_id).values_list("subject", flat=True).first() if job_id else None
        return found_job or ""
    if "{new}" not in subject:
        return subject.format(**parts)
    found = _NEW.search(location)
    return subject.format(**parts, new=found[1]) if found else ""


def _find_job(parts: Mapping[str, Any], location: str) -> UUID | None:
    found = _JOB.search(location)
    text = found[1] if found else str(parts.get("job_id") or parts.get("task_id") or "")
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_name(request: HttpRequest, response: HttpResponseBase) -> str:
    """Read what a new thing is called, from the answer of the API or from the form of a page."""
    if not request.path_info.startswith("/api/"):
        return request.POST.get("name") or request.POST.get("title") or ""
    if not isinstance(response, HttpResponse) or len(response.content) > _MOST_READ_BYTES:
        return ""
    try:
        said = json.loads(response.content)
    except ValueError:
        return ""
    name = (said.get("name") or said.get("title")) if isinstance(said, dict) else ""
    return name if isinstance(name, str) else ""
