"""Who did what, as it is written down when it was done."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nightdesk.accounts.models import Role, User
from nightdesk.accounts.services import create_sign_in_link, create_user
from nightdesk.activity.models import Activity
from nightdesk.activity.services import activities_shown, record, sweep_activity, title_of
from nightdesk.campaigns.models import Campaign
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.testing import drain
from nightdesk.exports.models import Export, Report
from nightdesk.httpkit import throttles
from tests.support.callers import Caller, make_caller

BRIEF = {"name": "Spring sale", "brief": "Two weeks of tulips at half the price.", "channels": ["linkedin"]}
PASSWORD = "a long enough phrase 7"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    throttles.forget_shares()
    yield
    shared_tail().stop()
    throttles.forget_shares()


@pytest.fixture
def ada(db: None) -> Caller:
    return make_caller("ada")


@pytest.fixture
def root(db: None) -> User:
    return create_user(email="root@example.org", role=Role.ADMINISTRATOR)


def lines() -> list[tuple[Any, ...]]:
    fields = ("actor_name", "action", "subject", "title", "source", "address")
    return list(Activity.objects.order_by("pk").values_list(*fields))


def test_export_and_report_over_the_api_say_which(db: None) -> None:
    caller = make_caller("olga", role=Role.OPERATOR)
    caller.post("/api/v1/tasks/export/", {"model_name": "campaign", "fields": ["id"]})
    caller.post("/api/v1/tasks/report/", {"report_type": "users", "date_from": "2026-03-01", "date_to": "2026-03-02"})

    subjects = [f"export:{Export.objects.get().pk}", f"report:{Report.objects.get().pk}"]
    assert [line[1:3] for line in lines()] == [("export.create", subjects[0]), ("report.create", subjects[1])]


def test_life_of_a_campaign_over_the_api(ada: Caller) -> None:
    made = ada.post("/api/campaigns/", BRIEF).json()
    path = f"/api/campaigns/{made['id']}"
    ada.call("PATCH", path, {"name": "Summer sale"})
    drain()
    ada.post(f"{path}/regenerate/")
    ada.delete(path)

    me, thing = "ada@example.org", f"campaign:{made['id']}"
    assert lines() == [
        (me, "campaign.create", thing, "Spring sale", "api", "127.0.0.1"),
        (me, "campaign.change", thing, "Summer sale", "api", "127.0.0.1"),
        (me, "campaign.regenerate", thing, "Summer sale", "api", "127.0.0.1"),
        (me, "campaign.delete", thing, "Summer sale", "api", "127.0.0.1"),
    ]
    regenerated = Activity.objects.get(action="campaign.regenerate")
    assert (regenerated.actor, str(regenerated.job_id).count("-")) == (ada.user, 4)


def test_what_was_refused_or_only_looked_at_leaves_no_line(ada: Caller) -> None:
    ada.post("/api/campaigns/", {"name": ""})
    ada.delete("/api/campaigns/987654321/")
    ada.get("/api/campaigns/")
    Client().post("/api/campaigns/", BRIEF, content_type="application/json")
    Client().post("/campaigns/new/", BRIEF)

    assert lines() == []


def test_request_that_is_sent_twice_under_one_key_is_one_line(ada: Caller) -> None:
    for _ in range(2):
        ada.post("/api/campaigns/", BRIEF, Idempotency_Key="spring")

    assert [action for _, action, *_ in lines()] == ["campaign.create"]


def test_line_of_a_new_thing_costs_one_insert(ada: Caller) -> None:
    with CaptureQueriesContext(connection) as seen:
        ada.post("/api/campaigns/", BRIEF)

    said = [query["sql"] for query in seen if not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    assert [statement.split()[0] for statement in said if "activity_activity" in statement] == ["INSERT"]
    assert "activity_activity" in said[-1]
    assert not any(statement.startswith("SELECT") and "campaigns_campaign" in statement for statement in said[-2:])


def test_coming_in_and_going_out(root: User) -> None:
    root.set_password(PASSWORD)
    root.save()
    browser = Client()
    browser.post("/sign-in/", {"email": "somebody@example.org", "password": "their secret phrase"})
    browser.post("/sign-in/", {"email": root.email, "password": PASSWORD})
    browser.post("/sign-out/")
    browser.post(f"/sign-in/{create_sign_in_link(user_id=root.pk)}/")

    assert [line[:2] for line in lines()] == [
        ("", "sign_in.failed"),
        (root.email, "sign_in"),
        (root.email, "sign_out"),
        (root.email, "sign_in.link"),
    ]
    kept = str(list(Activity.objects.values()))
    assert "somebody" not in kept
    assert "secret phrase" not in kept


def test_campaign_made_and_deleted_on_pages_keeps_its_name(root: User) -> None:
    browser = Client()
    browser.force_login(root)
    browser.post("/campaigns/new/", BRIEF)
    made = Campaign.objects.get()
    browser.post(f"/campaigns/{made.pk}/delete/")

    assert [(action, title, source) for _, action, _, title, source, _ in lines()] == [
        ("campaign.create", "Spring sale", "page"),
        ("campaign.delete", "Spring sale", "page"),
    ]


def test_secret_of_a_token_is_not_written_down(ada: Caller) -> None:
    secret = ada.post("/api/v1/tokens/", {"name": "laptop"}).json()["token"]
    browser = Client()
    browser.force_login(ada.user)
    shown = browser.post("/settings/tokens/", {"name": "desk"}).content.decode()
    (other,) = set(re.findall(r"nd_[\w-]{20,}", shown))

    assert [(action, title) for _, action, _, title, _, _ in lines()] == [
        ("token.create", "laptop"),
        ("token.create", "desk"),
    ]
    kept = str(list(Activity.objects.values()))
    assert secret not in kept
    assert other not in kept


def test_admin_leaves_a_line_for_each_thing(root: User) -> None:
    browser = Client()
    browser.force_login(root)
    form = {"email": "new@example.org", "usable_password": "false", "role": "member"}
    made = browser.post("/admin/accounts/user/add/", form)
    other = create_user(email="other@example.org")
    ids = [User.objects.get(email="new@example.org").pk, other.pk]
    browser.post(
        "/admin/accounts/user/", {"action": "delete_selected", "_selected_action": ids, "post": "yes", "index": 0}
    )

    assert made.status_code == 302, made.content
    assert sorted((action, title, source) for _, action, _, title, source, _ in lines()) == [
        ("user.create", "new@example.org", "admin"),
        ("user.delete", "new@example.org", "admin"),
        ("user.delete", "other@example.org", "admin"),
    ]


@pytest.mark.django_db(transaction=True)
def test_line_that_cannot_be_written_costs_no_change() -> None:
    ada = make_caller("ada")

    def refuse(execute: Any, statement: str, *rest: Any) -> Any:
        if "activity_activity" in statement:
            raise DatabaseError("the disk is full")
        return execute(statement, *rest)

    with connection.execute_wrapper(refuse):
        answer = ada.post("/api/campaigns/", BRIEF)

    assert (answer.status_code, Campaign.objects.count(), Activity.objects.count()) == (201, 1, 0)


def test_list_is_narrowed_by_each_of_its_words(ada: Caller) -> None:
    record(
        action="campaign.create",
        source="page",
        actor_id=ada.user.pk,
        actor_name="ada",
        subject="campaign:1",
        title="Tulips",
    )
    record(action="campaign.delete", source="api", actor_name="bob", subject="campaign:2", title="Roses")
    record(action="sign_in", source="page", actor_name="bob")
    now = timezone.now()

    def found(**asked: Any) -> list[str]:
        return [line.action for line in activities_shown(**asked)]

    assert found() == ["sign_in", "campaign.delete", "campaign.create"]
    assert found(actor_id=ada.user.pk) == ["campaign.create"]
    assert found(action="campaign") == ["campaign.delete", "campaign.create"]
    assert found(action="camp") == []
    assert found(subject="campaign:2") == ["campaign.delete"]
    assert found(text="tuLIP") == ["campaign.create"]
    assert found(since=now + timedelta(minutes=1)) == []
    assert found(until=now - timedelta(hours=1)) == []


def test_words_of_an_action_of_another_version_are_the_action() -> None:
    assert [title_of(action) for action in ("campaign.create", "ads.watch")] == ["Made a campaign", "ads.watch"]


def test_old_lines_go_in_batches(db: None) -> None:
    for number in range(3):
        record(action="sign_in", source="page")
        Activity.objects.filter(pk=Activity.objects.latest("pk").pk).update(at=timezone.now() - timedelta(days=number))
    before = timezone.now() - timedelta(hours=1)

    assert sweep_activity(before=before, check=lambda: None, dry_run=True) == 2
    assert sweep_activity(before=before, check=lambda: None) == 2
    assert Activity.objects.count() == 1
