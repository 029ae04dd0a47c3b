"""Health, as an operator gets it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.operations.jobs import SystemHealthCheck
from nightdesk.operations.models import HealthCheck
from nightdesk.web.upkeep.health import DAYS
from tests.integration.web.conftest import BACKEND
from tests.integration.web.posts import read

pytestmark = pytest.mark.django_db

GOOD = {"verdict": "ok", "latency_ms": 1.24, "detail": "SQLite, 12 MB"}
BAD = {"verdict": "critical", "latency_ms": None, "detail": "No worker serves the queue cpu. Start one."}


@pytest.fixture
def browser_of_operator(client: Client, operator: User) -> Client:
    client.force_login(operator, backend=BACKEND)
    return client


def look_back(days: int, verdict: str) -> HealthCheck:
    parts = {"database": GOOD, "workers": BAD if verdict == "critical" else GOOD}
    return HealthCheck.objects.create(at=timezone.now() - timedelta(days=days), verdict=verdict, parts=parts)


def test_member_is_told_whom_to_ask(browser_of_member: Client) -> None:
    answer = browser_of_member.get("/operations/health/")
    assert answer.status_code == 403
    assert "Ask an operator for the role it needs." in answer.content.decode()
    assert browser_of_member.post("/operations/health/check/").status_code == 403
    assert "/operations/" not in read(browser_of_member, "/")


def test_first_look_says_how_to_get_one(browser_of_operator: Client) -> None:
    page = read(browser_of_operator, "/operations/health/")
    assert "Nothing was looked at yet" in page
    assert 'aria-labelledby="history" hidden' in page


def test_worst_part_comes_first_with_what_to_do(browser_of_operator: Client) -> None:
    look_back(0, "critical")
    page = read(browser_of_operator, "/operations/health/")
    assert page.index("Does not work") < page.index(BAD["detail"] or "") < page.index("Database") < page.index("1.2 ms")
    assert page.count(" ms</span>") == 1


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_the_same_queries_whatever_was_found(
    browser_of_operator: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for days in range(count):
        look_back(days, "ok")
    with django_assert_num_queries(6):  # session, user, latest, days, a check under way, what the frame counts
        page = read(browser_of_operator, "/operations/health/")
    assert page.count('<rect data-look="done"') == count
    assert page.count('<rect data-look="none"') == DAYS - count


def test_days_of_trouble_are_told_in_words(browser_of_operator: Client) -> None:
    look_back(3, "ok")
    look_back(3, "critical")
    look_back(DAYS + 1, "critical")
    page = read(browser_of_operator, "/operations/health/")
    assert "1 day with trouble" in page
    assert "1 of 2 checks" in page


def test_check_now_asks_once(browser_of_operator: Client, operator: User) -> None:
    for _ in range(2):
        assert browser_of_operator.post("/operations/health/check/").status_code == 302
    job = Job.objects.get(kind=SystemHealthCheck.kind.name)
    assert job.owner_id == operator.pk
    assert f'data-job="{job.pk}"' in read(browser_of_operator, "/operations/health/", HX_Request="true")
