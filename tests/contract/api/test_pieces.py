"""Single pieces over HTTP: edited against a version, locked, written anew, restored."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.campaigns.models import ContentPiece, PieceVersion
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.images.models import Asset, AssetState, Origin
from tests.contract.api.campaigns import CAMPAIGNS, create
from tests.support.callers import Caller, problem_of


def write(caller: Caller, channel: str = "x", **fields: Any) -> str:
    """Have a campaign of one channel written; return the path of its piece."""
    created = create(caller, channels=[channel], **fields)
    drain()
    return f"{CAMPAIGNS}{created['id']}/pieces/{channel}/"


def edit(caller: Caller, path: str, text: str, version: int = 1) -> Any:
    return caller.call("PATCH", path, {"fields": {"text": text}, "version": version})


def test_written_piece_is_shown_whole_alone_and_in_its_campaign(ada: Caller) -> None:
    path = write(ada)

    shown = ada.get(path).json()

    row = ContentPiece.objects.get()
    assert shown == {
        "channel": "x",
        "channel_title": "X",
        "fields": row.fields,
        "made_by": "template",
        "origin": "written",
        "version": 1,
        "generation": 1,
        "warnings": row.warnings,
        "locked": False,
        "locked_by": None,
        "task_id": None,
        "prompt_version": "",
        "picture": None,
        "picture_url": None,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": row.updated_at.isoformat().replace("+00:00", "Z"),
    }
    assert ada.get(path.partition("pieces/")[0]).json()["pieces"] == [shown]


def test_picture_is_set_shown_and_taken_off(ada: Caller, bob: Caller) -> None:
    path = write(ada)
    asset = Asset.objects.create(origin=Origin.MADE, state=AssetState.READY, format="webp", width=6, height=4)

    put = bob.call("PUT", f"{path}picture/", {"asset_id": asset.pk})

    file = f"/api/v1/assets/{asset.pk}/file/"
    assert (put.status_code, put.json()["picture"], put.json()["picture_url"]) == (200, asset.pk, file)
    assert ada.get(path).json() == put.json()
    asset.refresh_from_db()
    assert asset.kept_at is not None
    for _ in range(2):
        removed = ada.call("DELETE", f"{path}picture/")
        assert (removed.status_code, removed.json()["picture"], removed.json()["picture_url"]) == (200, None, None)


def test_picture_that_cannot_be_used_is_refused(ada: Caller) -> None:
    path = write(ada)
    coming = Asset.objects.create(origin=Origin.UPLOADED)
    ready = Asset.objects.create(origin=Origin.UPLOADED, state=AssetState.READY)

    assert problem_of(ada.call("PUT", f"{path}picture/", {"asset_id": coming.pk}))["code"] == "asset_not_ready"
    assert ada.call("PUT", f"{path}picture/", {"asset_id": "a" * 24}).status_code == 404
    assert ada.call("PUT", f"{path}picture/", {}).status_code == 400
    ada.call("POST", f"{path}lock/")
    assert problem_of(ada.call("PUT", f"{path}picture/", {"asset_id": ready.pk}))["code"] == "piece_locked"
    assert problem_of(ada.call("DELETE", f"{path}picture/"))["code"] == "piece_locked"
    assert ContentPiece.objects.get().picture_id is None


def test_edit_is_the_next_version_and_all_are_listed(ada: Caller, bob: Caller) -> None:
    path = write(ada)
    written = ada.get(path).json()["fields"]

    edited = edit(bob, path, "Nimbus is here.")

    assert (edited.status_code, edited.json()["version"], edited.json()["origin"]) == (200, 2, "edited")
    listed = ada.get(f"{path}versions/").json()
    assert listed["count"] == 2
    shown = [(one["number"], one["fields"], one["origin"], one["author"]) for one in listed["items"]]
    assert shown == [(2, {"text": "Nimbus is here."}, "edited", bob.user.pk), (1, written, "written", None)]


def test_second_of_two_editors_gets_409_and_nothing_is_lost(ada: Caller, bob: Caller) -> None:
    path = write(ada)
    edit(ada, path, "Ada was faster.")

    response = edit(bob, path, "Bob was slower.")

    assert (response.status_code, problem_of(response)["code"]) == (409, "piece_changed")
    assert ada.get(path).json()["fields"] == {"text": "Ada was faster."}
    assert PieceVersion.objects.count() == 2


def test_older_version_is_restored_as_the_next_one(ada: Caller) -> None:
    path = write(ada)
    written = ada.get(path).json()["fields"]
    edit(ada, path, "Mine.")

    late = ada.post(f"{path}versions/1/restore/", {"version": 1})
    restored = ada.post(f"{path}versions/1/restore/", {"version": 2})

    assert (late.status_code, problem_of(late)["code"]) == (409, "piece_changed")
    assert (restored.json()["version"], restored.json()["fields"], restored.json()["origin"]) == (
        3,
        written,
        "restored",
    )


def test_locked_piece_is_left_alone_until_it_is_unlocked(ada: Caller, bob: Caller) -> None:
    path = write(ada)
    locked = ada.post(f"{path}lock/").json()
    assert (locked["locked"], locked["locked_by"]) == (True, ada.user.pk)
    assert ada.post(f"{path}lock/").status_code == 200

    for refused in (
        edit(bob, path, "Mine."),
        bob.post(f"{path}regenerate/"),
        bob.post(f"{path}versions/1/restore/", {"version": 1}),
    ):
        assert (refused.status_code, problem_of(refused)["code"]) == (409, "piece_locked")
    everything = bob.post(f"{path.partition('pieces/')[0]}regenerate/")
    assert (everything.status_code, problem_of(everything)["code"]) == (409, "everything_locked")

    assert bob.post(f"{path}unlock/").json()["locked"] is False
    assert edit(bob, path, "Mine.").status_code == 200


def test_regenerating_one_piece_is_a_submit(ada: Caller) -> None:
    path = write(ada)

    response = ada.post(f"{path}regenerate/", {"wish": "Shorter."})

    task_id = response.json()["task_id"]
    assert (response.status_code, response["Location"]) == (202, f"/api/v1/jobs/{task_id}/")
    assert response.json()["message"] == "campaigns.write_piece task submitted successfully"
    assert ada.get(path).json()["task_id"] == task_id
    again = ada.post(f"{path}regenerate/")
    assert (again.status_code, problem_of(again)["code"]) == (409, "piece_busy")
    drain()
    shown = ada.get(path).json()
    assert (shown["version"], shown["task_id"]) == (2, None)
    assert ada.get(f"{path}versions/").json()["items"][0]["task_id"] == task_id


def test_piece_of_a_campaign_that_is_being_written_is_409(ada: Caller) -> None:
    path = write(ada)
    ada.post(f"{path.partition('pieces/')[0]}regenerate/")

    response = ada.post(f"{path}regenerate/")

    assert (response.status_code, problem_of(response)["code"]) == (409, "campaign_busy")


def test_regenerate_sent_twice_with_a_key_asks_once(ada: Caller) -> None:
    path = write(ada)

    answers = [ada.post(f"{path}regenerate/", Idempotency_Key="again") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert Job.objects.filter(kind="campaigns.write_piece").count() == 1


def test_piece_that_is_no_longer_asked_for_can_be_removed(ada: Caller) -> None:
    path = write(ada)
    assert problem_of(ada.delete(path))["code"] == "piece_wanted"
    ada.call("PATCH", path.partition("pieces/")[0], {"channels": ["blog"]})

    assert ada.delete(path).status_code == 204

    assert ada.get(path).status_code == 404


@pytest.mark.parametrize("edits", [1, 3])
def test_listing_versions_takes_the_same_statements_for_any_number(
    ada: Caller, django_assert_num_queries: DjangoAssertNumQueries, edits: int
) -> None:
    path = write(ada)
    for number in range(edits):
        edit(ada, path, f"Text {number}.", number + 1)

    with django_assert_num_queries(4):  # token, piece, count, page
        ada.get(f"{path}versions/")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["fields", "version"]),
        ({"fields": {"text": "t"}}, ["version"]),
        ({"fields": {}, "version": 1}, ["fields"]),
        ({"fields": {"text": "t"}, "version": 0}, ["version"]),
        ({"fields": {"text": "t"}, "version": 2**31}, ["version"]),
        ({"fields": {"text": "t"}, "version": "one"}, ["version"]),
        ({"fields": {"text": ""}, "version": 1}, ["text"]),
        ({"fields": {"text": "x" * 281}, "version": 1}, ["text"]),
        ({"fields": {"text": ["a", "b"]}, "version": 1}, ["text"]),
        ({"fields": {"subject": "S"}, "version": 1}, ["subject"]),
        ({"fields": {"text": "nul \x00"}, "version": 1}, ["fields.text"]),
        ({"fields": {"text": "half \ud800"}, "version": 1}, ["fields.text"]),
        ({"fields": {"text": "t"}, "version": 1, "made_by": "me"}, ["made_by"]),
    ],
)
def test_bad_edit_is_refused_with_details_and_nothing_is_written(
    ada: Caller, body: dict[str, Any], fields: list[str]
) -> None:
    path = write(ada)

    response = ada.call("PATCH", path, body)

    assert (response.status_code, sorted(problem_of(response)["details"])) == (400, fields)
    assert (ContentPiece.objects.get().version, PieceVersion.objects.count()) == (1, 1)


@pytest.mark.parametrize("value", ["x" * 1_000_000, 7, None, {"a": "b"}])
def test_edit_of_the_wrong_shape_or_size_is_400(ada: Caller, value: Any) -> None:
    path = write(ada)

    response = ada.call("PATCH", path, {"fields": {"text": value}, "version": 1})

    assert (response.status_code, problem_of(response)["code"]) == (400, "invalid_input")
    assert PieceVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"fields": {"text": "t"}, "version": 1}),
        ("DELETE", "", None),
        ("POST", "regenerate/", {}),
        ("POST", "lock/", None),
        ("POST", "unlock/", None),
        ("PUT", "picture/", {"asset_id": "a" * 24}),
        ("DELETE", "picture/", None),
        ("GET", "versions/", None),
        ("POST", "versions/1/restore/", {"version": 1}),
    ],
)
def test_piece_that_does_not_exist_is_404(ada: Caller, method: str, path: str, body: dict[str, Any] | None) -> None:
    created = create(ada, channels=["x"])

    unwritten = ada.call(method, f"{CAMPAIGNS}{created['id']}/pieces/x/{path}", body)
    elsewhere = ada.call(method, f"{CAMPAIGNS}{created['id'] + 1}/pieces/x/{path}", body)
    unknown = ada.call(method, f"{CAMPAIGNS}{created['id']}/pieces/fax/{path}", body)

    assert [problem_of(answer)["status"] for answer in (unwritten, elsewhere, unknown)] == [404, 404, 404]
    assert Job.objects.count() == 1


def test_version_that_does_not_exist_is_404(ada: Caller) -> None:
    path = write(ada)

    assert ada.post(f"{path}versions/9/restore/", {"version": 1}).status_code == 404


@pytest.mark.parametrize("wish", ["x" * 501, "nul \x00", 7])
def test_bad_wish_is_refused(ada: Caller, wish: Any) -> None:
    path = write(ada)

    response = ada.post(f"{path}regenerate/", {"wish": wish})

    assert (response.status_code, list(problem_of(response)["details"])) == (400, ["wish"])
    assert Job.objects.count() == 1


def test_stranger_is_401_and_changes_nothing(ada: Caller) -> None:
    path = write(ada)

    response = Client().generic("PATCH", path, json.dumps({"fields": {"text": "t"}, "version": 1}), "application/json")

    assert (response.status_code, PieceVersion.objects.count()) == (401, 1)
