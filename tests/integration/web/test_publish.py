"""Publishing, the calendar and accounts, as their reader gets them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.publishing import services
from nightdesk.publishing.jobs import ConcludeRound, PublishPost
from nightdesk.publishing.models import PlatformAccount, Post, PublishedPost, PublishRound, Status
from nightdesk.web.desk import find_troubled
from tests.integration.web.posts import CONTENT, connect, make_post, read, send

pytestmark = pytest.mark.django_db


# ---- publishing


def test_dialog_says_why_an_account_is_off(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    broken = connect("Broken", health="reconnect", health_detail="The webhook is gone.")
    page = read(browser_of_member, f"/posts/{post.pk}/publish/")
    assert "The webhook is gone." in page
    assert f'href="/posts/accounts/{broken.pk}/"' in page
    assert page.count(" disabled") == 1


def test_post_goes_to_the_journal_and_its_history_tells(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    found = send(browser_of_member, post, services.journal_account().pk)
    waiting = read(browser_of_member, f"/posts/{post.pk}/publish/{found.pk}/", HX_Request="true")
    assert "0 of 1 published" in waiting
    assert 'data-status="pending"' in waiting
    drain()
    done = read(browser_of_member, f"/posts/{post.pk}/publish/{found.pk}/", HX_Request="true")
    assert "1 of 1 published" in done
    assert "View on" in done
    history = read(browser_of_member, f"/posts/{post.pk}/history/")
    assert "Attempt 1: Done" in history
    assert "asked for by Mia" in history


def test_double_click_makes_one_job(browser_of_member: Client, member: User) -> None:
    post, journal = make_post(member), services.journal_account().pk
    assert send(browser_of_member, post, journal) == send(browser_of_member, post, journal)
    assert Job.objects.filter(kind=PublishPost.kind.name).count() == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Choose at least one account to publish to."),
        ({"when": "later", "scheduled_at": "2020-01-01T09:00"}, "This is in the past."),
        ({"when": "later", "scheduled_at": "2027-03-28T02:30", "time_zone": "Europe/Berlin"}, "does not exist there."),
        ({"when": "later", "scheduled_at": "2027-03-28T03:30", "time_zone": "Mars/Base"}, "There is no time zone"),
    ],
)
def test_what_cannot_be_sent_is_said_in_the_dialog(
    browser_of_member: Client, member: User, asked: dict[str, str], said: str
) -> None:
    post = make_post(member)
    account = {"account": str(services.journal_account().pk)} if asked else {}
    answer = browser_of_member.post(f"/posts/{post.pk}/publish/", {"version": "1", **account, **asked})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert page.count(" checked") == 1 + len(account)  # the time, and the account that was chosen
    assert not PublishedPost.objects.exists()


def test_post_that_was_changed_meanwhile_is_not_sent(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    services.save_post(post_id=post.pk, base_revision=1, changes={"title": "Newer"}, author_id=None)
    sent = {"version": "1", "account": str(services.journal_account().pk)}
    answer = browser_of_member.post(f"/posts/{post.pk}/publish/", sent)
    assert answer.status_code == 409
    assert "Somebody has changed this post" in answer.content.decode()


def test_unconfirmed_account_asks_a_person(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    send(browser_of_member, post, services.journal_account().pk)
    row = PublishedPost.objects.get()
    PublishedPost.objects.update(status=Status.UNCONFIRMED, error="Nobody can look.")
    page = read(browser_of_member, f"/posts/{post.pk}/history/")
    assert "It is live" in page
    assert "Not there: send again" in page
    sent = {"round": str(row.round_id), "outcome": "live", "live_at": "https://example.org/tea"}
    browser_of_member.post(f"/posts/{post.pk}/history/{row.pk}/resolve/", sent)
    row.refresh_from_db()
    assert (row.status, row.remote_url) == (Status.SUCCESS, "https://example.org/tea")


def test_failed_account_is_retried_by_itself(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    send(browser_of_member, post, services.journal_account().pk)
    drain()
    row = PublishedPost.objects.get()
    PublishedPost.objects.update(status=Status.FAILED, error_code="reconnect", error="The token is revoked.")
    page = read(browser_of_member, f"/posts/{post.pk}/history/?status=failed")
    assert "The token is revoked." in page
    assert "Retry only this" in page
    assert f'href="/posts/accounts/{row.account_id}/"' in page
    browser_of_member.post(f"/posts/{post.pk}/history/{row.pk}/retry/", {"round": str(row.round_id)})
    row.refresh_from_db()
    assert row.status == Status.PENDING
    assert "Nothing matches." in read(browser_of_member, f"/posts/{post.pk}/history/?status=missed")


def test_account_that_failed_needs_somebody_until_it_is_out(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    send(browser_of_member, post, services.journal_account().pk, connect().pk)
    failed = PublishedPost.objects.get(platform="mastodon")
    Job.objects.filter(subject=f"post:{post.pk}", pk=str(failed.task_id)).update(
        state="failed", finished_at=timezone.now()
    )
    PublishedPost.objects.filter(pk=failed.pk).update(status=Status.FAILED)
    later = Job.objects.get(kind=PublishPost.kind.name, state="waiting")
    assert [row.job.pk for row in find_troubled(member)] == [failed.task_id]
    assert later.subject == f"post:{post.pk}"  # the same thing, another account
    PublishedPost.objects.filter(pk=failed.pk).update(status=Status.SUCCESS)
    assert find_troubled(member) == []


def test_end_of_a_post_is_kept_and_one_in_the_past_is_refused(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    sent = {**CONTENT, "version": "1", "unpublish_at": "2031-05-14T09:30"}
    browser_of_member.post(f"/posts/{post.pk}/", sent)
    assert 'value="2031-05-14T09:30"' in read(browser_of_member, f"/posts/{post.pk}/")
    again = {**sent, "version": "2", "unpublish_at": "2020-01-01T09:00"}
    refused = browser_of_member.post(f"/posts/{post.pk}/", again)
    assert refused.status_code == 400
    assert 'id="unpublish_at-complaint"' in refused.content.decode()


def test_finished_post_is_one_notice(browser_of_member: Client, member: User) -> None:
    post = make_post(member)
    send(browser_of_member, post, services.journal_account().pk)
    drain()
    publishing = Job.objects.get(kind=PublishPost.kind.name)
    concluding = Job.objects.get(kind=ConcludeRound.kind.name)
    assert browser_of_member.get(f"/jobs/{publishing.pk}/toast/").status_code == 204
    toast = read(browser_of_member, f"/jobs/{concluding.pk}/toast/")
    assert "1 of 1 published" in toast
    assert f'<a href="/posts/{post.pk}/">Tea for two</a>' in toast
    assert concluding.owner_id == member.pk


# ---- the calendar


def schedule(client: Client, post: Post, days: int = 3) -> PublishRound:
    at = f"{timezone.now() + timedelta(days=days):%Y-%m-%d}T09:30"
    journal = services.journal_account().pk
    return send(client, post, journal, when="later", scheduled_at=at, time_zone="Europe/Berlin")


@pytest.mark.parametrize("count", [1, 3])
def test_calendar_costs_the_same_queries_whatever_it_holds(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        schedule(browser_of_member, make_post(member, f"Post {number}"))
    week = f"{timezone.now() + timedelta(days=3):%Y-%m-%d}"
    with django_assert_num_queries(5):  # session, user, rounds with their posts, publishings, what the frame counts
        page = read(browser_of_member, f"/posts/calendar/?week={week}")
    assert page.count("<article") == count
    assert page.count('draggable="true"') == count


def test_planned_post_is_moved_by_its_form(browser_of_member: Client, member: User) -> None:
    found = schedule(browser_of_member, make_post(member))
    at = f"{timezone.now() + timedelta(days=9):%Y-%m-%d}T18:00"
    sent = {"scheduled_at": at, "time_zone": "Europe/Berlin", "month": "2027-01"}
    answer = browser_of_member.post(f"/posts/calendar/{found.pk}/move/", sent)
    assert answer.headers["Location"] == "/posts/calendar/?month=2027-01"
    found.refresh_from_db()
    assert found.scheduled_at is not None
    assert found.scheduled_at.hour in (16, 17)
    past = browser_of_member.post(f"/posts/calendar/{found.pk}/move/", {**sent, "scheduled_at": "2020-01-01T09:00"})
    assert past.status_code == 400
    assert "This is in the past." in past.content.decode()


@pytest.mark.parametrize("query", ["month=nonsense", "month=9999-12", "week=0001-01-01", "month=2027-13", "week="])
def test_calendar_of_an_odd_address_is_the_present_month(browser_of_member: Client, query: str) -> None:
    assert f"{timezone.localdate():%B %Y}" in read(browser_of_member, f"/posts/calendar/?{query}")


# ---- accounts


def test_accounts_are_listed_with_their_health(browser_of_member: Client) -> None:
    connect("Ops", health="reconnect", health_detail="The webhook is gone.")
    connect("Mastodon")
    page = read(browser_of_member, "/posts/accounts/")
    assert "The webhook is gone." in page
    assert page.count("Part of this installation") == 1
    assert "Reconnect it" in page
    assert '/posts/accounts/new/mastodon/"' in page
    assert '/posts/accounts/new/journal/"' not in page


@pytest.mark.parametrize("count", [1, 3])
def test_accounts_cost_the_same_queries_whatever_their_number(
    browser_of_member: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        connect(f"Ops {number}")
    services.journal_account()
    with django_assert_num_queries(6):  # session, user, the journal, accounts, their checks, what the frame counts
        read(browser_of_member, "/posts/accounts/")


def test_account_is_connected_and_its_secret_is_never_sent_back(browser_of_member: Client) -> None:
    secret = "made-up-token-of-a-test"
    sent = {"name": "Ours", "credential_server": "nowhere", "credential_access_token": secret}
    refused = browser_of_member.post("/posts/accounts/new/mastodon/", sent)
    assert refused.status_code == 400
    assert secret not in refused.content.decode()
    assert 'id="credential_server-complaint"' in refused.content.decode()
    sent["credential_server"] = "https://social.example"
    kept = browser_of_member.post("/posts/accounts/new/mastodon/", sent)
    assert kept.headers["Location"] == "/posts/accounts/"
    account = PlatformAccount.objects.get(platform="mastodon")
    assert (account.name, account.health) == ("Ours", "unchecked")
    assert secret not in account.sealed
    form = read(browser_of_member, f"/posts/accounts/{account.pk}/")
    assert secret not in form


def test_account_is_disconnected(browser_of_member: Client) -> None:
    account = connect()
    browser_of_member.post(f"/posts/accounts/{account.pk}/disconnect/")
    account.refresh_from_db()
    assert account.disconnected_at is not None
    assert account.sealed == ""
    assert browser_of_member.get(f"/posts/accounts/{account.pk}/").status_code == 404
