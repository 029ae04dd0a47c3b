"""The first day of a stranger: sends the sample brief, edits, locks, has one piece written anew, compares, signs out."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from nightdesk.providers.text.channels import CHANNELS
from tests.contract.text.honest import fill
from tests.support.nightdesk import Installation, MakeInstallation
from tests.support.text_server import MODEL, USAGE, Received, TextServer, Wire, make_events

pytestmark = pytest.mark.browser

WRITTEN_WITHIN_MS = 30_000
MAKE_LINK = """
from nightdesk.accounts.services import create_sign_in_link, ensure_owner
print(create_sign_in_link(user_id=ensure_owner()[0].id))
"""
PRICES = {"NIGHTDESK_TEXT_PRICE_IN": "0.15", "NIGHTDESK_TEXT_PRICE_OUT": "0.60"}


def write_something_new(wire: Wire, received: Received) -> None:
    """Answer honestly, and with other words each time."""
    text = json.dumps(fill(received.fields)).replace("No ", f"N{chr(ord('a') + received.number)} ")
    wire.stream(make_events(text, usage=USAGE))


@contextmanager
def writer_settings(kind: str) -> Iterator[dict[str, str]]:
    """Give the settings of an installation without a model, or with one that runs meanwhile."""
    if kind == "template":
        yield {}
        return
    with TextServer(write_something_new) as server:
        yield {"NIGHTDESK_TEXT_URL": server.url, "NIGHTDESK_TEXT_MODEL": MODEL, **PRICES}


@pytest.mark.parametrize(("kind", "writer"), [("template", "template"), ("model", MODEL)])
def test_stranger_finds_the_way(make_installation: MakeInstallation, page: Page, kind: str, writer: str) -> None:
    with writer_settings(kind) as settings:
        nightdesk = make_installation(database="sqlite", broker="files", settings=settings)
        nightdesk.worker("a", pool="threads", concurrency=4).wait_ready()
        sign_in(page, nightdesk)
        send_sample_brief(page)
        expect(page.locator(".piece .label")).to_have_text(
            [f"Written by {writer}"] * len(CHANNELS), timeout=WRITTEN_WITHIN_MS
        )

        edit(page, "X", "Post", "Boils in 90 seconds, and quietly.")
        lock(page, "X")
        write_anew(page, "LinkedIn")
        compare(page, "LinkedIn")
        check_writer(page, kind)

        page.locator("#user-menu > summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()


def sign_in(page: Page, nightdesk: Installation) -> None:
    web = nightdesk.web().wait_ready()
    page.goto(f"{web.url}/sign-in/{nightdesk.run_script(MAKE_LINK).strip().splitlines()[-1]}")
    page.get_by_role("button", name="Sign in").click()


def send_sample_brief(page: Page) -> None:
    page.get_by_role("button", name="Send the sample brief").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))


def card_of(page: Page, title: str) -> Locator:
    return page.locator(".piece").filter(has=page.get_by_role("heading", name=title, exact=True))


def edit(page: Page, title: str, field: str, text: str) -> None:
    card_of(page, title).get_by_role("link", name=f"Edit {title}").click()
    page.get_by_role("textbox", name=field).fill(text)
    page.get_by_role("button", name="Save").first.click()
    expect(card_of(page, title)).to_contain_text(text)


def lock(page: Page, title: str) -> None:
    card_of(page, title).get_by_role("button", name=f"Lock {title}").click()
    expect(card_of(page, title).locator(".status")).to_have_text("Locked")
    expect(card_of(page, title).get_by_role("link", name=f"Edit {title}")).to_have_count(0)


def write_anew(page: Page, title: str) -> None:
    card_of(page, title).locator("summary", has_text="Redo").click()
    page.get_by_label("What should be different?").and_(page.locator(":visible")).fill("Shorter")
    card_of(page, title).get_by_role("button", name="Write it anew").click()
    expect(card_of(page, title)).to_contain_text("Version 2", timeout=WRITTEN_WITHIN_MS)


def compare(page: Page, title: str) -> None:
    campaign = page.url
    card_of(page, title).get_by_role("link", name=f"Versions of {title}").click()
    expect(page.get_by_role("heading", name="From version 1 to 2")).to_be_visible()
    expect(page.locator(".compared ins").first).to_be_visible()
    page.goto(campaign)


def check_writer(page: Page, kind: str) -> None:
    """What wrote is said beside what it cost; without a model, where to learn how to connect one."""
    if kind == "model":
        expect(page.locator("[data-key=status]")).to_contain_text(re.compile(r"7 calls of a model · 7,?000 tokens in"))
        expect(page.locator("[data-key=status] .hint strong")).to_have_text(
            "0.0019 USD"
        )  # 7 calls of 1,000 and 200 tokens
        return
    page.get_by_role("link", name="Connect a model").click()
    expect(page.get_by_text("NIGHTDESK_TEXT_URL").first).to_be_visible()
