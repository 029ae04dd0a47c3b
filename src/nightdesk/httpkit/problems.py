"""Every error as `application/problem+json` (RFC 9457), with one log line."""

import math
from collections.abc import Iterable
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import pydantic
import pydantic_core
import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, ConfigDict, Field

from nightdesk.core.errors import (
    BusinessError,
    Forbidden,
    InvalidInput,
    NightdeskError,
    NotFound,
    Throttled,
    TooManyRequests,
    Unauthenticated,
)
from nightdesk.httpkit.errors import DatabaseAway, MethodNotAllowed
from nightdesk.httpkit.parsing import too_large

PROBLEM_JSON: Final = "application/problem+json"
#: RFC 9457: with this type, the title is the phrase of the status; programs read `code`.
_NO_TYPE: Final = "about:blank"
_REALM: Final = 'Bearer realm="nightdesk"'

#: Bounds on what an answer repeats of a request: a body of wrong fields must not come back whole.
_MOST_FIELDS: Final = 50
_MOST_COMPLAINTS: Final = 5
_LONGEST_FIELD: Final = 120
_LONGEST_LOGGED_PATH: Final = 200

#: pydantic's error types in plain words; the others keep its own sentence.
_PLAIN: Final[dict[str, str]] = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field here. Check its spelling, or leave it out.",
    "string_type": "This must be text.",
    "string_too_short": "This must have at least {min_length} characters.",
    "string_pattern_mismatch": "This is not written in the way that is asked for: /api/docs says how.",
    "string_too_long": "This must have at most {max_length} characters.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "too_short": "This must have at least {min_length} items.",
    "too_long": "This must have at most {max_length} items.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than_equal": "This must be at most {le}.",
    "enum": "This must be one of {expected}.",
    "literal_error": "This must be one of {expected}.",
    "date_type": "This must be a day like 2026-11-25.",
    "date_parsing": "This must be a day like 2026-11-25.",
    "date_from_datetime_parsing": "This must be a day like 2026-11-25.",
    "date_from_datetime_inexact": "This must be a day like 2026-11-25, without a time.",
    "datetime_type": "This must be a moment like 2026-11-25T18:30:00Z.",
    "datetime_parsing": "This must be a moment like 2026-11-25T18:30:00Z.",
    "datetime_from_date_parsing": "This must be a moment like 2026-11-25T18:30:00Z.",
}
#: Where at least one is asked for.
_EMPTY: Final = {"string_too_short": "This must not be empty.", "too_short": "This must have at least one item."}

logger: Final = structlog.get_logger("nightdesk.http")


