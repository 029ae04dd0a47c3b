"""What cannot be read or carried out: a clear refusal, nothing written, one line in the log."""

import json
import logging

import pytest
from django.test import Client

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken
from tests.support.callers import JSON, Caller, problem_of

TOKENS = "/api/v1/tokens/"
LONE_SURROGATE = b'{"name": "half \\ud800"}'
NUL = b'{"name": "nul \\u0000"}'

BAD_BODIES = [
    pytest.param(b'{"name": ', "body", id="broken-json"),
    pytest.param(b"\xff\xfe", "body", id="not-utf-8"),
    pytest.param(b"[" * 50_000, "body", id="too-deep"),
    pytest.param(b'{"name": NaN}', "body", id="nan"),
    pytest.param(b"", "body", id="empty"),
    pytest.param(b"[]", "body", id="list"),
    pytest.param(b'"name"', "body", id="text"),
    pytest.param(b"{}", "name", id="field-missing"),
    pytest.param(b'{"name": 5}', "name", id="wrong-type"),
    pytest.param(b'{"name": null}', "name", id="null"),
    pytest.param(b'{"name": "  "}', "name", id="blank"),
    pytest.param(b'{"name": "%s"}' % (b"x" * 1_000_000), "name", id="one-megabyte"),
    pytest.param(b'{"name": "a", "colour": "red"}', "colour", id="unknown-field"),
    pytest.param(b'{"name": "a", "expires_at": "yesterday"}', "expires_at", id="not-a-time"),
    pytest.param(b'{"name": "a", "expires_at": "2001-01-01T00:00:00Z"}', "expires_at", id="past"),
    pytest.param(b'{"name": "a", "expires_at": "2999-01-01T00:00:00"}', "expires_at", id="no-zone"),
    pytest.param(NUL, "name", id="nul"),
    pytest.param(LONE_SURROGATE, "name", id="lone-surrogate"),
    pytest.param(b'{"name\\u0000": "a"}', "name", id="nul-in-a-key"),
]


@pytest.mark.parametrize(("content", "field"), BAD_BODIES)
def test_bad_body_is_refused_with_details(
    ada: Caller, content: bytes, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = ApiToken.objects.count()

    with caplog.at_level(logging.INFO):
        response = ada.send("POST", TOKENS, content, JSON)

    body = problem_of(response)
    assert (response.status_code, body["code"], body["error"]) == (400, "invalid_input", "Invalid input")
    assert list(body["details"]) == [field]
    assert all(isinstance(said, str) and said for said in body["details"][field])
    assert ApiToken.objects.count() == tokens
    assert [record.name for record in caplog.records] == ["nightdesk.http"]
    assert "\n" not in caplog.records[0].getMessage()


def test_answer_stays_small_when_the_body_is_all_wrong_fields(ada: Caller) -> None:
    content = json.dumps({f"{'x' * 500}{number}": 1 for number in range(1_000)}).encode()

    response = ada.send("POST", TOKENS, content, JSON)

    assert response.status_code == 400
    assert len(response.content) < 20_000


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_body_that_is_not_declared_as_json_is_415(ada: Caller, content_type: str) -> None:
    response = ada.send("POST", TOKENS, b'{"name": "a"}', content_type)

    assert (response.status_code, problem_of(response)["code"]) == (415, "unsupported_media_type")


def test_body_over_the_limit_is_413(ada: Caller) -> None:
    response = ada.send("POST", TOKENS, b'{"name": "' + b"x" * (2 * 1024 * 1024) + b'"}', JSON)

    assert (response.status_code, problem_of(response)["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/jobs/?limit=many", "limit"),
        ("/api/v1/jobs/?limit=0", "limit"),
        ("/api/v1/jobs/?limit=100000", "limit"),
        ("/api/v1/jobs/?offset=-1", "offset"),
        ("/api/v1/jobs/?state=asleep", "state.0"),
        ("/api/v1/jobs/?owner=99999999999999999999999", "owner"),
        ("/api/v1/jobs/?kind=%00", "kind"),
    ],
)
def test_bad_query_is_refused_with_details(ada: Caller, path: str, field: str) -> None:
    response = ada.get(path)

    assert response.status_code == 400
    assert list(problem_of(response)["details"]) == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing/",
        "/api/v1/jobs/%00/",
        "/api/v1/jobs/%ED%A0%80/",
        "/api/v1/jobs/not-an-id/",
        "/api/v1/tasks/not-an-id/status/",
        "/api/v1/tokens/" + "9" * 30 + "/",
    ],
)
def test_address_of_nothing_is_404(ada: Caller, path: str) -> None:
    method = "DELETE" if "tokens" in path else "GET"

    response = ada.call(method, path)

    assert (response.status_code, problem_of(response)["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_method_that_is_not_allowed_is_405_and_names_those_that_are(ada: Caller, method: str) -> None:
    response = ada.call(method, TOKENS)

    assert (response.status_code, problem_of(response)["code"]) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, POST"


def refuse_reasons() -> list[tuple[str, str]]:
    return [
        ("", "unauthenticated"),
        ("Bearer", "token_refused"),
        ("Bearer nd_" + "x" * 43, "token_refused"),
        ("Bearer \x7f", "token_refused"),
        ("Basic YTpi", "token_refused"),
        ("Bearer nd_" + "é" * 40, "token_refused"),
    ]


@pytest.mark.parametrize(("header", "code"), refuse_reasons())
def test_stranger_is_401(ada: Caller, header: str, code: str) -> None:
    client = Client(headers={"Authorization": header} if header else {})

    response = client.get("/api/v1/me/")

    assert (response.status_code, problem_of(response)["code"]) == (401, code)
    assert response["WWW-Authenticate"] == 'Bearer realm="nightdesk"'


def test_revoked_token_is_401_at_once(ada: Caller) -> None:
    assert ada.get("/api/v1/me/").status_code == 200
    services.revoke_token(user_id=ada.user.id, token_id=ApiToken.objects.get(user=ada.user).id)

    assert problem_of(ada.get("/api/v1/me/"))["code"] == "token_refused"


def test_token_of_a_disabled_user_is_401_at_once(ada: Caller) -> None:
    services.set_status(user_id=ada.user.id, status="disabled")

    assert problem_of(ada.get("/api/v1/me/"))["code"] == "token_refused"


def test_paths_answer_with_and_without_the_slash_and_never_redirect(ada: Caller) -> None:
    statuses = [ada.post(path, {"name": "a"}).status_code for path in ("/api/v1/tokens", "/api/v1/tokens/")]

    assert statuses == [201, 201]


def test_bug_is_a_plain_500_with_its_traceback_in_the_log(
    ada: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(**_: object) -> None:
        raise ZeroDivisionError("inner detail")

    monkeypatch.setattr(services, "create_token", break_down)

    with caplog.at_level(logging.INFO):
        response = ada.post(TOKENS, {"name": "a"})

    assert (response.status_code, problem_of(response)["code"]) == (500, "error")
    assert b"inner detail" not in response.content
    events = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [(event["event"], event["level"]) for event in events] == [("http.failed", "error")]
    assert isinstance(events[0]["exc_info"], ZeroDivisionError)
    assert len(caplog.records) == 1
