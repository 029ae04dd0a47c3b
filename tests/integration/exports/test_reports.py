"""Reports: what is counted on which day, and that all forms of a report come from one count."""

import csv
import io
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import Role, User
from nightdesk.accounts.services import create_user
from nightdesk.activity.models import Activity
from nightdesk.campaigns.models import Campaign, ContentPiece, PieceVersion
from nightdesk.core.errors import InvalidInput
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.exports import services
from nightdesk.exports.errors import FileNotReady, ReportNotFound, TooManyReports
from nightdesk.exports.models import ExportFile, Report
from nightdesk.exports.services.reports.counting import count_by_day
from nightdesk.exports.services.reports.periods import Period, read_period
from nightdesk.exports.tasks import generate_admin_report
from nightdesk.mail.models import OutboxMail
from tests.integration.images.store import Store

pytestmark = pytest.mark.django_db(transaction=True)

SPRING = {"date_from": date(2026, 3, 28), "date_to": date(2026, 3, 30)}


def do(at: datetime, action: str = "campaign.create", **more: Any) -> Activity:
    return Activity.objects.create(at=at, action=action, **{"source": "page", **more})


def order(user: User, **more: Any) -> Report:
    asked: dict[str, Any] = {"report_type": "activity", **SPRING, **more}
    return services.order_report(**asked, user_id=user.pk)


def make(user: User, **more: Any) -> Report:
    report = order(user, **more)
    drain()
    report.refresh_from_db()
    assert report.state == "ready", report.error
    return report


def read(report: Report, format: str) -> bytes:  # noqa: A002 (as the service calls it)
    with default_storage.open(services.file_of_report(report=report, format=format).name) as file:
        content: bytes = file.read()
    return content


def numbers_of(report: Report) -> dict[str, Any]:
    assert report.dataset is not None
    return dict(report.dataset)


def totals_of(dataset: Any) -> dict[str, int]:
    return {total["name"]: total["value"] for total in dataset["totals"]}


def days_of(dataset: Any, name: str) -> dict[str, int]:
    (found,) = [series["days"] for series in dataset["series"] if series["name"] == name]
    return dict(found)


def rows_of(dataset: Any, name: str) -> list[list[Any]]:
    (found,) = [table["rows"] for table in dataset["tables"] if table["name"] == name]
    return list(found)


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("Europe/Berlin", date(2025, 3, 29), date(2025, 10, 28)),  # both changes, neither at midnight
        ("America/Santiago", date(2025, 4, 4), date(2025, 9, 9)),  # changes at midnight: a day begins at one o'clock
        ("Asia/Kathmandu", date(2025, 6, 1), date(2025, 6, 3)),  # 5:45
        ("Australia/Lord_Howe", date(2025, 10, 4), date(2025, 10, 7)),  # changes by half an hour
        ("UTC", date(2025, 12, 30), date(2026, 1, 2)),
    ],
)
def test_day_of_a_moment_is_that_of_a_clock_on_the_wall(zone: str, first: date, last: date) -> None:
    period = Period(first, last, ZoneInfo(zone))
    moment, moments = period.start - timedelta(hours=1), []
    while moment < period.end + timedelta(hours=1):
        moments += [moment, moment - timedelta(microseconds=1)]
        moment += timedelta(minutes=30) if (last - first).days < 10 else timedelta(hours=1)
    Activity.objects.bulk_create(Activity(at=at, action="post.create", source="page") for at in moments)

    wall = Counter(at.astimezone(period.zone).date() for at in moments)
    expected = {(day, ""): wall[day] for day in period.days()}
    assert count_by_day(Activity.objects.all(), "at", period) == expected


def test_activity_is_counted_by_day_by_what_by_whom_and_by_which_way(ada: User, bob: User, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    do(datetime(2026, 3, 27, 22, 59, 59, tzinfo=UTC))  # the day before, by a second
    do(datetime(2026, 3, 27, 23, tzinfo=UTC), actor=ada, actor_name="Ada of old")
    do(datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC), actor=ada, actor_name="Ada", source="api")
    do(datetime(2026, 3, 30, 21, tzinfo=UTC), "post.create", actor_name="Noor, who left")
    do(datetime(2026, 3, 30, 20, tzinfo=UTC), "sign_in", source="schedule")
    do(datetime(2026, 3, 30, 19, tzinfo=UTC), "sign_in", source="shell", actor_name="root")  # a name of the machine's
    do(datetime(2026, 3, 30, 22, tzinfo=UTC))  # the day after

    dataset = numbers_of(make(bob))

    assert days_of(dataset, "What was done") == {"2026-03-28": 1, "2026-03-29": 0, "2026-03-30": 4}
    assert totals_of(dataset) == {
        "Things done": 5,
        "People who did something": 2,
        "Jobs that succeeded": 0,
        "Jobs that did not succeed": 0,
    }
    assert rows_of(dataset, "What was done") == [["Made a campaign", 2], ["Signed in", 2], ["Made a post", 1]]
    nobody = "Nobody: the clock, a service, or a shell"
    assert rows_of(dataset, "Who did it") == [["Ada", 2], [nobody, 2], ["Noor, who left", 1]]
    assert rows_of(dataset, "By which way") == [["Pages", 2], ["API", 1], ["Schedule", 1], ["Shell", 1]]
    assert (dataset["period"], dataset["time_zone"]) == ("28 March 2026 to 30 March 2026", "Europe/Berlin")


