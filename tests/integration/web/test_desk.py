"""Home, activity, tray and bell: one person's jobs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.services import create_campaign
from nightdesk.engine.models import Job

pytestmark = pytest.mark.django_db


def make_campaign(owner: User, name: str) -> Campaign:
    return create_campaign(name=name, brief="A kettle.", channels=["x"], created_by_id=owner.pk)


def end(campaign: Campaign, state: str, *, minutes_ago: float = 0, **more: Any) -> None:
    assert campaign.task_id is not None
    at = timezone.now() - timedelta(minutes=minutes_ago)
    Job.objects.filter(pk=campaign.task_id).update(state=state, finished_at=at, **more)


def read(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def section(page: str, key: str) -> str:
    return page.partition(f'data-key="{key}"')[2].partition("</section>")[0]


def test_home_before_the_first_campaign_has_a_brief_that_is_ready_to_send(browser_of_member: Client) -> None:
    page = read(browser_of_member, "/")
    assert "Send the sample brief" in page
    fields = {"name": "Quiet", "brief": "Kettle", "channels": ["x"]}
    assert all(f'<input type="hidden" name="{name}"' in page for name in (*fields, "product", "audience", "tone"))
    browser_of_member.post("/campaigns/new/", fields)
    assert "Send the sample brief" not in read(browser_of_member, "/")


def test_home_shows_what_needs_one_what_happens_and_what_was_done(browser_of_member: Client, member: User) -> None:
    failed, done, stopped, waiting = (make_campaign(member, name) for name in ("Failed", "Done", "Stopped", "Waiting"))
    end(failed, "failed")
    end(done, "succeeded")
    end(stopped, "cancelled")
    page = read(browser_of_member, "/")
    assert "Hello Mia" in page
    assert f'href="/campaigns/{failed.pk}/">Failed</a>' in section(page, "troubled")
    assert f'href="/campaigns/{waiting.pk}/">Waiting</a>' in section(page, "now")
    today = " ".join(section(page, "today").split())
    assert [f"<strong>{count}</strong> {word}" in today for count, word in ((1, "done"), (1, "failed"), (1, "stopped"))]
    assert all(f">{name}</a>" in section(page, "campaigns") for name in ("Failed", "Done", "Stopped", "Waiting"))


def test_failure_needs_nobody_once_it_was_asked_for_again_or_is_old(browser_of_member: Client, member: User) -> None:
    again, old = make_campaign(member, "Again"), make_campaign(member, "Old")
    end(again, "failed")
    end(old, "failed", minutes_ago=8 * 24 * 60)
    row = Job.objects.get(subject=again.subject)
    assert "Again</a>" in section(read(browser_of_member, "/"), "troubled")
    other = make_campaign(member, "Other")
    Job.objects.filter(subject=other.subject).update(subject=row.subject)
    assert ">Again</a>" not in section(read(browser_of_member, "/"), "troubled")
    assert ">Old</a>" not in section(read(browser_of_member, "/"), "troubled")


def test_home_is_about_ones_own_jobs(browser_of_member: Client) -> None:
    other = create_user(email="noor@example.org")
    end(make_campaign(other, "Hers"), "failed")
    page = read(browser_of_member, "/")
    assert "Hers" not in section(page, "troubled")
    assert ">Hers</a>" in section(page, "campaigns")


@pytest.mark.parametrize("count", [1, 3, 30])
def test_home_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        end(make_campaign(member, f"Done {number}"), "succeeded")
    # session, user, what the frame counts; campaigns, troubled, unfinished, ends of today
    with django_assert_num_queries(7):
        read(browser_of_member, "/")


@pytest.mark.parametrize("count", [1, 3, 30])
def test_activity_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        make_campaign(member, f"Campaign {number}")
    read(browser_of_member, "/activity/")
    # session, user, count, jobs, their campaigns, what the frame counts; the session is saved in a savepoint
    with django_assert_num_queries(9):
        page = read(browser_of_member, "/activity/")
    assert page.count('class="line"') == min(count, 25)


@pytest.mark.parametrize(
    ("shown", "names"),
    [("", {"Failed", "Done", "Waiting"}), ("failed", {"Failed"}), ("done", {"Done"}), ("unfinished", {"Waiting"}),
     ("stopped", set()), ("nonsense", {"Failed", "Done", "Waiting"})],
)  # fmt: skip
def test_activity_is_cut_down_by_its_address(
    browser_of_member: Client, member: User, shown: str, names: set[str]
) -> None:
    for name, state in {"Failed": "failed", "Done": "succeeded", "Waiting": ""}.items():
        campaign = make_campaign(member, name)
        if state:
            end(campaign, state)
    page = read(browser_of_member, f"/activity/?show={shown}")
    assert {name for name in ("Failed", "Done", "Waiting") if f">{name}</a></p>" in page} == names


def test_bell_counts_what_ended_since_it_was_opened(browser_of_member: Client, member: User) -> None:
    def counts() -> list[str]:
        page = read(browser_of_member, "/activity/counts/")
        return [part.partition("</span>")[0].rpartition(">")[2] for part in page.split("<span ")[1:]]

    first, _second = make_campaign(member, "First"), make_campaign(member, "Second")
    assert counts() == ["2", "0"]
    end(first, "succeeded")
    assert counts() == ["1", "1"]
    assert "First" in read(browser_of_member, "/activity/ended/")
    assert "Second" in read(browser_of_member, "/activity/now/")
    seen = browser_of_member.post("/activity/seen/", headers={"HX-Request": "true"})
    assert (seen.status_code, counts()) == (200, ["1", "0"])


def test_bell_is_marked_as_seen_without_scripts_by_the_page_of_all_activity(
    browser_of_member: Client, member: User
) -> None:
    end(make_campaign(member, "First"), "succeeded")
    assert 'id="bell-count">1<' in read(browser_of_member, "/campaigns/")
    read(browser_of_member, "/activity/")
    assert 'id="bell-count" data-none>0<' in read(browser_of_member, "/campaigns/")
    assert browser_of_member.post("/activity/seen/")["Location"] == "/activity/"


@pytest.mark.parametrize(
    "path", ["/activity/", "/activity/now/", "/activity/ended/", "/activity/counts/", "/settings/"]
)
def test_nobody_sees_it_who_did_not_sign_in(visitor: Client, path: str) -> None:
    assert visitor.get(path).status_code == 302
    assert visitor.get(path, headers={"HX-Request": "true"}).status_code == 401
