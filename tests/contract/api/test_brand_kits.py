"""Brand kits over HTTP: versions, names of their own, archived and never lost."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.campaigns.models import BrandKit, BrandKitVersion
from nightdesk.engine.testing import drain
from tests.contract.api.campaigns import CAMPAIGNS, NEW, create
from tests.support.callers import Caller, problem_of

KITS = "/api/brand-kits/"
NIMBUS = {
    "name": "Nimbus",
    "voice": "Warm and plain.",
    "audience": "Coffee lovers",
    "words_to_use": ["crema"],
    "words_to_avoid": ["cheap"],
    "colours": [{"name": "Ink", "hex": "#1f6feb"}],
}


def create_kit(caller: Caller, **fields: Any) -> dict[str, Any]:
    response = caller.post(KITS, NIMBUS | fields)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_new_kit_is_shown_whole(ada: Caller) -> None:
    response = ada.post(KITS, NIMBUS)

    row = BrandKit.objects.get()
    at = row.created_at.isoformat().replace("+00:00", "Z")
    assert (response.status_code, response["Location"]) == (201, f"{KITS}{row.pk}/")
    assert response.json() == {
        **NIMBUS,
        "colours": [{"name": "Ink", "hex": "#1F6FEB"}],
        "id": row.pk,
        "version": 1,
        "created_by": ada.user.pk,
        "created_at": at,
        "updated_at": at,
        "archived_at": None,
    }
    assert ada.get(response["Location"]).json() == response.json()


def test_change_makes_the_next_version_and_the_old_ones_are_listed(ada: Caller, bob: Caller) -> None:
    kit = create_kit(ada)
    path = f"{KITS}{kit['id']}/"

    changed = bob.call("PATCH", path, {"version": 1, "voice": "Cool."})

    assert (changed.status_code, changed.json()["version"], changed.json()["voice"]) == (200, 2, "Cool.")
    assert changed.json()["words_to_avoid"] == ["cheap"]
    versions = ada.get(f"{path}versions/").json()["items"]
    assert [(one["number"], one["voice"], one["created_by"]) for one in versions] == [
        (2, "Cool.", bob.user.pk),
        (1, "Warm and plain.", ada.user.pk),
    ]


def test_second_of_two_gets_409_and_writes_nothing(ada: Caller, bob: Caller) -> None:
    path = f"{KITS}{create_kit(ada)['id']}/"
    ada.call("PATCH", path, {"version": 1, "voice": "First."})

    response = bob.call("PATCH", path, {"version": 1, "voice": "Second."})

    assert (response.status_code, problem_of(response)["code"]) == (409, "brand_kit_changed")
    assert ada.get(path).json()["voice"] == "First."


def test_name_that_is_taken_is_409(ada: Caller) -> None:
    create_kit(ada)
    other = create_kit(ada, name="Other")

    for response in (
        ada.post(KITS, NIMBUS | {"name": "NIMBUS"}),
        ada.call("PATCH", f"{KITS}{other['id']}/", {"version": 1, "name": "nimbus"}),
    ):
        problem = problem_of(response)
        assert (response.status_code, problem["code"], list(problem["details"])) == (
            409,
            "brand_kit_name_taken",
            ["name"],
        )
    assert (BrandKit.objects.count(), BrandKitVersion.objects.count()) == (2, 2)


def test_deleted_kit_is_archived_listed_apart_and_restored(ada: Caller) -> None:
    kit = create_kit(ada)
    path = f"{KITS}{kit['id']}/"

    assert ada.delete(path).status_code == 204

    assert ada.get(KITS).json()["items"] == []
    assert [one["id"] for one in ada.get(f"{KITS}?archived=true").json()["items"]] == [kit["id"]]
    assert ada.get(path).json()["archived_at"] is not None
    assert problem_of(ada.call("PATCH", path, {"version": 1, "voice": "x"}))["code"] == "brand_kit_archived"
    assert ada.post(CAMPAIGNS, NEW | {"brand_kit_id": kit["id"]}).status_code == 400
    assert ada.post(f"{path}restore/").json()["archived_at"] is None


def test_list_is_paged_by_name_and_filtered(ada: Caller) -> None:
    for name in ("Nimbus", "Aurora", "Fernweh"):
        create_kit(ada, name=name)

    assert [one["name"] for one in ada.get(f"{KITS}?limit=2").json()["items"]] == ["Aurora", "Fernweh"]
    assert [one["name"] for one in ada.get(f"{KITS}?q=IMB").json()["items"]] == ["Nimbus"]


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_statements_for_any_number_of_rows(
    ada: Caller, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for number in range(rows):
        create_kit(ada, name=f"Kit {number}")

    with django_assert_num_queries(3):  # token, count, page
        ada.get(KITS)


def test_request_sent_twice_with_a_key_creates_one_kit(ada: Caller) -> None:
    answers = [ada.post(KITS, NIMBUS, Idempotency_Key="k-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert BrandKit.objects.count() == 1


def test_campaign_shows_its_kit_and_where_it_demands_what_the_kit_forbids(ada: Caller) -> None:
    kit = create_kit(ada)
    created = create(ada, brief="Nimbus is a cheap machine.", brand_kit_id=kit["id"])
    path = f"{CAMPAIGNS}{created['id']}/"
    assert created["brand_kit"] == {"id": kit["id"], "name": "Nimbus", "version": 1, "written_with": 1}
    assert [warning.partition(",")[0] for warning in created["warnings"]] == ["The brief says “cheap”"]
    drain()

    ada.call("PATCH", f"{KITS}{kit['id']}/", {"version": 1, "voice": "Cool."})
    other = create_kit(ada, name="Other", words_to_avoid=[])

    assert ada.get(path).json()["brand_kit"]["version"] == 2
    assert ada.get(path).json()["brand_kit"]["written_with"] == 1
    changed = ada.call("PATCH", path, {"brand_kit_id": other["id"]}).json()
    assert (changed["brand_kit"]["written_with"], changed["warnings"]) == (None, [])
    assert ada.call("PATCH", path, {"brand_kit_id": None}).json()["brand_kit"] is None


BAD_KITS = [
    pytest.param({"voice": "v"}, ["name"], id="no-name"),
    pytest.param(NIMBUS | {"name": " "}, ["name"], id="blank-name"),
    pytest.param(NIMBUS | {"name": "\u200b"}, ["name"], id="invisible-name"),
    pytest.param(NIMBUS | {"name": "x" * 121}, ["name"], id="long-name"),
    pytest.param(NIMBUS | {"name": "nul \x00"}, ["name"], id="nul"),
    pytest.param(NIMBUS | {"voice": "half \ud800"}, ["voice"], id="lone-surrogate"),
    pytest.param(NIMBUS | {"voice": "x" * 1_000_000}, ["voice"], id="one-megabyte-voice"),
    pytest.param(NIMBUS | {"audience": "x" * 501}, ["audience"], id="long-audience"),
    pytest.param(NIMBUS | {"words_to_use": "crema"}, ["words_to_use"], id="words-are-text"),
    pytest.param(NIMBUS | {"words_to_avoid": ["x"] * 101}, ["words_to_avoid"], id="too-many-words"),
    pytest.param(NIMBUS | {"words_to_avoid": ["x" * 81]}, ["words_to_avoid.0"], id="long-word"),
    pytest.param(NIMBUS | {"words_to_avoid": ["CREMA"]}, ["words_to_avoid"], id="word-wanted-and-forbidden"),
    pytest.param(NIMBUS | {"colours": [{"hex": "red"}]}, ["colours.0.hex"], id="colour-by-name"),
    pytest.param(NIMBUS | {"colours": [{"name": "Ink"}]}, ["colours.0.hex"], id="colour-without-hex"),
    pytest.param(NIMBUS | {"colours": [{"hex": "#fff", "alpha": 1}]}, ["colours.0.alpha"], id="colour-with-more"),
    pytest.param(NIMBUS | {"colours": [{"hex": "#fff"}] * 13}, ["colours"], id="too-many-colours"),
    pytest.param(NIMBUS | {"font": "Arial"}, ["font"], id="unknown-field"),
]


@pytest.mark.parametrize(("body", "fields"), BAD_KITS)
def test_bad_kit_is_refused_with_details_and_nothing_is_written(
    ada: Caller, body: dict[str, Any], fields: list[str]
) -> None:
    response = ada.post(KITS, body)

    problem = problem_of(response)
    assert (response.status_code, problem["code"], list(problem["details"])) == (400, "invalid_input", fields)
    assert BrandKit.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["version"]),
        ({"version": 1}, ["body"]),
        ({"voice": "v"}, ["version"]),
        ({"version": 0, "voice": "v"}, ["version"]),
        ({"version": 2**31, "voice": "v"}, ["version"]),
        ({"version": 1, "name": ""}, ["name"]),
        ({"version": 1, "words_to_use": ["cheap"]}, ["words_to_avoid"]),
    ],
)
def test_bad_change_is_refused_and_nothing_changes(ada: Caller, body: dict[str, Any], fields: list[str]) -> None:
    kit = create_kit(ada)

    response = ada.call("PATCH", f"{KITS}{kit['id']}/", body)

    assert (response.status_code, list(problem_of(response)["details"])) == (400, fields)
    assert ada.get(f"{KITS}{kit['id']}/").json() == kit


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"version": 1, "voice": "x"}),
        ("DELETE", "", None),
        ("POST", "restore/", None),
        ("GET", "versions/", None),
    ],
)
@pytest.mark.parametrize("kit_id", ["7", str(2**63 - 1)])
def test_kit_that_does_not_exist_is_404(
    ada: Caller, method: str, path: str, body: dict[str, Any] | None, kit_id: str
) -> None:
    response = ada.call(method, f"{KITS}{kit_id}/{path}", body)

    assert (response.status_code, problem_of(response)["code"]) == (404, "not_found")


def test_stranger_is_401(db: None) -> None:
    response = Client().generic("POST", KITS, json.dumps(NIMBUS), "application/json")

    assert (response.status_code, BrandKit.objects.count()) == (401, 0)