def test_jobs_count_on_the_day_of_their_end(bob: User) -> None:
    report = make(bob)
    at = datetime(2026, 3, 29, 12, tzinfo=UTC)
    Job.objects.filter(pk=report.task_id).update(finished_at=at)
    cancelled = order(bob)
    actions.cancel(job_id=cancelled.task_id)
    Job.objects.filter(pk=cancelled.task_id).update(finished_at=at)

    dataset = numbers_of(make(bob))

    assert days_of(dataset, "Jobs that succeeded") == {"2026-03-28": 0, "2026-03-29": 1, "2026-03-30": 0}
    assert rows_of(dataset, "How jobs ended") == [["Cancelled", 1], ["Succeeded", 1]]


def test_people_are_counted_when_they_join_and_come_in(ada: User, bob: User) -> None:
    User.objects.filter(pk=ada.pk).update(date_joined=datetime(2026, 3, 29, 8, tzinfo=UTC))
    for action, actor in (("sign_in", ada), ("sign_in.link", ada), ("post.create", bob), ("sign_in.failed", None)):
        do(datetime(2026, 3, 30, 8, tzinfo=UTC), action, actor=actor)
    do(datetime(2026, 3, 30, 8, tzinfo=UTC), "user.create", source="shell", actor_name="root")  # one of the machine's

    dataset = numbers_of(make(bob, report_type="users"))

    assert totals_of(dataset) == {
        "People at the end": 1,  # Bob joined when this test began
        "Joined": 1,
        "Did something": 2,
        "Sign-ins": 2,
        "Failed sign-ins": 1,
    }
    assert days_of(dataset, "People who did something") == {"2026-03-28": 0, "2026-03-29": 0, "2026-03-30": 2}
    assert rows_of(dataset, "By role, today") == [["Member", 1], ["Operator", 1]]
    assert rows_of(dataset, "Who joined") == [["Ada", "ada@example.org", "Member", "2026-03-29"]]


def test_texts_are_counted_by_who_wrote_them(bob: User) -> None:
    at = datetime(2026, 3, 29, 8, tzinfo=UTC)
    campaign = Campaign.objects.create(name="Spring", brief="Desks", channels=["x"], language="en", created_at=at)
    piece = ContentPiece.objects.create(campaign=campaign, channel="x", fields={}, made_by="template", generation=1)
    written = [("template", "written"), ("qwen3:8b", "written"), ("qwen3:8b", "edited"), ("template", "restored")]
    for number, (made_by, origin) in enumerate(written):
        PieceVersion.objects.create(
            piece=piece, number=number, fields={}, made_by=made_by, origin=origin, generation=1, created_at=at
        )

    dataset = numbers_of(make(bob, report_type="content"))

    assert totals_of(dataset)["Campaigns"] == 1
    assert days_of(dataset, "Texts written") == {"2026-03-28": 0, "2026-03-29": 4, "2026-03-30": 0}
    assert rows_of(dataset, "Who wrote") == [["People", 2], ["Models (AI)", 1], ["Templates", 1]]


def test_pdf_table_and_mail_say_what_the_dataset_says(bob: User) -> None:
    for name in ("=1+1", "Åsa \U0001f600", "نور", "#set page(fill: red)"):
        do(datetime(2026, 3, 29, 8, tzinfo=UTC), actor_name=name)

    report = make(bob, recipients=["ada@example.org", " ADA@example.org", "Noor@Example.org"])

    pdf = pypdfium2.PdfDocument(read(report, "pdf"))
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    assert all(said in text for said in ("Activity", "28 March 2026 to 30 March 2026", "=1+1", "#set page(fill: red)"))
    assert f"Page 1 of {len(pdf)}" in text
    pdf.close()
    lines = list(csv.DictReader(io.StringIO(read(report, "csv").decode())))
    days = {
        line["label"]: int(line["value"]) for line in lines if line["name"] == "What was done" and line["part"] == "day"
    }
    assert days == days_of(report.dataset, "What was done")
    assert [line["label"] for line in lines if line["name"] == "Who did it"][1] == "'=1+1"
    mails = OutboxMail.objects.order_by("pk")
    assert [(mail.recipient, mail.category, mail.state, mail.asked_by_id) for mail in mails] == [
        ("ADA@example.org", "bulk", "kept", bob.pk),
        ("Noor@Example.org", "bulk", "kept", bob.pk),
    ]


