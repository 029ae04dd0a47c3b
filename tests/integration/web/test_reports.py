"""Reports, as operators get them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import User
from nightdesk.engine.testing import drain
from nightdesk.exports import services
from nightdesk.exports.models import Report
from tests.integration.web.conftest import BACKEND
from tests.integration.web.posts import read

pytestmark = pytest.mark.django_db
#: A file is written from a transaction of its own, which PostgreSQL does not begin within that of a test.
WRITES = pytest.mark.django_db(transaction=True)

ASKED = {"report_type": "content", "period": "own", "date_from": "2026-03-28", "date_to": "2026-03-30"}


@pytest.fixture
def browser_of_operator(client: Client, operator: User) -> Client:
    client.force_login(operator, backend=BACKEND)
    return client


def order(user: User, **more: Any) -> Report:
    asked = {"report_type": "activity", "date_from": date(2026, 3, 28), "date_to": date(2026, 3, 30), "recipients": []}
    return services.order_report(**{**asked, **more}, user_id=user.pk)


def read_dataset(report: Report) -> dict[str, Any]:
    report.refresh_from_db()
    assert report.dataset is not None
    dataset: dict[str, Any] = report.dataset
    return dataset


@pytest.mark.parametrize("path", ["", "new/", "1/", "1/pdf/"])
def test_member_is_told_whom_to_ask(browser_of_member: Client, path: str) -> None:
    answer = browser_of_member.get(f"/exports/reports/{path}")
    assert answer.status_code == 403
    assert "Ask an operator for the role it needs." in answer.content.decode()
    assert "/exports/reports/" not in read(browser_of_member, "/exports/")


def test_list_without_reports_says_how_to_begin(browser_of_operator: Client) -> None:
    assert "There is no report yet." in read(browser_of_operator, "/exports/reports/")


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_operator: Client, operator: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        order(operator)
    with django_assert_num_queries(7):  # session, user, count, reports, files, jobs, what the frame counts
        page = read(browser_of_operator, "/exports/reports/")
    assert page.count('data-key="report-') == page.count("28 Mar 2026 – 30 Mar 2026") == count


def test_last_month_is_asked_for_by_its_name(browser_of_operator: Client, operator: User) -> None:
    answer = browser_of_operator.post("/exports/reports/new/", {"report_type": "users", "period": "last_month"})
    report = Report.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/exports/reports/{report.pk}/")
    assert report.date_to == timezone.localdate().replace(day=1) - timedelta(days=1)
    assert report.date_from == report.date_to.replace(day=1)
    assert (report.report_type, report.owner_id) == ("users", operator.pk)


@pytest.mark.parametrize(
    ("sent", "beside"),
    [
        ({"period": "next_century"}, "period-complaint"),
        ({"date_from": "", "date_to": "2026-02-30"}, "date_from-complaint"),
        ({"date_from": "2026-03-31"}, "date_to-complaint"),
        ({"report_type": "secrets"}, "report_type-complaint"),
        ({"recipients": "noor@example.org, nobody"}, "recipients-complaint"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    browser_of_operator: Client, sent: dict[str, str], beside: str
) -> None:
    answer = browser_of_operator.post("/exports/reports/new/", {**ASKED, **sent})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'class="complaint" id="{beside}"' in page
    for name, value in ({**ASKED, **sent}).items():
        if name in ("date_from", "date_to"):
            assert f'type="date" value="{value}"' in page
    assert not Report.objects.exists()


@WRITES
def test_report_is_read_as_a_page_and_downloaded(browser_of_operator: Client, operator: User) -> None:
    report = order(operator, report_type="content")
    waiting = read(browser_of_operator, f"/exports/reports/{report.pk}/")
    assert "data-unfinished" in waiting
    assert browser_of_operator.get(f"/exports/reports/{report.pk}/pdf/").status_code == 409
    drain()
    series_of_all = read_dataset(report)["series"]
    page = read(browser_of_operator, f"/exports/reports/{report.pk}/")
    assert page.count('class="chart"') == len(series_of_all) > 0
    for series in series_of_all:
        assert [day for day, _number in series["days"]] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert page.count('<th scope="row">2026-03-29</th>') == len(series_of_all)
    answer = browser_of_operator.get(f"/exports/reports/{report.pk}/pdf/")
    assert b"".join(answer).startswith(b"%PDF-")
    assert browser_of_operator.get(f"/exports/reports/{report.pk}/xlsx/").status_code == 409


@WRITES
def test_text_in_a_report_is_text(browser_of_operator: Client, operator: User) -> None:
    report = order(operator)
    drain()
    dataset, script = read_dataset(report), "<script>alert(1)</script>"
    dataset["series"][0]["name"] = dataset["series"][0]["unit"] = script
    dataset["tables"] = [{"name": script, "columns": [script], "rows": [[script]]}]
    Report.objects.filter(pk=report.pk).update(dataset=dataset)
    page = read(browser_of_operator, f"/exports/reports/{report.pk}/")
    assert "&lt;script&gt;alert(1)" in page
    assert script not in page
