"""Health, clean-up and the log of who did what, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.activity.services import record
from nightdesk.engine.testing import drain
from nightdesk.operations.models import HealthCheck
from tests.support.callers import Caller, problem_of

HEALTH = "/api/v1/health/"
PART = {"verdict": "warning", "detail": "Space runs out.", "latency_ms": 0.25}


def test_newest_check_and_those_before(olga: Caller) -> None:
    now = timezone.now()
    assert problem_of(olga.get(HEALTH))["status"] == 404
    for days, verdict in ((40, "ok"), (2, "critical"), (0, "warning")):
        HealthCheck.objects.create(at=now - timedelta(days=days), verdict=verdict, parts={"disk": PART})

    shown = olga.get(HEALTH).json()
    assert (shown["verdict"], shown["parts"], shown["task_id"]) == ("warning", {"disk": PART}, None)
    assert [item["verdict"] for item in olga.get(f"{HEALTH}history/").json()["items"]] == ["warning", "critical"]
    assert olga.get(f"{HEALTH}history/?since=2020-01-01T00:00:00Z").json()["count"] == 3


def test_clean_up_only_counts_when_asked(olga: Caller) -> None:
    HealthCheck.objects.create(at=timezone.now() - timedelta(days=400), verdict="ok", parts={})
    asked = olga.post("/api/v1/cleanup/", {"dry_run": True})
    drain()

    result = olga.get(f"/api/v1/jobs/{asked.json()['task_id']}/result/").json()["result"]
    assert (asked.status_code, result["removed"]["health_checks"], HealthCheck.objects.count()) == (202, 1, 1)
    assert (result["success"], result["dry_run"], result["message"]) == (True, True, "1 would be removed.")


def test_check_that_is_asked_for_twice_is_one(olga: Caller) -> None:
    answers = [olga.post(f"{HEALTH}check/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["task_id"] == answers[1].json()["task_id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", HEALTH),
        ("GET", f"{HEALTH}history/"),
        ("POST", f"{HEALTH}check/"),
        ("POST", "/api/v1/cleanup/"),
        ("GET", "/api/v1/activity/?actor=987654321"),
    ],
)
def test_what_is_for_operators_is_refused_to_members(ada: Caller, method: str, path: str) -> None:
    assert problem_of(ada.call(method, path))["status"] == 403


def test_members_see_their_own_lines_and_operators_all(ada: Caller, bob: Caller, olga: Caller) -> None:
    record(action="campaign.create", source="api", actor_id=ada.user.pk, actor_name="ada", subject="campaign:1")
    record(action="sign_in", source="page", actor_id=bob.user.pk, actor_name="bob", title="Tulips")

    def found(caller: Caller, query: str = "") -> list[str]:
        return [item["action"] for item in caller.get(f"/api/v1/activity/{query}").json()["items"]]

    assert found(ada) == found(olga, f"?actor={ada.user.pk}") == ["campaign.create"]
    assert found(bob, f"?actor={bob.user.pk}") == ["sign_in"]
    assert found(olga) == ["sign_in", "campaign.create"]
    assert found(olga, "?subject=campaign:1") == found(olga, "?action=campaign") == ["campaign.create"]
    assert found(olga, "?q=tul") == ["sign_in"]
    assert found(olga, "?until=2020-01-01T00:00:00Z") == []
    shown = ada.get("/api/v1/activity/").json()["items"][0]
    assert (shown["action_title"], shown["source"], shown["job_id"]) == ("Made a campaign", "api", None)