def test_long_address_does_not_stand_on_the_next_column_of_the_pdf(bob: User) -> None:
    ada = create_user(email=f"{'q' * 50}@example.org")
    User.objects.filter(pk=ada.pk).update(date_joined=datetime(2026, 3, 29, 12, tzinfo=UTC))

    pdf = pypdfium2.PdfDocument(read(make(bob, report_type="users"), "pdf"))
    (page,) = [page for page in (page.get_textpage() for page in pdf) if "Who joined" in page.get_text_range()]
    text = page.get_text_range()
    role = page.get_charbox(text.index("Member", text.index("Who joined")))[0]
    address = [page.get_charbox(found.start()) for found in re.finditer("q", text)]
    pdf.close()

    assert len(address) == 100  # as a name, since there is none, and as the address
    assert max(right for _, _, right, _ in address) < role


def test_recipients_whose_long_addresses_begin_alike_get_a_mail_each(bob: User) -> None:
    people = [f"{'a' * 64}@{('b' * 60 + '.') * 3}{end}" for end in ("org", "net")]

    make(bob, recipients=people)

    assert sorted(OutboxMail.objects.values_list("recipient", flat=True)) == sorted(people)


def test_report_without_anything_is_made_all_the_same(bob: User) -> None:
    for report_type in ("activity", "users", "content"):
        report = make(bob, report_type=report_type, date_from=date(2001, 1, 1), date_to=date(2001, 1, 1))
        assert all(sum(n for _, n in series["days"]) == 0 for series in numbers_of(report)["series"])
        assert read(report, "pdf").startswith(b"%PDF-")


def test_shell_asks_without_an_owner_and_days_to_come_are_left_out() -> None:
    today = timezone.localdate()
    job = generate_admin_report.delay("activity", today.isoformat(), (today + timedelta(days=40)).isoformat())
    drain()

    report = Report.objects.get()
    assert (str(report.task_id), report.owner_id, report.state) == (job.id, None, "ready")
    assert numbers_of(report)["series"][0]["days"] == [[today.isoformat(), 0]]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"report_type": "secrets"}, "report_type"),
        ({"date_from": date(2026, 4, 1)}, "date_to"),
        ({"date_from": date(1926, 3, 30)}, "date_from"),
        ({"date_from": date(2022, 1, 1)}, "date_to"),
        ({"date_from": date(9999, 1, 1), "date_to": date(9999, 12, 31)}, "date_from"),
        ({"date_from": date(1, 1, 1), "date_to": date(1, 1, 1)}, "date_from"),
        ({"recipients": ["noor@example.org", "nobody"]}, "recipients"),
        ({"recipients": ["a@example.org\r\nBcc: b@example.org"]}, "recipients"),
        ({"recipients": [f"a{n}@example.org" for n in range(51)]}, "recipients"),
    ],
)
def test_what_cannot_be_reported_is_refused_by_field(bob: User, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        order(bob, **asked)
    assert list(refusal.value.details) == [field]
    assert not Report.objects.exists()


def test_three_years_with_a_leap_day_are_not_too_many() -> None:
    period = read_period(date_from=date(2023, 3, 1), date_to=date(2026, 2, 28), time_zone="UTC")
    assert len(list(period.days())) == 1_096


def test_sixth_report_on_its_way_is_refused(bob: User) -> None:
    for _ in range(5):
        order(bob)
    with pytest.raises(TooManyReports):
        order(bob)


def test_owner_who_is_no_operator_any_more_gets_no_numbers(bob: User, store: Store) -> None:
    report = order(bob, recipients=["bob@example.org"])
    User.objects.filter(pk=bob.pk).update(role=Role.MEMBER)
    drain()

    report.refresh_from_db()
    assert (report.state, report.dataset) == ("failed", None)
    assert "operators" in report.error
    assert (store.files(), OutboxMail.objects.count()) == ([], 0)


def test_cancelled_or_deleted_report_leaves_nothing(bob: User, store: Store) -> None:
    cancelled, deleted, ready = order(bob), order(bob), make(bob)
    assert cancelled.state == "waiting"
    services.delete_report(report_id=deleted.pk, user_id=bob.pk)
    services.delete_report(report_id=ready.pk, user_id=bob.pk)
    services.delete_report(report_id=cancelled.pk, user_id=bob.pk)
    drain()

    assert (Report.objects.count(), store.files()) == (0, [])
    assert not ExportFile.objects.filter(doomed_at=None).exists()


def test_report_belongs_to_whoever_asked(bob: User) -> None:
    report = order(bob)
    with pytest.raises(ReportNotFound):
        services.find_report(report_id=report.pk, user_id=bob.pk + 1)
    with pytest.raises(FileNotReady):
        services.file_of_report(report=report, format="pdf")
