"""Who am I, and my tokens."""

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken
from tests.support.callers import Caller, make_caller, problem_of


def test_me_is_the_user_of_the_token(ada: Caller) -> None:
    body = ada.get("/api/v1/me/").json()

    assert body == {
        "id": ada.user.id,
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "",
        "role": "member",
        "date_joined": ada.user.date_joined.isoformat().replace("+00:00", "Z"),
    }


def test_new_token_works_and_is_shown_once(ada: Caller) -> None:
    made = ada.post("/api/v1/tokens/", {"name": "laptop"})
    secret = made.json()["token"]

    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    assert Caller(user=ada.user, secret=secret).get("/api/v1/me/").status_code == 200
    listed = ada.get("/api/v1/tokens/")
    assert [item["name"] for item in listed.json()["items"]] == ["laptop", "tests"]
    assert secret not in listed.content.decode()


def test_secret_of_a_token_is_in_no_row(ada: Caller) -> None:
    row = ApiToken.objects.filter(user=ada.user).values().get()

    assert ada.secret not in json.dumps(row, default=str)


def test_revoked_token_stays_in_the_list_and_opens_nothing(ada: Caller) -> None:
    made = ada.post("/api/v1/tokens/", {"name": "laptop"}).json()

    gone = ada.delete(f"/api/v1/tokens/{made['id']}/")

    assert (gone.status_code, gone.content) == (204, b"")
    assert Caller(user=ada.user, secret=made["token"]).get("/api/v1/me/").status_code == 401
    assert ada.get("/api/v1/tokens/").json()["items"][0]["revoked_at"] is not None
    assert ada.delete(f"/api/v1/tokens/{made['id']}/").status_code == 404


def test_token_of_somebody_else_is_404_and_stays(ada: Caller, bob: Caller) -> None:
    token = ApiToken.objects.get(user=bob.user)

    assert problem_of(ada.delete(f"/api/v1/tokens/{token.id}/"))["code"] == "not_found"
    assert bob.get("/api/v1/me/").status_code == 200
    assert [item["id"] for item in ada.get("/api/v1/tokens/").json()["items"]] != [token.id]


def test_session_reads_and_needs_the_csrf_token_to_write(ada: Caller) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada.user)

    assert client.get("/api/v1/me/").json()["email"] == "ada@example.org"
    refused = client.post("/api/v1/tokens/", {"name": "a"}, content_type="application/json")
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "csrf_failed")

    client.cookies["csrftoken"] = "a" * 32
    made = client.post(
        "/api/v1/tokens/", {"name": "a"}, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert made.status_code == 201


def test_wrong_token_is_not_rescued_by_a_session(ada: Caller) -> None:
    client = Client()
    client.force_login(ada.user)

    assert client.get("/api/v1/me/", headers={"Authorization": "Bearer nd_wrong"}).status_code == 401


def test_session_of_a_disabled_user_is_401(ada: Caller) -> None:
    client = Client()
    client.force_login(ada.user)
    services.set_status(user_id=ada.user.id, status="disabled")

    assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_tokens_costs_the_same_however_long(
    count: int, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = make_caller("cleo")
    for number in range(count - 1):
        services.create_token(user_id=caller.user.id, name=f"t{number}")
    caller.get("/api/v1/me/")

    with django_assert_num_queries(3):  # the token, the count, the page
        assert len(caller.get("/api/v1/tokens/").json()["items"]) == count


def test_pages_follow_each_other_to_the_end(ada: Caller) -> None:
    for number in range(4):
        services.create_token(user_id=ada.user.id, name=f"t{number}")

    names, path = [], "/api/v1/tokens/?limit=2"
    while path:
        page = ada.get(path).json()
        assert page["count"] == 5
        names += [item["name"] for item in page["items"]]
        path = page["next"]

    assert names == ["t3", "t2", "t1", "t0", "tests"]
