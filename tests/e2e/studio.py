"""A studio with a past: campaigns that are written, under way, waiting and failed, for tests that look at the pages."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize

from tests.support.chromium import ACTION_LIMIT_S
from tests.support.nightdesk import Installation, Web

MAKE_LINK = """
import sys
from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_sign_in_link
print(create_sign_in_link(user_id=User.objects.get(email=sys.argv[1]).pk))
"""
START_LETTER = """
from nightdesk.accounts.models import User
from nightdesk.campaigns.services import create_campaign
owner = User.objects.get(email="mia@example.org")
letter = create_campaign(name="A letter", brief="Write to the shops.", channels=["email"], created_by_id=owner.pk)
print(letter.task_id)
"""
CANCEL = """
import sys, uuid
from nightdesk.engine import actions
actions.cancel(job_id=uuid.UUID(sys.argv[1]))
"""
PAST = """
import json
from datetime import timedelta
from django.utils import timezone
from nightdesk.accounts.services import create_token, ensure_owner
from nightdesk.campaigns.models import Campaign
from nightdesk.campaigns.services import create_campaign
from nightdesk.engine.models import Attempt, Job, JobPayload
from nightdesk.engine.testing import drain
from nightdesk.web.samples import sample_brief

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.campaigns.services import create_brand_kit, edit_piece, lock_piece, update_brand_kit

owner, _ = ensure_owner(email="mia@example.org")
User.objects.filter(pk=owner.pk).update(first_name="Mia", last_name="Winter")
noor = create_user(email="noor@example.org", first_name="Noor", last_name="Adams")
kit = create_brand_kit(name="Fernweh", voice="Warm and dry. Short sentences. Never shouts.", audience="People who like things that last",
    words_to_use=["quiet", "repair"], words_to_avoid=["cheap", "revolutionary"], created_by_id=owner.pk,
    colours=[{"name": "Night", "hex": "#1B2A4A"}, {"name": "Steam", "hex": "#E9EDF2"}, {"name": "Copper", "hex": "#B5643C"}])
update_brand_kit(kit_id=kit.pk, base_version=1, user_id=noor.pk, words_to_avoid=["cheap", "revolutionary", "disrupt"])
create_brand_kit(name="Repair café", voice="Neighbours talking over a workbench.", created_by_id=noor.pk,
    colours=[{"name": "Bench", "hex": "#7A5C3E"}, {"name": "Lamp", "hex": "#F2C14E"}])
sample, now, made = sample_brief(), timezone.now(), {}

def create(name, **more):
    campaign = create_campaign(**{**sample, "name": name, **more}, created_by_id=owner.pk)
    return campaign

made["kit"] = kit.pk
made["written"] = create("Quiet mornings: autumn launch", brand_kit_id=kit.pk).pk
create("Repair café, every second Saturday", brief="Bring a broken kettle on Saturday. We repair it with you. It is free.",
       product="Repair café", channels=["meta_feed", "email"])
made["catalogue"] = create("Winter catalogue", channels=["email", "blog"]).pk
drain()
edit_piece(campaign_id=made["written"], channel="x", base_version=1, user_id=noor.pk,
    fields={"text": "A kettle for two cups that is quieter than your tap. Ninety seconds, and the morning stays yours. 15 % off in October: https://fernweh.example"})
lock_piece(campaign_id=made["written"], channel="x", user_id=owner.pk)
failed = create("Spare parts for ten years", channels=["linkedin", "x"])
running = create("Gift cards in December")
create("Letters to shops", channels=["email"])
made |= {"failed": failed.pk, "running": running.pk, "failed_job": str(failed.task_id), "running_job": str(running.task_id)}

said = "The text service did not answer within 60 s. Check that it runs, then try again."
Job.objects.filter(pk=failed.task_id).update(
    state="failed", runs=2, failures=2, started_at=now - timedelta(minutes=9), finished_at=now - timedelta(minutes=8),
    created_at=now - timedelta(minutes=12), version=6)
JobPayload.objects.filter(pk=failed.task_id).update(error=json.dumps({"code": "transient", "message": said, "type": "Transient"}))
for number, (began, ended, outcome) in enumerate([(11, 10, "retry"), (9, 8, "failed")], start=1):
    Attempt.objects.create(job_id=failed.task_id, number=number, worker="studio-1", outcome=outcome, error=said,
        error_class="Transient", started_at=now - timedelta(minutes=began), finished_at=now - timedelta(minutes=ended))
Campaign.objects.filter(pk=failed.pk).update(ai_processing_status="failed", ai_processing_error=said)
Job.objects.filter(pk=running.task_id).update(
    state="running", runs=1, started_at=now, progress=42, message="Writing LinkedIn (3 of 6)", version=3)
Campaign.objects.filter(pk=running.pk).update(ai_processing_status="processing")
create_token(user_id=owner.pk, name="Nightly report")
print(json.dumps(made))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """A running installation with a past. `made`: ids by what they are; `signed_in`: the cookies of its owner."""

    nightdesk: Installation
    web: Web
    made: dict[str, Any]
    signed_in: StorageState

    def sign_in_link(self, email: str) -> str:
        """Make a one-time link for somebody."""
        secret = self.nightdesk.run_script(MAKE_LINK, email).strip().splitlines()[-1]
        return f"{self.web.url}/sign-in/{secret}"

    def start_letter(self) -> str:
        """Create a campaign called "A letter" for the owner and return its job, which nobody runs."""
        return self.nightdesk.run_script(START_LETTER).strip().splitlines()[-1]

    def cancel(self, job_id: str) -> None:
        """Cancel a job."""
        self.nightdesk.run_script(CANCEL, job_id)

    def path(self, pattern: str) -> str:
        """Fill ids into a path like `/campaigns/{written}/`."""
        return self.web.url + pattern.format(**self.made)


def open_studio(nightdesk: Installation, browser: Browser, more: str = "", *arguments: str) -> Studio:
    """Start the web process of a migrated installation, give it a past and sign its owner in.

    `more`: a script that adds to the past, called with `arguments`; it prints ids as JSON in its last line.
    """
    web = nightdesk.web()
    made = json.loads(nightdesk.run_script(PAST).strip().splitlines()[-1])
    if more:
        made |= json.loads(nightdesk.run_script(more, *arguments).strip().splitlines()[-1])
    web.wait_ready()
    context = browser.new_context()
    page = context.new_page()
    studio = Studio(nightdesk=nightdesk, web=web, made=made, signed_in={})
    sign_in_as(studio, page, "mia@example.org")
    studio = replace(studio, signed_in=context.storage_state())
    context.close()
    return studio


def sign_in_as(studio: Studio, page: Page, email: str, *, by_keyboard: bool = False) -> None:
    """Come in by a one-time link."""
    page.goto(studio.sign_in_link(email))
    button = page.get_by_role("button", name="Sign in")
    if by_keyboard:
        while not button.evaluate("button => button === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    else:
        button.click()
    page.get_by_role("heading", name="Hello").wait_for()


@contextlib.contextmanager
def look(
    studio: Studio, browser: Browser, *, width: int = 1280, height: int = 860, dark: bool = False, **more: Any
) -> Iterator[Page]:
    """Open a page as the owner; fails if its console complained, unless the test expects that (`complains=True`)."""
    complains = more.pop("complains", False)
    context: BrowserContext = browser.new_context(
        viewport=ViewportSize(width=width, height=height),
        color_scheme="dark" if dark else "light",
        **{"storage_state": studio.signed_in, **more},
    )
    context.set_default_timeout(ACTION_LIMIT_S * 1000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert complains or complaints == [], "the page complained: " + "; ".join(complaints)
