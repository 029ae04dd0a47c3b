"""`Idempotency-Key`: a request that is sent twice is carried out once.

The answer is kept for 24 hours in the same transaction as the effect. The key belongs to who asks (a token, or a
user's sessions), to the method and to the path. Of two at the same time one carries out; the other is told 409 while
the first is still at work, and gets the first's answer afterwards.
"""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.utils import contribute_operation_callback

from nightdesk.core.errors import Conflict, InvalidInput, Unprocessable
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import JSON
from nightdesk.httpkit.models import IdempotentAnswer

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT_FOR: Final = timedelta(hours=24)

_KEY: Final = re.compile(r"^[\x21-\x7e]{1,255}$")
_PRUNE_ROWS: Final = 500
_PRUNE_EVERY_S: Final = 600.0

_at_work: Final[set[str]] = set()
_lock: Final = threading.Lock()
_next_prune = 0.0


class StillInFlight(Conflict):
    """The same request is being carried out at this moment."""

    code = "idempotency_in_flight"
    public_message = "A request with this Idempotency-Key is still being carried out. Send it again in a second."


class KeyUsedBefore(Unprocessable):
    """The key was used for another body."""

    code = "idempotency_key_used"
    public_message = "This Idempotency-Key was used with another body. Use a new key for a new request."


def idempotent(view: View[P]) -> View[P]:
    """Make a view heed `Idempotency-Key`. The view must return `answer(...)`; without the header nothing changes.

    The view runs inside a transaction: it must not wait and must not call outside services. An error that it raises
    undoes everything, so the same key may be used again after the cause is mended.

    Raises:
        InvalidInput: the key is not 1 to 255 printable characters without blanks.
        StillInFlight: 409. KeyUsedBefore: 422.
    """

    @wraps(view)
    def once(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return view(request, *args, **kwargs)
        return _answer_once(request, _check_key(key), lambda: view(request, *args, **kwargs))

    contribute_operation_callback(once, document)
    return cast("View[P]", once)


def _check_key(key: str) -> str:
    if not _KEY.match(key):
        raise InvalidInput(details={HEADER: ["This must be 1 to 255 printable characters without blanks."]})
    return key


def _answer_once(request: HttpRequest, key: str, run: Callable[[], HttpResponse]) -> HttpResponse:
    row = _draft(request, key)
    with _working_on(row.scope):
        kept = _find(row.scope)
        if kept is None:
            response = _carry_out(row, run)
            if response is not None:
                _prune_sometimes()
                return response
            kept = _find(row.scope)  # another process was first
        if kept is None:
            raise StillInFlight
    return _replay(kept, row.body_hash)


def _draft(request: HttpRequest, key: str) -> IdempotentAnswer:
    actor, path, method = actor_of(request).key, request.path.rstrip("/"), str(request.method)
    scope = "\0".join((actor, method, path, key))
    return IdempotentAnswer(
        scope=hashlib.sha256(scope.encode()).hexdigest(),
        actor=actor,
        method=method,
        path=path[:200],
        body_hash=_hash_body(request),
        created_at=timezone.now(),
    )


def _hash_body(request: HttpRequest) -> str:
    """Return the hash of the body; `large_bodies` has made it while reading what memory should not hold."""
    known = getattr(request, "body_sha256", None)
    return hashlib.sha256(request.body).hexdigest() if known is None else str(known)


def is_answered(request: HttpRequest) -> bool:
    """Whether the request carries a key under which an answer is kept: nothing has to be prepared for it.

    Raises:
        InvalidInput: the key cannot be one.
    """
    key = request.headers.get(HEADER)
    return key is not None and _find(_draft(request, _check_key(key)).scope) is not None


@contextmanager
def _working_on(scope: str) -> Iterator[None]:
    """Keep a second request with the same key out while the first is at work in this process."""
    with _lock:
        if scope in _at_work:
            raise StillInFlight
        _at_work.add(scope)
    try:
        yield
    finally:
        with _lock:
            _at_work.discard(scope)


def _find(scope: str) -> IdempotentAnswer | None:
    return IdempotentAnswer.objects.filter(scope=scope, created_at__gt=timezone.now() - KEPT_FOR).first()


def _carry_out(row: IdempotentAnswer, run: Callable[[], HttpResponse]) -> HttpResponse | None:
    """Run the view and keep its answer, in one transaction; None when another process holds the key."""
    with transaction.atomic():
        IdempotentAnswer.objects.filter(scope=row.scope, created_at__lte=timezone.now() - KEPT_FOR).delete()
        if not _insert(row):
            return None
        response = run()
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            transaction.set_rollback(True)
            return response
        row.status = response.status_code
        row.body = response.content.decode()
        row.location = response.get("Location", "")
        row.save(update_fields=["status", "body", "location"])
        return response


def _insert(row: IdempotentAnswer) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _replay(kept: IdempotentAnswer, body_hash: str) -> HttpResponse:
    if kept.body_hash != body_hash:
        raise KeyUsedBefore
    response = HttpResponse(kept.body, status=kept.status, content_type=f"{JSON}; charset=utf-8")
    if kept.location:
        response["Location"] = kept.location
    response[REPLAYED] = "true"
    return response


def _prune_sometimes() -> None:
    global _next_prune  # noqa: PLW0603 (one clock per process)
    with _lock:
        if time.monotonic() < _next_prune:
            return
        _next_prune = time.monotonic() + _PRUNE_EVERY_S
    prune_answers()


def prune_answers() -> int:
    """Remove a batch of answers whose day is over; return how many went."""
    old = IdempotentAnswer.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).order_by("created_at")
    removed, _ = IdempotentAnswer.objects.filter(
        scope__in=list(old.values_list("scope", flat=True)[:_PRUNE_ROWS])
    ).delete()
    return removed


def document(operation: Any) -> None:
    """Add the header and its refusals to the OpenAPI operation."""
    parameter = {
        "in": "header",
        "name": HEADER,
        "required": False,
        "description": "Any text of yours, new for each request: sent again within a day, it is carried out once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    }
    extra = operation.openapi_extra or {}
    operation.openapi_extra = {**extra, "parameters": [*extra.get("parameters", []), parameter]}
