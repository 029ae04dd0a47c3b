"""Webhooks over HTTP, and the address that a submit names."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.httpkit.models import IdempotentAnswer
from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.webhooks.models import WebhookEndpoint
from tests.contract.api.campaigns import CAMPAIGNS, create
from tests.support.callers import Caller, problem_of
from tests.support.platforms.receiver import SECRET, ReceiverDouble

WEBHOOKS = "/api/webhooks/"


@pytest.fixture
def receiver() -> Iterator[ReceiverDouble]:
    before = registry.configured()
    with ReceiverDouble() as double:
        registry.configure(PublishingOptions(private_hosts=frozenset([double.root.removeprefix("http://")])))
        yield double
        assert double.errors == []
    registry.configure(before)


def regenerate(caller: Caller, **headers: str) -> Any:
    campaign = create(caller)
    drain()
    return caller.post(f"{CAMPAIGNS}{campaign['id']}/regenerate/", **headers)


def test_secret_is_shown_once_and_the_rest_as_it_stands(ada: Caller, bob: Caller, receiver: ReceiverDouble) -> None:
    made = ada.post(WEBHOOKS, {"url": receiver.url, "name": "Blog"})

    body = made.json()
    secret = body.pop("secret")
    assert (made.status_code, made["Location"]) == (201, f"{WEBHOOKS}{body['id']}/")
    assert made["Cache-Control"] == "no-store"
    assert secret.startswith("whsec_")
    assert bob.get(made["Location"]).json() == body
    assert bob.get(WEBHOOKS).json()["items"] == [body]


def test_ping_is_sent_listed_and_sent_again(ada: Caller, receiver: ReceiverDouble) -> None:
    at = ada.post(WEBHOOKS, {"url": receiver.url, "secret": SECRET})["Location"]
    sent = ada.post(f"{at}test/")
    drain()

    (delivery,) = ada.get(f"{at}deliveries/").json()["items"]
    assert (sent.status_code, sent.json()["task_id"]) == (202, delivery["task_id"])
    assert (delivery["event"], delivery["state"], delivery["last_status"]) == ("ping", "delivered", 200)
    assert ada.post(f"{at}deliveries/{delivery['id']}/redeliver/").status_code == 202
    drain()
    assert (receiver.count("take"), len(receiver.events)) == (2, 1)


def test_webhook_is_changed_switched_off_and_deleted(ada: Caller, receiver: ReceiverDouble) -> None:
    at = ada.post(WEBHOOKS, {"url": receiver.url, "secret": SECRET})["Location"]

    changed = ada.call("PATCH", at, {"is_active": False, "name": "Quiet"}).json()
    assert (changed["is_active"], changed["name"]) == (False, "Quiet")
    assert problem_of(ada.post(f"{at}test/"))["code"] == "webhook_inactive"
    renewed = ada.post(f"{at}secret/", {}).json()
    assert renewed["secret"] != SECRET
    assert renewed["old_secret_until"]
    assert ada.delete(at).status_code == 204
    assert ada.get(at).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://example.com/", "events": ["post.lost"]}, "events.0"),
        ({"url": "http://127.0.0.1:9/", "secret": "whsec_short"}, "url"),
        ({}, "url"),
    ],
)
def test_webhook_that_cannot_be_is_refused(ada: Caller, body: dict[str, Any], field: str) -> None:
    problem = problem_of(ada.post(WEBHOOKS, body))

    assert (problem["status"], list(problem["details"])) == (400, [field])


def test_submit_names_who_is_told_of_the_end(ada: Caller, receiver: ReceiverDouble) -> None:
    submitted = regenerate(ada, Webhook=receiver.url, Webhook_Secret=SECRET)
    assert submitted.status_code == 202
    assert "whsec" not in submitted.content.decode()
    drain()

    (event,) = receiver.events
    task_id = submitted.json()["task_id"]
    assert event["type"] == "job.ended"
    assert event["data"] == {
        "task_id": task_id,
        "kind": "campaigns.write_campaign",
        "state": "succeeded",
        "status": "SUCCESS",
        "error": None,
        "result_path": f"/api/v1/jobs/{task_id}/result/",
    }
    assert ada.get(WEBHOOKS).json()["count"] == 0


def test_secret_that_was_made_is_shown_once_and_kept_sealed(ada: Caller, receiver: ReceiverDouble) -> None:
    campaign = create(ada)
    drain()
    path = f"{CAMPAIGNS}{campaign['id']}/regenerate/"
    first = ada.post(path, Webhook=receiver.url, Idempotency_Key="once")
    again = ada.post(path, Webhook=receiver.url, Idempotency_Key="once")

    secret = first.json()["webhook_secret"]
    assert again.json() == {name: value for name, value in first.json().items() if name != "webhook_secret"}
    assert secret not in json.dumps(list(IdempotentAnswer.objects.values_list("body", flat=True)))
    receiver.secret = secret
    drain()
    assert len(receiver.events) == 1
    (request,) = receiver.requests
    assert Webhook(secret).verify(request.body, dict(request.headers))


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Webhook": "https://10.0.0.1/hooks"}, "Webhook"),
        ({"Webhook": "here"}, "Webhook"),
        ({"Webhook_Secret": SECRET}, "Webhook-Secret"),
    ],
)
def test_submit_with_a_webhook_that_cannot_be_makes_no_job(ada: Caller, headers: dict[str, str], field: str) -> None:
    campaign = create(ada)
    drain()
    before = Job.objects.count()

    problem = problem_of(ada.post(f"{CAMPAIGNS}{campaign['id']}/regenerate/", **headers))

    assert (problem["status"], list(problem["details"])) == (400, [field])
    assert (Job.objects.count(), WebhookEndpoint.objects.count()) == (before, 0)
