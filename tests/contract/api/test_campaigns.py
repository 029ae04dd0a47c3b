"""Campaigns over HTTP: accepted at once, written in the background, shown with their pieces."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from tests.contract.api.campaigns import BRIEF, CAMPAIGNS, NEW, create
from tests.support.callers import Caller, problem_of

#: One statement for each of: the token, the campaign, its job and payload; the rest is transactions.
MOST_STATEMENTS_TO_CREATE = 9
NO_COST: dict[str, object] = {
    "calls": 0,
    "tokens_in": None,
    "tokens_out": None,
    "cost_micros": None,
    "currency": "",
    "calls_without_price": 0,
    "by_currency": {},
}


def test_new_campaign_is_answered_at_once_and_pending(ada: Caller) -> None:
    response = ada.post(CAMPAIGNS, NEW | {"tone": "warm", "audience": "Coffee lovers"})

    row = Campaign.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/campaigns/{row.pk}/"
    assert response.json() == {
        "id": row.pk,
        "name": "Autumn",
        "brief": BRIEF,
        "product": "",
        "audience": "Coffee lovers",
        "tone": "warm",
        "channels": ["linkedin", "x"],
        "language": "en",
        "created_by": ada.user.pk,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "generation": 1,
        "ai_processing_status": "pending",
        "ai_processing_error": None,
        "ai_processed_at": None,
        "task_id": str(row.task_id),
        "brand_kit": None,
        "warnings": [],
        "cost": NO_COST,
        "pieces": [],
    }
    assert Job.objects.get(pk=str(row.task_id)).owner_id == ada.user.pk


def test_written_campaign_shows_its_pieces_in_the_order_of_its_channels(ada: Caller) -> None:
    created = create(ada, channels=["x", "google_rsa", "email"])

    drain()

    shown = ada.get(f"/api/campaigns/{created['id']}/").json()
    assert (shown["ai_processing_status"], shown["ai_processing_error"]) == ("completed", None)
    assert shown["ai_processed_at"] is not None
    assert [piece["channel"] for piece in shown["pieces"]] == ["x", "google_rsa", "email"]
    assert [sorted(piece["fields"]) for piece in shown["pieces"]] == [
        ["text"],
        ["descriptions", "headlines", "path1", "path2"],
        ["body", "preheader", "subject"],
    ]
    assert {piece["made_by"] for piece in shown["pieces"]} == {"template"}


def test_channels_and_language_need_not_be_given(ada: Caller) -> None:
    response = ada.post(CAMPAIGNS, {"name": "Herbst", "brief": "Wir eröffnen unsere neue Werkstatt."})

    assert response.json()["language"] == "de"
    assert response.json()["channels"] == ["google_rsa", "meta_feed", "linkedin", "x", "email", "blog"]


def test_job_of_the_campaign_is_shown_by_the_job_endpoints(ada: Caller) -> None:
    created = create(ada)

    job = ada.get(f"/api/v1/jobs/{created['task_id']}/").json()
    status = ada.get(f"/api/v1/tasks/{created['task_id']}/status/").json()

    assert (job["kind"], job["subject"]) == ("campaigns.write_campaign", f"campaign:{created['id']}")
    assert (status["task_id"], status["status"]) == (created["task_id"], "PENDING")


def test_member_sees_and_edits_the_campaigns_of_others(ada: Caller, bob: Caller) -> None:
    created = create(ada)
    path = f"/api/campaigns/{created['id']}/"

    assert bob.get(path).json() == created
    assert bob.call("PATCH", path, {"name": "Winter"}).json()["name"] == "Winter"
    assert [item["name"] for item in bob.get(CAMPAIGNS).json()["items"]] == ["Winter"]
    assert bob.delete(path).status_code == 204


def test_list_is_paged_and_newest_first(ada: Caller) -> None:
    ids = [create(ada, name=f"Campaign {number}")["id"] for number in range(3)]

    first = ada.get(f"{CAMPAIGNS}?limit=2").json()
    second = ada.get(first["next"]).json()

    assert ([item["id"] for item in first["items"]], first["count"]) == ([ids[2], ids[1]], 3)
    assert ([item["id"] for item in second["items"]], second["next"]) == ([ids[0]], None)
    assert "brief" not in first["items"][0]


def test_list_is_filtered(ada: Caller, bob: Caller) -> None:
    create(ada, name="Spring sale")
    drain()
    create(bob, name="Autumn SALE")
    create(bob, name="Launch")

    def names(query: str) -> list[str]:
        return [item["name"] for item in ada.get(f"{CAMPAIGNS}?{query}").json()["items"]]

    assert names("status=completed") == ["Spring sale"]
    assert names("q=sale") == ["Autumn SALE", "Spring sale"]
    assert names(f"q=sale&created_by={bob.user.pk}") == ["Autumn SALE"]
    assert names("q=%25") == []


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_the_same_statements_for_any_number_of_rows(
    ada: Caller, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        create(ada)

    with django_assert_num_queries(3):  # token, count, page
        ada.get(CAMPAIGNS)


@pytest.mark.parametrize("channels", [["x"], ["x", "blog", "email"]])
def test_showing_takes_the_same_statements_for_any_number_of_pieces(
    ada: Caller, django_assert_num_queries: DjangoAssertNumQueries, channels: list[str]
) -> None:
    created = create(ada, channels=channels)
    drain()

    with django_assert_num_queries(4):  # token, campaign with its brand kit, cost, pieces
        ada.get(f"/api/campaigns/{created['id']}/")


def test_creating_takes_few_statements(ada: Caller) -> None:
    create(ada)  # the first one in a process also reads what is kept in memory afterwards

    with CaptureQueriesContext(connection) as counted:
        create(ada)

    print(f"POST {CAMPAIGNS}: {len(counted)} statements seen by Django")  # noqa: T201
    assert len(counted) <= MOST_STATEMENTS_TO_CREATE


def test_patch_changes_only_what_was_sent(ada: Caller) -> None:
    created = create(ada, tone="warm")
    drain()

    changed = ada.call("PATCH", f"/api/campaigns/{created['id']}/", {"audience": " Runners ", "channels": ["blog"]})

    assert changed.status_code == 200
    expected = {"name": "Autumn", "tone": "warm", "audience": "Runners", "channels": ["blog"], "generation": 1}
    assert {name: changed.json()[name] for name in expected} == expected
    assert [piece["channel"] for piece in changed.json()["pieces"]] == ["linkedin", "x"]


def test_patch_of_the_brief_is_409_while_it_is_written_from(ada: Caller) -> None:
    created = create(ada)

    response = ada.call("PATCH", f"/api/campaigns/{created['id']}/", {"brief": "Another one."})

    assert (response.status_code, problem_of(response)["code"]) == (409, "campaign_busy")
    assert ada.get(f"/api/campaigns/{created['id']}/").json() == created


def test_regenerate_is_a_submit(ada: Caller) -> None:
    created = create(ada)
    drain()

    response = ada.post(f"/api/campaigns/{created['id']}/regenerate/")

    task_id = response.json()["task_id"]
    assert response.status_code == 202
    assert response["Location"] == f"/api/v1/jobs/{task_id}/"
    assert response.json() == {
        "task_id": task_id,
        "status": "PENDING",
        "message": "campaigns.write_campaign task submitted successfully",
    }
    shown = ada.get(f"/api/campaigns/{created['id']}/").json()
    assert (shown["generation"], shown["ai_processing_status"], shown["task_id"]) == (2, "pending", task_id)


def test_regenerate_is_409_while_unfinished(ada: Caller) -> None:
    created = create(ada)

    response = ada.post(f"/api/campaigns/{created['id']}/regenerate/")

    assert (response.status_code, problem_of(response)["code"]) == (409, "campaign_busy")
    assert Job.objects.count() == 1


def test_delete_takes_everything_along(ada: Caller) -> None:
    created = create(ada)

    gone = ada.delete(f"/api/campaigns/{created['id']}/")

    assert (gone.status_code, gone.content) == (204, b"")
    assert ada.get(f"/api/campaigns/{created['id']}/").status_code == 404
    assert ada.delete(f"/api/campaigns/{created['id']}/").status_code == 404
    assert Job.objects.get().state == "cancelled"


def test_request_sent_twice_with_a_key_creates_one_campaign(ada: Caller) -> None:
    first = ada.post(CAMPAIGNS, NEW, Idempotency_Key="k-1")
    second = ada.post(CAMPAIGNS, NEW, Idempotency_Key="k-1")
    other = ada.post(CAMPAIGNS, NEW | {"name": "Other"}, Idempotency_Key="k-1")

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert (second.content, second["Location"]) == (first.content, first["Location"])
    assert (Campaign.objects.count(), Job.objects.count()) == (1, 1)


def test_regenerate_sent_twice_with_a_key_asks_once(ada: Caller) -> None:
    created = create(ada)
    drain()
    path = f"/api/campaigns/{created['id']}/regenerate/"

    answers = [ada.post(path, Idempotency_Key="again") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert Campaign.objects.get().generation == 2


def test_path_works_without_its_trailing_slash(ada: Caller) -> None:
    response = ada.post("/api/campaigns", NEW)

    assert response.status_code == 201
    assert response["Location"] == f"/api/campaigns/{response.json()['id']}/"
    assert ada.get(response["Location"].rstrip("/")).json() == response.json()


def test_pieces_of_one_campaign_stay_out_of_another(ada: Caller) -> None:
    first, second = create(ada, channels=["x"]), create(ada, channels=["x"], brief="Lumo is a lamp for balconies.")

    drain()

    texts = {
        item["id"]: ada.get(f"/api/campaigns/{item['id']}/").json()["pieces"][0]["fields"]["text"]
        for item in (first, second)
    }
    assert ("Nimbus" in texts[first["id"]], "Lumo" in texts[first["id"]]) == (True, False)
    assert ("Nimbus" in texts[second["id"]], "Lumo" in texts[second["id"]]) == (False, True)
    assert ContentPiece.objects.count() == 2
