"""Posts over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from nightdesk.publishing import services
from nightdesk.publishing.models import Post
from tests.support.callers import Caller, problem_of

POSTS = "/api/posts/"
NEW = {
    "title": "Quiet mornings",
    "body": "Open at **seven**.",
    "excerpt": "Early.",
    "tags": ["coffee"],
    "canonical_url": "https://example.com/quiet",
    "unpublish_at": "2099-05-01T09:00:00+02:00",
}


def create(caller: Caller, **fields: Any) -> dict[str, Any]:
    response = caller.post(POSTS, NEW | fields)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_new_post_is_shown_whole(ada: Caller) -> None:
    response = ada.post(POSTS, NEW)

    row = Post.objects.get()
    at = row.created_at.isoformat().replace("+00:00", "Z")
    assert (response.status_code, response["Location"]) == (201, f"{POSTS}{row.pk}/")
    assert response.json() == {
        **NEW,
        "id": row.pk,
        "state": "draft",
        "revision": 1,
        "cover": None,
        "cover_alt": "",
        "overrides": {},
        "author": ada.user.pk,
        "piece": None,
        "edited_by": None,
        "unpublish_at": "2099-05-01T07:00:00Z",
        "created_at": at,
        "updated_at": at,
    }
    assert ada.get(response["Location"]).json() == response.json()


def test_same_request_again_makes_no_second_post(ada: Caller) -> None:
    first = ada.post(POSTS, NEW, Idempotency_Key="once")
    again = ada.post(POSTS, NEW, Idempotency_Key="once")

    assert (again.json(), again["Idempotency-Replayed"], Post.objects.count()) == (first.json(), "true", 1)


def test_change_is_the_next_revision_and_the_second_of_two_is_told(ada: Caller, bob: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"

    changed = bob.call("PATCH", path, {"revision": 1, "title": "Later", "unpublish_at": None})
    late = ada.call("PATCH", path, {"revision": 1, "title": "Mine"})

    assert (changed.status_code, changed.json()["title"], changed.json()["revision"]) == (200, "Later", 2)
    assert (changed.json()["body"], changed.json()["unpublish_at"]) == (NEW["body"], None)
    assert (late.status_code, problem_of(late)["code"]) == (409, "post_changed")
    revisions = ada.get(f"{path}revisions/").json()["items"]
    assert [(one["number"], one["author"], one["content"]["title"]) for one in revisions] == [
        (2, bob.user.pk, "Later"),
        (1, ada.user.pk, "Quiet mornings"),
    ]


def test_older_revision_is_restored_as_the_next_one(ada: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"
    ada.call("PATCH", path, {"revision": 1, "body": "Closed."})

    restored = ada.post(f"{path}revisions/1/restore/", {"revision": 2})

    assert (restored.status_code, restored.json()["revision"], restored.json()["body"]) == (200, 3, NEW["body"])
    assert ada.post(f"{path}revisions/1/restore/", {"revision": 2}).status_code == 409
    assert ada.post(f"{path}revisions/9/restore/", {"revision": 3}).status_code == 404


def test_state_is_moved_by_people_until_the_post_is_out(ada: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"

    assert ada.post(f"{path}state/", {"state": "approved"}).json()["state"] == "approved"
    assert ada.post(f"{path}state/", {"state": "published"}).status_code == 400
    Post.objects.update(state="published")
    assert problem_of(ada.post(f"{path}state/", {"state": "draft"}))["code"] == "state_fixed"


def test_list_is_filtered_and_costs_the_same_at_any_length(
    ada: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        create(ada, title=f"Post {number}")
    services.move_post(post_id=Post.objects.get(title="Post 1").pk, state="review", by=None)  # type: ignore[arg-type]
    ada.get(POSTS)

    with django_assert_num_queries(3):  # the token, how many, the page
        shown = ada.get(POSTS).json()
    assert [one["title"] for one in shown["items"]] == ["Post 1", "Post 2", "Post 0"]
    assert "body" not in shown["items"][0]
    assert [one["title"] for one in ada.get(f"{POSTS}?state=review&q=post").json()["items"]] == ["Post 1"]


def test_wrong_fields_are_named(ada: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"
    overrides = {"999": {"title": "x"}}

    refused = problem_of(ada.post(POSTS, {"canonical_url": "x", "cover": "y", "overrides": overrides, "colour": 1}))
    named = problem_of(ada.post(POSTS, {"canonical_url": "x", "cover": "y", "overrides": overrides}))

    assert list(refused["details"]) == ["colour"]
    assert sorted(named["details"]) == ["canonical_url", "cover", "overrides.999"]
    assert problem_of(ada.call("PATCH", path, {"revision": 1}))["details"] == {
        "body": ["Nothing to change was sent. Send at least one field."]
    }
    piece = {"piece": {"campaign_id": 1, "channel": "blog"}}
    assert list(problem_of(ada.post(POSTS, piece))["details"]) == ["piece"]


def test_preview_is_as_the_account_would_get_it(ada: Caller) -> None:
    journal = services.journal_account()
    path = f"{POSTS}{create(ada, body='')['id']}/"

    shown = ada.get(f"{path}preview/?account={journal.pk}").json()

    assert (shown["account"], shown["platform"], shown["is_blocked"]) == (journal.pk, "journal", True)
    assert shown["complaints"][0] == {
        "part": "body",
        "message": "There is nothing to publish. Write the body first.",
        "is_blocking": True,
    }
    assert {"part": "title", "unit": "characters", "used": 14, "most": 300, "is_over": False} in shown["counts"]
    assert ada.get(f"{path}preview/?account={journal.pk + 1}").status_code == 404
    assert ada.get(f"{path}preview/").status_code == 400


@pytest.mark.parametrize("target", ["medium", "hashnode", "x"])
def test_post_is_copied_with_its_link(ada: Caller, target: str) -> None:
    path = f"{POSTS}{create(ada)['id']}/"

    copied = ada.get(f"{path}copy/{target}/").json()

    assert copied["text"].count("https://example.com/quiet") == 1
    assert copied["html"] != copied["text"]
    assert copied["hint"] != ""
    assert ada.get(f"{path}copy/myspace/").status_code in {400, 404}


def test_deleted_post_is_gone(ada: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"

    assert ada.delete(path).status_code == 204
    assert (ada.get(path).status_code, ada.delete(path).status_code) == (404, 404)


def test_who_else_has_it_open_is_said(ada: Caller, bob: Caller) -> None:
    path = f"{POSTS}{create(ada)['id']}/"
    services.hold_editor(post_id=Post.objects.get().pk, user_id=bob.user.pk)

    assert (ada.get(path).json()["edited_by"], bob.get(path).json()["edited_by"]) == ("Bob", None)
