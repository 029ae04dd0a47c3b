"""Which error becomes which problem."""

import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import RequestFactory

from nightdesk.core import errors
from nightdesk.httpkit.errors import MethodNotAllowed, UnsupportedMediaType
from nightdesk.httpkit.problems import problem


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInput(details={"a": ["b"]}), 400, "invalid_input"),
        (errors.Unauthenticated(), 401, "unauthenticated"),
        (errors.Forbidden(), 403, "forbidden"),
        (errors.NotFound(), 404, "not_found"),
        (MethodNotAllowed(["GET"]), 405, "method_not_allowed"),
        (errors.Conflict(), 409, "conflict"),
        (errors.Gone(), 410, "gone"),
        (errors.PayloadTooLarge(), 413, "payload_too_large"),
        (UnsupportedMediaType(), 415, "unsupported_media_type"),
        (errors.Unprocessable(), 422, "unprocessable"),
        (errors.TooManyRequests(retry_after_s=3), 429, "too_many_requests"),
        (errors.Transient(), 503, "transient"),
        (errors.Permanent(), 502, "permanent"),
        (errors.Misconfigured(setting="X"), 503, "misconfigured"),
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (SuspiciousOperation(), 400, "invalid_input"),
        (OperationalError("gone away"), 503, "database_away"),
        (InterfaceError("gone away"), 503, "database_away"),
        (ZeroDivisionError("inner detail"), 500, "error"),
    ],
)
def test_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    response = problem(RequestFactory().get("/"), error)

    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert "gone away" not in body["detail"]
    assert "inner detail" not in body["detail"]


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (errors.Unauthenticated(), "WWW-Authenticate", 'Bearer realm="nightdesk"'),
        (MethodNotAllowed(["POST", "GET"]), "Allow", "GET, POST"),
        (errors.TooManyRequests(retry_after_s=2.1), "Retry-After", "3"),
        (errors.TooManyRequests(retry_after_s=0), "Retry-After", "1"),
        (errors.Throttled(retry_after_s=7), "Retry-After", "7"),
        (errors.Throttled(), "Retry-After", None),
        (OperationalError(), "Retry-After", "5"),
    ],
)
def test_error_has_its_header(error: Exception, header: str, value: str | None) -> None:
    assert problem(RequestFactory().get("/"), error).get(header) == value


def test_invalid_input_says_so_and_names_the_first_field() -> None:
    error = errors.InvalidInput(details={"channels": ["Unknown channel fax."], "name": ["Too long."]})

    body = json.loads(problem(RequestFactory().get("/"), error).content)

    assert body == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "channels: Unknown channel fax.",
        "code": "invalid_input",
        "error": "Invalid input",
        "details": {"channels": ["Unknown channel fax."], "name": ["Too long."]},
    }
