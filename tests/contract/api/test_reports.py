"""Reports over HTTP."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from nightdesk.engine.testing import drain
from nightdesk.exports.models import Report
from tests.integration.images.store import describe
from tests.support.callers import Caller, problem_of

pytestmark = pytest.mark.django_db(transaction=True)

REPORTS = "/api/reports/"
SUBMIT = "/api/v1/tasks/report/"
ASKED = {"report_type": "content", "date_from": "2026-03-28", "date_to": "2026-03-30"}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "uploads").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    settings.STORAGES = describe({}, tmp_path)


def test_report_is_submitted_followed_and_downloaded(olga: Caller) -> None:
    submitted = olga.post(SUBMIT, ASKED)
    task_id = submitted.json()["task_id"]
    assert (submitted.status_code, submitted["Location"]) == (202, f"/api/v1/jobs/{task_id}/")
    assert submitted.json() == {
        "task_id": task_id,
        "status": "PENDING",
        "message": "exports.generate_admin_report task submitted successfully",
    }
    (waiting,) = olga.get(REPORTS).json()["items"]
    assert (waiting["state"], waiting["files"]) == ("waiting", [])
    assert problem_of(olga.get(f"{REPORTS}{waiting['id']}/download/pdf/"))["code"] == "file_not_ready"

    drain()

    result = olga.get(f"/api/v1/tasks/{task_id}/result/").json()["result"]
    assert result["success"] is True
    assert result["message"] == "The report Content, 28 March 2026 to 30 March 2026, is ready."
    shown = olga.get(f"{REPORTS}{result['report_id']}/").json()
    assert [file["download_url"] for file in shown["files"]] == [result["pdf_url"], result["csv_url"]]
    assert {total["name"]: total["value"] for total in shown["dataset"]["totals"]} == result["totals"]
    assert shown["dataset"]["series"][0]["days"] == [["2026-03-28", 0], ["2026-03-29", 0], ["2026-03-30", 0]]
    part = olga.get(result["pdf_url"], Range="bytes=0-4")
    assert (part.status_code, b"".join(part)) == (206, b"%PDF-")
    assert part["Content-Disposition"].startswith('attachment; filename="content-report-')
    assert part["Content-Type"] == "application/pdf"
    looked = olga.call("HEAD", result["csv_url"])
    assert (looked.status_code, looked.content, looked["Content-Length"]) == (
        200,
        b"",
        str(shown["files"][1]["size_bytes"]),
    )


def test_idempotency_key_makes_one_report(olga: Caller) -> None:
    first, again = (olga.post(SUBMIT, ASKED, Idempotency_Key="march") for _ in range(2))
    assert first.json() == again.json()
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"report_type": "secrets"}, "report_type"),
        ({"date_from": "2026-02-30"}, "date_from"),
        ({"date_to": "2026-03-27"}, "date_to"),
        ({"date_to": "2126-03-28"}, "date_to"),
        ({"recipients": ["nobody"]}, "recipients"),
        ({"zone": "UTC"}, "zone"),
    ],
)
def test_bad_report_is_refused_by_field(olga: Caller, wrong: dict[str, Any], field: str) -> None:
    problem = problem_of(olga.post(SUBMIT, {**ASKED, **wrong}))
    assert (problem["status"], problem["error"], list(problem["details"])) == (400, "Invalid input", [field])
    assert not Report.objects.exists()


def test_members_have_no_reports(ada: Caller, olga: Caller) -> None:
    olga.post(SUBMIT, ASKED)
    path = f"{REPORTS}{Report.objects.get().pk}/"
    answers = [
        ada.post(SUBMIT, ASKED),
        ada.get(REPORTS),
        ada.get(path),
        ada.delete(path),
        ada.get(f"{path}download/pdf/"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5


def test_deleted_report_is_gone(olga: Caller) -> None:
    olga.post(SUBMIT, ASKED)
    path = f"{REPORTS}{Report.objects.get().pk}/"
    assert olga.delete(path).status_code == 204
    assert problem_of(olga.get(path))["status"] == 404


def test_bad_recipient_is_named_once(olga: Caller) -> None:
    details = problem_of(olga.post(SUBMIT, {**ASKED, "recipients": ["a@example.org", "nobody"]}))["details"]
    assert details == {"recipients": ["“nobody” is not an e-mail address like name@example.org."]}


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "2026-02-30", "", None, "2026-11-25T18:30:00Z", [1]])
def test_what_is_no_day_is_refused_in_plain_words(olga: Caller, day: Any) -> None:
    (said,) = problem_of(olga.post(SUBMIT, {**ASKED, "date_to": day}))["details"]["date_to"]
    assert said.startswith("This must be a day like 2026-11-25")
