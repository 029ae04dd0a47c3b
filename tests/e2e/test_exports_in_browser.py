"""Exports and reports as people get them: counted while typing, made before one's eyes, downloaded whole."""

import hashlib
import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import find_violations
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation

pytestmark = pytest.mark.browser

#: A worker that others keep busy takes its time for a file.
WORK_LIMIT_MS = 60_000

MORE = """
import json
from datetime import timedelta
from django.utils import timezone
from nightdesk.accounts.models import User
from nightdesk.activity.models import Activity
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.exports import services
from nightdesk.exports.models import Export
from nightdesk.operations.models import HealthCheck
from nightdesk.publishing.services import create_post
Job.objects.filter(state__in=("waiting", "running")).delete()
owner, noor = User.objects.get(email="mia@example.org"), User.objects.get(email="noor@example.org")
posts = [create_post(author_id=owner.pk, fields={"title": title, "body": "Text."}) for title in
    ("Quiet kettles", "Kettle repair", "=HYPERLINK(1)", "Lamps")]
now = timezone.now()
for number, (who, action) in enumerate(12 * [(owner, "post.create"), (noor, "campaign.create"), (owner, "post.delete")]):
    at = now - timedelta(hours=19 * number)
    Activity.objects.create(at=at, actor=who, actor_name=who.get_full_name(), action=action, source="page",
        subject=f"post:{posts[number % 4].pk}", title=posts[number % 4].title, address="127.0.0.1")
def order(**asked):
    return services.order_export(filters={}, user_id=owner.pk, is_operator=True, **asked)
done, failed = order(model_name="post", fields=[]), order(model_name="campaign", fields=["id", "name"], format="xlsx")
today = timezone.localdate()
report = services.order_report(report_type="activity", date_from=today - timedelta(days=30), date_to=today,
    recipients=[], user_id=owner.pk)
drain()
Export.objects.filter(pk=failed.pk).update(state="failed", error="The disk is full. Make room, then try again.")
ok = {"verdict": "ok", "latency_ms": 1.4, "detail": "SQLite answers."}
for days in range(20):
    worst = {3: "warning", 9: "critical"}.get(days, "ok")
    parts = {"database": ok, "cache": ok, "disk": ok, "workers": {**ok, "verdict": worst, "detail": "As it was."}}
    HealthCheck.objects.create(at=now - timedelta(days=days), verdict=worst, parts=parts)
order(model_name="user", fields=[])  # waits
print(json.dumps({"export": done.pk, "report": report.pk}))
"""
PAGES = (
    "/exports/",
    "/exports/new/?model=campaign",
    "/exports/{export}/",
    "/exports/reports/",
    "/exports/reports/new/",
    "/exports/reports/{report}/",
    "/operations/health/",
    "/operations/activity/",
)
#: Each page is measured in all of them; axe, which takes half a second, looks at both widths and both schemes once.
LOOKS: tuple[tuple[int, Literal["light", "dark"], bool], ...] = (
    (1280, "light", True),
    (1280, "dark", False),
    (390, "light", False),
    (390, "dark", True),
)


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files") as nightdesk:
        nightdesk.migrate()
        yield open_studio(nightdesk, browser, MORE)


def test_every_page_fits_and_is_open_to_everybody(studio: Studio, browser: Browser) -> None:
    found: dict[str, object] = {}
    with look(studio, browser) as page:
        for path in PAGES:
            page.goto(studio.path(path))
            for width, scheme, with_axe in LOOKS:
                page.set_viewport_size({"width": width, "height": 860})
                page.emulate_media(color_scheme=scheme)
                violations = find_violations(page) if with_axe else []
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    violations.append("too wide")
                if violations:
                    found[f"{path} {width} {scheme}"] = violations
    assert found == {}


def test_export_and_report_are_made_before_ones_eyes(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, accept_downloads=True) as page:
        order_export(page, studio)
        expect(page.locator("[data-live]")).to_have_text("Live")
        expect(page.locator("#made .chip strong")).to_have_text("Waiting")
        page.evaluate("window.isTheSamePage = true")
        studio.nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
        expect(page.locator("#made .status strong")).to_have_text("Ready", timeout=WORK_LIMIT_MS)
        assert page.evaluate("window.isTheSamePage")
        rows, sha256 = download(page, "Download").decode(), page.get_by_label("SHA-256").input_value()
        assert re.sub(r"\d+", "N", rows).splitlines() == ["title,id", "Quiet kettles,N", "Kettle repair,N"]
        assert hashlib.sha256(rows.encode()).hexdigest() == sha256

        page.get_by_role("link", name="Reports").or_(page.get_by_role("link", name="Exports")).first.click()
        page.get_by_role("navigation", name="Exports and reports").get_by_role("link", name="Reports").click()
        page.get_by_role("link", name="New report").click()
        page.get_by_label("This month").check()
        page.get_by_role("button", name="Make the report").click()
        link = page.get_by_role("link", name="Download PDF")
        expect(link).to_be_visible(timeout=WORK_LIMIT_MS)
        expect(page.locator(".chart svg").first).to_be_visible()
        assert download(page, "Download PDF").startswith(b"%PDF-")


def order_export(page: Page, studio: Studio) -> None:
    """Ask for the titles and numbers of posts about kettles, in this order, with the count following."""
    page.goto(studio.path("/exports/new/?model=post"))
    tally = page.locator("#tally")
    expect(tally).to_have_text("4 rows")
    page.get_by_label("Title contains").fill("kettle")
    expect(tally).to_have_text("2 rows")
    page.get_by_role("button", name="None", exact=True).click()
    page.get_by_role("checkbox", name="Number").check()
    page.get_by_role("checkbox", name="Title").check()
    page.get_by_role("button", name="Title further up").click()
    expect(page.get_by_role("button", name="Title further up")).to_be_focused()
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url(re.compile(r"/exports/\d+/$"))


def download(page: Page, name: str) -> bytes:
    """Press a link and return the file that comes."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).click()
    return coming.value.path().read_bytes()
