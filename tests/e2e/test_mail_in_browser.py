"""Mail as a person writes it: one that is kept and opened, a mailing that fills up, and how every page of it looks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.axe import find_violations
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation

pytestmark = pytest.mark.browser

#: Mails in each state, a mailing that ended badly and one that is under way, and an address that gets none.
MORE = """
import json, uuid
from django.utils import timezone
from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.mail import services
from nightdesk.mail.models import BulkMail, OutboxMail
Job.objects.filter(state__in=("waiting", "running")).delete()
owner = User.objects.get(email="mia@example.org")
def write(name, recipient):
    info = services.find_template(name)
    return services.write_mail(dedupe_key=recipient, category=info.category, template=name, recipient=recipient,
        subject=info.subject, context=info.sample, asked_by=owner.pk)
kept, failed, unknown = write("notification", "ada@example.org"), write("newsletter", "gone@example.org"), write("welcome_user", "noor@example.org")
mailing = services.order_mailing(recipient_emails=[f"reader{n}@example.org" for n in range(12)], subject="Quiet mornings",
    template_name="newsletter", context={"content": "News."}, user_id=owner.pk, is_operator=True)
drain()
OutboxMail.objects.filter(pk=failed.pk).update(state="failed", last_code=550, last_error="The server says that there is no such mailbox.")
said = "The connection broke before the server answered, so this may have been sent."
OutboxMail.objects.filter(pk=unknown.pk).update(state="unknown", doubts=1, last_error=said)
rows = OutboxMail.objects.filter(bulk__task_id=mailing)
rows.update(state="sent")
rows.filter(recipient="reader3@example.org").update(state="unknown", last_error=said)
services.suppress(address="gone@example.org", reason="refused", detail="550 No such user")
print(json.dumps({"kept": kept.pk, "failed": failed.pk, "unknown": unknown.pk, "mailing": str(mailing)}))
"""
PAGES = (
    "/mail/",
    "/mail/{unknown}/",
    "/mail/{failed}/?as=text",
    "/mail/mailings/{mailing}/",
    "/mail/templates/",
    "/mail/templates/newsletter/?as=phone",
    "/mail/new/?template=newsletter",
    "/mail/stopped/",
)


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files") as nightdesk:
        nightdesk.migrate()
        yield open_studio(nightdesk, browser, MORE)


# Every width and both colours once: what goes wrong in only one of their combinations has not been met yet.
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["desk-light", "phone-dark"])
def test_every_page_of_mail_fits_and_is_open_to_everybody(
    studio: Studio, browser: Browser, width: int, dark: bool
) -> None:
    found: dict[str, object] = {}
    with look(studio, browser, width=width, dark=dark) as page:
        for path in PAGES:
            page.goto(studio.path(path))
            found[path] = find_violations(page), page.evaluate("document.documentElement.scrollWidth") > width
    assert found == {path: ([], False) for path in PAGES}


def test_mail_is_written_kept_and_opened_before_ones_eyes(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/"))
        page.keyboard.press("g")
        page.keyboard.press("m")
        expect(page.get_by_text("mail is kept here and does not leave")).to_be_visible()
        page.get_by_role("link", name="New mail").click()
        page.get_by_label("To", exact=True).fill("Eve <eve@example.org>")
        expect(page.locator("#to-count")).to_contain_text("1 recipient")
        page.get_by_label("Subject").fill("The kettle is here")
        page.get_by_label("Message").fill("It boils in 90 seconds.")
        page.get_by_role("button", name="Write it into the outbox").click()
        page.wait_for_url(re.compile(r"/mail/\d+/$"))
        status = page.locator("#opened aside .status")
        expect(status).to_have_text("Queued")
        expect(page.locator("[data-live]")).to_have_text("Live")

        studio.nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
        expect(status).to_have_text("Kept here")
        sheet = page.frame_locator("iframe.sheet")
        expect(sheet.get_by_text("It boils in 90 seconds.")).to_be_visible()
        page.get_by_role("link", name="As text").click()
        expect(page.locator(".letter-text")).to_contain_text("It boils in 90 seconds.")


def test_mailing_fills_up_and_its_end_is_one_notice(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/mail/new/?template=newsletter"))
        addresses = [f"friend{number}@example.org" for number in range(250)]
        page.get_by_label("To", exact=True).fill("\n".join([*addresses, "friend1@example.org", "nobody"]))
        expect(page.locator("#to-count")).to_contain_text("250 recipients · 1 address twice, counted once")
        expect(page.locator("#to-count")).to_contain_text("“nobody” is not an e-mail address")
        page.get_by_label("To", exact=True).fill("\n".join(addresses))
        page.get_by_label("Subject").fill("Winter catalogue")
        page.get_by_label("Content").fill("News.")
        page.get_by_role("button", name="Write it into the outbox").click()
        page.wait_for_url(re.compile(r"/mail/mailings/.+/$"))
        expect(page.locator("#mailing")).to_contain_text("250 of 250 kept here")
        page.get_by_role("link", name="250 Kept here").click()
        expect(page.get_by_text("250 mails", exact=True)).to_be_visible()


def test_person_decides_about_what_nobody_knows(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/mail/mailings/{mailing}/"))
        first = page.locator(".lines .line").first
        expect(first).to_contain_text("reader3@example.org")
        first.get_by_role("button", name="It arrived").click()
        expect(page.locator("main .note[role=status]")).to_have_text("It counts as sent.")
        expect(page.locator("#mailing")).to_contain_text("12 of 12 sent")
