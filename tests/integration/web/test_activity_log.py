"""Who did what, as operators and members get it."""

import re
from datetime import datetime
from html import unescape
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.activity.models import Activity
from nightdesk.activity.services import record
from nightdesk.exports.services import order_export
from nightdesk.publishing.services import create_post
from nightdesk.web.views.activity_log import PAGE_SIZE
from tests.integration.web.conftest import BACKEND
from tests.integration.web.posts import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser_of_operator(client: Client, operator: User) -> Client:
    client.force_login(operator, backend=BACKEND)
    return client


def note(user: User, title: str, *, action: str = "post.create", subject: str = "", at: str = "") -> Activity:
    activity = record(
        action=action, source="page", actor_id=user.pk, actor_name=user.get_full_name(), subject=subject, title=title
    )
    if at:
        Activity.objects.filter(pk=activity.pk).update(at=timezone.make_aware(datetime.fromisoformat(at)))
    return activity


def test_member_sees_only_what_was_done_in_their_name(browser_of_member: Client, member: User, operator: User) -> None:
    note(member, "Mine")
    note(operator, "Not mine")
    assert browser_of_member.get("/operations/activity/").status_code == 403
    page = read(browser_of_member, f"/activity/done/?person={operator.pk}")
    assert "Mine" in page
    assert "Not mine" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_log_costs_the_same_queries_whatever_its_length(
    browser_of_operator: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        post = create_post(author_id=member.pk, fields={"title": f"Post {number}"})
        note(member, f"Post {number}", subject=f"post:{post.pk}")
    with django_assert_num_queries(6):  # session, user, people, lines, posts, what the frame counts
        page = read(browser_of_operator, "/operations/activity/")
    assert page.count('dir="auto">Mia</strong>') == count
    assert page.count('<a href="/posts/') - 1 == count


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("q=kett", {"Kettle"}),
        ("action=post.delete", {"Lamp"}),
        ("thing=post:7", {"Kettle"}),
        ("since=2026-03-29&until=2026-03-29", {"Lamp"}),
        ("since=2026-03-30", {"Cup"}),
        ("until=0000-13-99&since=nonsense&person=x", {"Kettle", "Lamp", "Cup"}),
    ],
)
def test_log_is_filtered_by_its_address(
    browser_of_operator: Client, member: User, query: str, titles: set[str]
) -> None:
    note(member, "Kettle", subject="post:7", at="2026-03-28T23:59:59")
    note(member, "Lamp", action="post.delete", at="2026-03-29T23:59:59")
    note(member, "Cup", at="2026-03-30T00:00:00")
    page = read(browser_of_operator, f"/operations/activity/?{query}")
    assert {title for title in ("Kettle", "Lamp", "Cup") if f">{title}</span>" in page} == titles


def test_long_log_is_leafed_through_without_losing_the_filter(browser_of_operator: Client, member: User) -> None:
    for number in range(PAGE_SIZE + 1):
        note(member, f"Thing {number}.")
    first = read(browser_of_operator, "/operations/activity/?q=thing")
    assert "Thing 0." not in first
    (address,) = re.findall(r'href="(\?q=thing&amp;before=[^"]+)"', first)
    older = read(browser_of_operator, f"/operations/activity/{unescape(address)}")
    assert "Thing 0." in older
    assert "Thing 1." not in older


def test_thing_that_is_gone_keeps_its_name_and_leads_nowhere(browser_of_operator: Client, member: User) -> None:
    note(member, "<b>Gone</b>", subject="post:999")
    page = read(browser_of_operator, "/operations/activity/")
    assert '<span dir="auto">&lt;b&gt;Gone&lt;/b&gt;</span>' in page
    assert f'href="?thing={quote("post:999", safe="")}"' in page


def test_export_of_somebody_else_is_named_and_not_linked(
    browser_of_operator: Client, member: User, operator: User
) -> None:
    for user in (member, operator):
        export = order_export(model_name="post", filters={}, user_id=user.pk, is_operator=False)
        note(user, "", action="export.create", subject=f"export:{export.pk}")
    page = read(browser_of_operator, "/operations/activity/")
    assert page.count('<span dir="auto">Posts as CSV</span>') == page.count("Posts as CSV</a>") == 1