class Problem(BaseModel):
    """What went wrong. Programs read `code`; people read `detail`."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(_NO_TYPE, description="Always about:blank: the title is the phrase of the status.")
    title: str
    status: int
    detail: str = Field(description="What happened and what to do next.")
    code: str = Field(description="Stable, for programs: not_found, conflict, invalid_input, outcome_unknown ...")
    error: str | None = Field(None, description='"Invalid input" where a field is wrong.')
    details: dict[str, list[str]] | None = Field(None, description="Field to complaints; `a.0.b` is a nested one.")


def problem(request: HttpRequest, error: Exception) -> HttpResponse:
    """Translate any exception into an answer and log it: one line for a refusal, one with its traceback for a bug."""
    known = _translate(error)
    shown = known or NightdeskError()
    body = describe_problem(shown)
    response = HttpResponse(
        pydantic_core.to_json(body, exclude_none=True), status=body.status, content_type=PROBLEM_JSON
    )
    for name, value in _headers(shown):
        response[name] = value
    _log(request, error, body, is_bug=known is None)
    # Django logs every 4xx and 5xx once more unless the response says that it was done.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def describe_problem(error: NightdeskError) -> Problem:
    """Write an error of ours as a problem."""
    invalid = isinstance(error, InvalidInput)
    details = {field: said[:_MOST_COMPLAINTS] for field, said in islice(error.details.items(), _MOST_FIELDS)}
    return Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=_sentence(error),
        code=error.code,
        error=InvalidInput.public_message if invalid or details else None,
        details=details if invalid or details else None,
    )


def _sentence(error: NightdeskError) -> str:
    """Say what is wrong with the first field where the error itself only says that something is."""
    if error.public_message == InvalidInput.public_message and error.details:
        field, complaints = next(iter(error.details.items()))
        return f"{field}: {complaints[0]}" if complaints else f"{field} is not valid."
    return error.public_message


def _headers(error: NightdeskError) -> Iterable[tuple[str, str]]:
    if isinstance(error, Unauthenticated):
        yield "WWW-Authenticate", _REALM
    if isinstance(error, MethodNotAllowed):
        yield "Allow", error.allowed
    if isinstance(error, TooManyRequests | Throttled) and error.retry_after_s is not None:
        yield "Retry-After", str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, DatabaseAway):
        yield "Retry-After", "5"


def _translate(error: Exception) -> NightdeskError | None:
    """Find the named error that an exception stands for; None for a bug."""
    if isinstance(error, HttpError) and isinstance(error.__cause__, Exception):
        # Ninja wraps whatever a parser raises.
        error = error.__cause__
    if isinstance(error, NightdeskError):
        return error
    if isinstance(error, ValidationError):
        return _translate_validation(error)
    if isinstance(error, HttpError):
        return _BY_STATUS.get(error.status_code, InvalidInput)(str(error))
    for foreign, make in _FOREIGN:
        if isinstance(error, foreign):
            return make()
    return None


_BY_STATUS: Final[dict[int, type[BusinessError]]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound}
_FOREIGN: Final = (
    (Http404, NotFound),
    (PermissionDenied, Forbidden),
    (RequestDataTooBig, too_large),
    ((SuspiciousOperation, BadRequest, UnreadablePostError), InvalidInput),
    ((OperationalError, InterfaceError), DatabaseAway),
)


def _translate_validation(error: ValidationError) -> NightdeskError:
    """Sort pydantic's complaints by field; where only the path is wrong, there is no such thing."""
    if all(item["loc"][:1] == ("path",) for item in error.errors):
        return NotFound()
    details: dict[str, list[str]] = {}
    for item in error.errors:
        details.setdefault(_field_name(item["loc"]), []).append(_complaint(item))
    return InvalidInput(details=details)


def invalid_input(error: pydantic.ValidationError) -> InvalidInput:
    """Say pydantic's complaints by field, in the words that answers use."""
    details: dict[str, list[str]] = {}
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])[:_LONGEST_FIELD] or "body"
        details.setdefault(field, []).append(_complaint(dict(item)))
    return InvalidInput(details=details)


def _field_name(location: tuple[Any, ...]) -> str:
    """Name a field as the caller wrote it: Ninja puts the source in front, and for a body the view's argument."""
    source, *rest = location
    if source == "body" or len(rest) > 2:  # an item of a list in a query keeps its argument in front
        rest = rest[1:]
    return ".".join(str(part) for part in rest)[:_LONGEST_FIELD] or str(source)


def _complaint(item: dict[str, Any]) -> str:
    if item["type"] in _EMPTY and item.get("ctx", {}).get("min_length") == 1:
        return _EMPTY[item["type"]]
    plain = _PLAIN.get(item["type"])
    if plain is not None:
        return plain.format_map(item.get("ctx", {}))
    return str(item["msg"]).removeprefix("Value error, ")


def _log(request: HttpRequest, error: Exception, body: Problem, *, is_bug: bool) -> None:
    known = {
        "method": request.method,
        "path": request.path[:_LONGEST_LOGGED_PATH],
        "status": body.status,
        "code": body.code,
        "user": getattr(getattr(request, "auth", None), "user_id", None),
    }
    if is_bug:
        logger.error("http.failed", exc_info=error, **known)
    elif body.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("http.fault", error=str(error), **known)
    else:
        logger.info("http.refused", **known)
