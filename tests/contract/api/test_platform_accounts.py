"""Platforms and accounts over HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nightdesk.engine.testing import drain
from nightdesk.httpkit.models import IdempotentAnswer
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.publishing import services
from nightdesk.publishing.models import PlatformAccount
from tests.support.callers import Caller, problem_of
from tests.support.platforms.accounts import reachable
from tests.support.platforms.wordpress import PASSWORD, WordPressDouble

ACCOUNTS = "/api/platform-accounts/"


@pytest.fixture
def site() -> Iterator[WordPressDouble]:
    with WordPressDouble() as double, reachable(double):
        yield double


def connect(caller: Caller, site: WordPressDouble, **fields: Any) -> dict[str, Any]:
    response = caller.post(ACCOUNTS, {"platform": "wordpress", "credentials": site.credentials, **fields})
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    assert response["Location"] == f"{ACCOUNTS}{body['id']}/"
    return body


def test_every_platform_is_described(ada: Caller) -> None:
    shown = ada.get("/api/platforms/").json()["platforms"]

    assert [one["platform"] for one in shown] == list(Platform)
    for one in shown:
        assert one["title"], one
        assert (one["credentials"] == []) == (one["platform"] == "journal"), one
        assert {field["kind"] for field in one["credentials"] + one["options"]} <= {
            "text",
            "secret",
            "url",
            "flag",
            "choice",
        }


def test_account_is_connected_checked_changed_and_disconnected(ada: Caller, bob: Caller, site: WordPressDouble) -> None:
    made = connect(ada, site, name="Blog", options={"category": "News"})
    path = f"{ACCOUNTS}{made['id']}/"
    assert (made["health"], made["made"], made["connected_by"]) == ("unchecked", {}, ada.user.pk)

    drain()
    checked = bob.get(path).json()
    assert (checked["health"], checked["options"]) == ("ok", {"category": "News"})
    assert checked["check_task_id"] == made["check_task_id"]
    again = bob.post(f"{path}check/")
    assert (again.status_code, again.json()["status"]) == (202, "PENDING")
    changed = bob.call("PATCH", path, {"name": "The blog", "options": {}})
    assert (changed.json()["name"], changed.json()["options"], changed.json()["health"]) == ("The blog", {}, "ok")
    renewed = bob.call("PATCH", path, {"credentials": {"application_password": "made up 0000 0000"}})
    assert renewed.json()["health"] == "unchecked"
    drain()
    assert bob.get(path).json()["health"] == "reconnect"

    assert bob.delete(path).status_code == 204
    assert (bob.get(path).status_code, bob.delete(path).status_code) == (404, 404)


def test_no_answer_holds_a_credential(ada: Caller, site: WordPressDouble) -> None:
    made = connect(ada, site)
    path = f"{ACCOUNTS}{made['id']}/"
    drain()
    answers = [
        json.dumps(made).encode(),
        ada.get(path).content,
        ada.get(ACCOUNTS).content,
        ada.get("/api/v1/jobs/").content,
        ada.get(f"/api/v1/jobs/{made['check_task_id']}/").content,
        ada.get(f"/api/v1/jobs/{made['check_task_id']}/result/").content,
        ada.call("PATCH", path, {"credentials": {"application_password": PASSWORD, "pin": "4711-made-up"}}).content,
        ada.post(ACCOUNTS, {"platform": "wordpress", "credentials": {"server": "4711-made-up"}}).content,
    ]
    assert [one for one in answers if PASSWORD.encode() in one or b"4711-made-up" in one] == []


def test_secret_that_is_made_is_shown_once_and_kept_nowhere(ada: Caller) -> None:
    body = {"platform": "webhook", "credentials": {"url": "https://example.com/hook"}}

    response = ada.post(ACCOUNTS, body, Idempotency_Key="once")

    made = response.json()["made"]["secret"]
    assert (response.status_code, made[:6], len(made)) == (201, "whsec_", 50)
    account = PlatformAccount.objects.get()
    assert services.open_connection(account=account).credentials["secret"] == made
    assert made not in ada.get(response["Location"]).content.decode()
    assert not IdempotentAnswer.objects.exists()
    ada.call("PATCH", response["Location"], {"credentials": {"url": "https://example.com/hook"}})
    account.refresh_from_db()
    assert services.open_connection(account=account).credentials["secret"] == made


def test_journal_is_listed_first_of_all_and_stays(ada: Caller, site: WordPressDouble) -> None:
    (journal,) = ada.get(ACCOUNTS).json()["items"]
    connect(ada, site)

    assert (journal["platform"], journal["health"]) == ("journal", "ok")
    refused = ada.delete(f"{ACCOUNTS}{journal['id']}/")
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "journal_stays")
    wordpress = ada.get(f"{ACCOUNTS}?platform=wordpress&health=unchecked").json()["items"]
    assert [one["platform"] for one in wordpress] == ["wordpress"]


def test_wrong_fields_are_named(ada: Caller, site: WordPressDouble) -> None:
    unknown = problem_of(ada.post(ACCOUNTS, {"platform": "myspace"}))
    empty = problem_of(ada.post(ACCOUNTS, {"platform": "wordpress"}))
    path = f"{ACCOUNTS}{connect(ada, site)['id']}/"
    moved = problem_of(ada.call("PATCH", path, {"credentials": {"server": "https://evil.example"}}))

    assert list(unknown["details"]) == ["platform"]
    assert sorted(empty["details"]) == [
        f"credentials.{name}" for name in ("application_password", "server", "username")
    ]
    assert moved["details"] == {
        "credentials.application_password": ["Address of the site changes, so this has to be given again."]
    }
    assert list(problem_of(ada.call("PATCH", path, {}))["details"]) == ["body"]
