"""Campaigns that cannot be: a clear refusal, nothing written."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client

from nightdesk.campaigns.models import Campaign
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from tests.contract.api.campaigns import CAMPAIGNS, NEW, create
from tests.support.callers import Caller, problem_of

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

BAD_CAMPAIGNS = [
    pytest.param({"name": "a"}, ["brief"], id="no-brief"),
    pytest.param({"brief": "b"}, ["name"], id="no-name"),
    pytest.param(NEW | {"brief": ""}, ["brief"], id="empty-brief"),
    pytest.param(NEW | {"brief": " \n\t "}, ["brief"], id="blank-brief"),
    pytest.param(NEW | {"brief": "\u200b"}, ["brief"], id="invisible-brief"),
    pytest.param(NEW | {"brief": "x" * 20_001}, ["brief"], id="long-brief"),
    pytest.param(NEW | {"brief": "x" * 1_000_000}, ["brief"], id="one-megabyte-brief"),
    pytest.param(NEW | {"brief": None}, ["brief"], id="null-brief"),
    pytest.param(NEW | {"brief": ["text"]}, ["brief"], id="brief-is-a-list"),
    pytest.param(NEW | {"brief": "nul \x00"}, ["brief"], id="nul"),
    pytest.param(NEW | {"brief": "half \ud800"}, ["brief"], id="lone-surrogate"),
    pytest.param(NEW | {"name": "x" * 121}, ["name"], id="long-name"),
    pytest.param(NEW | {"name": 5}, ["name"], id="name-is-a-number"),
    pytest.param(NEW | {"name": True}, ["name"], id="name-is-true"),
    pytest.param(NEW | {"product": "x" * 201}, ["product"], id="long-product"),
    pytest.param(NEW | {"audience": "x" * 501}, ["audience"], id="long-audience"),
    pytest.param(NEW | {"tone": {"warm": True}}, ["tone"], id="tone-is-an-object"),
    pytest.param(NEW | {"channels": []}, ["channels"], id="no-channel"),
    pytest.param(NEW | {"channels": ["x", "fax"]}, ["channels.1"], id="unknown-channel"),
    pytest.param(NEW | {"channels": ["x", "x"]}, ["channels"], id="channel-twice"),
    pytest.param(NEW | {"channels": "x"}, ["channels"], id="channels-is-text"),
    pytest.param(NEW | {"channels": {"x": 1}}, ["channels"], id="channels-is-an-object"),
    pytest.param(NEW | {"channels": ["x"] * 1000}, ["channels"], id="a-thousand-channels"),
    pytest.param(NEW | {"language": "Klingon, please"}, ["language"], id="no-language-tag"),
    pytest.param(NEW | {"brand_kit_id": 7}, ["brand_kit_id"], id="brand-kit-that-is-not-there"),
    pytest.param(NEW | {"brand_kit_id": 0}, ["brand_kit_id"], id="brand-kit-zero"),
    pytest.param(NEW | {"brand_kit_id": 2**63}, ["brand_kit_id"], id="brand-kit-beyond-numbers"),
    pytest.param(NEW | {"brand_kit_id": "Nimbus"}, ["brand_kit_id"], id="brand-kit-by-name"),
    pytest.param(NEW | {"colour": "red"}, ["colour"], id="unknown-field"),
    pytest.param(NEW | {"ai_processing_status": "completed"}, ["ai_processing_status"], id="status-from-outside"),
    pytest.param(NEW | {"created_by": 1}, ["created_by"], id="owner-from-outside"),
]


@pytest.mark.parametrize(("body", "fields"), BAD_CAMPAIGNS)
def test_bad_campaign_is_refused_with_details_and_nothing_is_written(
    ada: Caller, body: dict[str, Any], fields: list[str]
) -> None:
    response = ada.post(CAMPAIGNS, body)

    assert_refused(response, fields)
    assert (Campaign.objects.count(), Job.objects.count()) == (0, 0)


BAD_CHANGES = [
    pytest.param({}, ["body"], id="nothing"),
    pytest.param({"name": ""}, ["name"], id="empty-name"),
    pytest.param({"name": None}, ["name"], id="null-name"),
    pytest.param({"brief": "  "}, ["brief"], id="blank-brief"),
    pytest.param({"channels": []}, ["channels"], id="no-channel"),
    pytest.param({"channels": ["blog", "blog"]}, ["channels"], id="channel-twice"),
    pytest.param({"language": ""}, ["language"], id="empty-language"),
    pytest.param({"brand_kit_id": 7}, ["brand_kit_id"], id="brand-kit-that-is-not-there"),
    pytest.param({"brand_warnings": []}, ["brand_warnings"], id="warnings-from-outside"),
    pytest.param({"generation": 7}, ["generation"], id="generation-from-outside"),
    pytest.param({"task_id": "1"}, ["task_id"], id="job-from-outside"),
]


@pytest.mark.parametrize(("body", "fields"), BAD_CHANGES)
def test_bad_change_is_refused_with_details_and_nothing_changes(
    ada: Caller, body: dict[str, Any], fields: list[str]
) -> None:
    created = create(ada)
    drain()
    before = Campaign.objects.values().get()

    response = ada.call("PATCH", f"/api/campaigns/{created['id']}/", body)

    assert_refused(response, fields)
    assert Campaign.objects.values().get() == before


def assert_refused(response: "HttpResponse | Answer", fields: list[str]) -> None:
    body = problem_of(response)
    assert (response.status_code, body["code"], body["error"]) == (400, "invalid_input", "Invalid input")
    assert list(body["details"]) == fields
    assert all(complaint for complaints in body["details"].values() for complaint in complaints)


@pytest.mark.parametrize(
    ("query", "field"), [("status=done", "status"), ("created_by=x", "created_by"), ("limit=0", "limit")]
)
def test_bad_filter_is_refused(ada: Caller, query: str, field: str) -> None:
    assert_refused(ada.get(f"{CAMPAIGNS}?{query}"), [field])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("PATCH", "", {"brief": "x"}),
        ("DELETE", "", None),
        ("POST", "regenerate/", None),
    ],
)
@pytest.mark.parametrize("campaign_id", ["7", str(2**63 - 1)])
def test_campaign_that_does_not_exist_is_404(
    ada: Caller, method: str, path: str, body: dict[str, Any] | None, campaign_id: str
) -> None:
    response = ada.call(method, f"/api/campaigns/{campaign_id}/{path}", body)

    assert (response.status_code, problem_of(response)["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_method_that_is_not_allowed_is_405(ada: Caller, method: str) -> None:
    response = ada.call(method, "/api/campaigns/1/", {"name": "x"})

    assert response.status_code == 405
    assert response["Allow"] == "DELETE, GET, PATCH"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "1/"), ("PATCH", "1/"), ("DELETE", "1/"), ("POST", "1/regenerate/")],
)
def test_stranger_is_401_and_changes_nothing(db: None, method: str, path: str) -> None:
    response = Client().generic(method, CAMPAIGNS + path, json.dumps(NEW), "application/json")

    assert response.status_code == 401
    assert Campaign.objects.count() == 0
