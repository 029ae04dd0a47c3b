"""One campaign as a person sees it: from the sign-in link to finished texts, in a real browser, without a reload."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from nightdesk.providers.text.channels import CHANNELS
from tests.support.nightdesk import Installation, MakeInstallation

pytestmark = pytest.mark.browser

ARRIVES_WITHIN_MS = 30_000
MAKE_LINK = """
from nightdesk.accounts.services import create_sign_in_link, ensure_owner
print(create_sign_in_link(user_id=ensure_owner()[0].id))
"""


@pytest.fixture
def nightdesk(make_installation: MakeInstallation) -> Installation:
    """Give an installation on SQLite and files that serves pages; a test starts the worker when it wants one."""
    return make_installation(database="sqlite", broker="files", extra_tasks=["tests.e2e.gated_writer"])


def sign_in(page: Page, nightdesk: Installation, url: str) -> None:
    page.goto(f"{url}/sign-in/{nightdesk.run_script(MAKE_LINK).strip().splitlines()[-1]}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your desk")).to_be_visible()


def open_gate(nightdesk: Installation, channel: str) -> None:
    """Let the piece for one channel through, which `gated_writer` holds back."""
    (nightdesk.data_dir / f"gate-{channel}").touch()


def test_campaign_is_written_before_ones_eyes(nightdesk: Installation, page: Page) -> None:
    web = nightdesk.web().wait_ready()
    sign_in(page, nightdesk, web.url)
    page.get_by_role("button", name="Send the sample brief").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    page.evaluate("window.isTheSamePage = true")
    status, written = page.locator(".chip > strong"), page.locator(".piece:has(.label)")
    expect(page.locator("[data-live]")).to_have_text("Live")
    expect(status).to_have_text("Waiting")
    expect(page.locator(".chip-message")).to_have_text(
        "No running worker serves its queue and knows its kind. Start one."
    )
    expect(written).to_have_count(0)

    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    bar = page.get_by_role("progressbar", name="Progress of Write the content of a campaign")
    for number, (channel, spec) in enumerate(CHANNELS.items()):
        expect(page.locator(".chip-message")).to_have_text(f"Writing {spec.title} ({number + 1} of {len(CHANNELS)})")
        expect(status).to_have_text(f"Running {int(100 * (number + 0.5) / len(CHANNELS))} %")
        expect(bar).to_have_js_property("value", int(100 * (number + 0.5) / len(CHANNELS)))
        expect(written).to_have_count(number)
        open_gate(nightdesk, channel)
        expect(written.get_by_role("heading", name=spec.title)).to_be_visible()
    expect(status).to_have_text("Done")
    expect(page.locator(".piece .label")).to_have_text(["Written by template"] * len(CHANNELS))
    expect(page.locator("[data-says]")).to_have_text("Write the content of a campaign: Done")
    assert page.evaluate("window.isTheSamePage")
    assert nightdesk.sql("SELECT ai_processing_status FROM campaigns_campaign") == [("completed",)]

    page.locator("#user-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto(f"{web.url}/campaigns/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_running_campaign_is_cancelled_and_written_again(nightdesk: Installation, page: Page) -> None:
    web = nightdesk.web().wait_ready()
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    sign_in(page, nightdesk, web.url)
    page.goto(f"{web.url}/campaigns/new/?sample=1")
    page.get_by_role("button", name="Create and write").click()
    status = page.locator(".chip > strong")
    expect(status).to_contain_text("Running")
    page.get_by_role("button", name="Cancel").click()
    expect(status).to_have_text("Cancelled")
    expect(page.locator(".chip-message")).to_have_text(
        "The writing was cancelled before it was finished. Regenerate to write it again."
    )

    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    page.get_by_role("button", name="Regenerate all").click()
    expect(status).to_have_text("Done")
    expect(page.locator(".piece:has(.label)")).to_have_count(len(CHANNELS))


def test_campaign_in_a_second_tab_moves_too(nightdesk: Installation, page: Page) -> None:
    web = nightdesk.web().wait_ready()
    sign_in(page, nightdesk, web.url)
    page.goto(f"{web.url}/campaigns/new/?sample=1")
    page.get_by_role("button", name="Create and write").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    other = page.context.new_page()
    other.goto(f"{web.url}/campaigns/")
    other.evaluate("window.isTheSamePage = true")
    expect(other.locator(".chip > strong")).to_have_text("Waiting")

    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    expect(page.locator(".chip > strong")).to_have_text("Done")
    expect(other.locator(".chip > strong")).to_have_text("Done")
    assert other.evaluate("window.isTheSamePage")


def test_page_catches_up_when_the_web_process_was_away(nightdesk: Installation, browser: Browser) -> None:
    page = browser.new_page()  # its console may complain: the server is killed
    web = nightdesk.web().wait_ready()
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    sign_in(page, nightdesk, web.url)
    page.goto(f"{web.url}/campaigns/new/?sample=1")
    page.get_by_role("button", name="Create and write").click()
    expect(page.locator(".chip > strong")).to_contain_text("Running")
    page.evaluate("window.isTheSamePage = true")
    web.kill9()
    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    nightdesk.done(1)
    nightdesk.web(port=web.port).wait_ready()

    expect(page.locator(".chip > strong")).to_have_text("Done", timeout=ARRIVES_WITHIN_MS)
    expect(page.locator(".piece:has(.label)")).to_have_count(len(CHANNELS))
    assert page.evaluate("window.isTheSamePage")
    page.context.close()


def test_page_moves_by_polling_where_streams_do_not_pass(nightdesk: Installation, browser: Browser) -> None:
    page = browser.new_page()  # its console complains about the streams that fail
    page.route(lambda url: "/live/?" in url and "mode=poll" not in url, lambda route: route.abort())
    web = nightdesk.web().wait_ready()
    sign_in(page, nightdesk, web.url)
    page.goto(f"{web.url}/campaigns/new/?sample=1")
    page.get_by_role("button", name="Create and write").click()
    expect(page.locator("[data-live]")).to_have_text("Delayed", timeout=ARRIVES_WITHIN_MS)
    page.evaluate("window.isTheSamePage = true")
    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    expect(page.locator(".chip > strong")).to_have_text("Done", timeout=ARRIVES_WITHIN_MS)
    expect(page.locator(".piece:has(.label)")).to_have_count(len(CHANNELS))
    assert page.evaluate("window.isTheSamePage")
    page.context.close()


def test_everything_works_without_scripts_on_a_phone(nightdesk: Installation, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    web = nightdesk.web().wait_ready()
    sign_in(page, nightdesk, web.url)
    page.get_by_role("link", name="Write your own").click()
    page.get_by_label("Name").fill("Kettle")
    page.get_by_label("Brief").fill("A small kettle that boils in 90 seconds. Order it at kettle.example.")
    page.get_by_label("Blog post").uncheck()
    page.get_by_role("button", name="Create and write").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".chip > strong")).to_have_text("Cancelled")
    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    page.get_by_role("button", name="Regenerate all").click()
    nightdesk.done(2)
    page.reload()
    expect(page.locator(".chip > strong")).to_have_text("Done")
    expect(page.locator(".piece:has(.label)")).to_have_count(len(CHANNELS) - 1)
    page.locator("#user-menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("#user-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


def test_no_page_is_wider_than_the_screen(nightdesk: Installation, page: Page) -> None:
    web = nightdesk.web().wait_ready()
    for channel in CHANNELS:
        open_gate(nightdesk, channel)
    nightdesk.worker("a", pool="threads", concurrency=2).wait_ready()
    sign_in(page, nightdesk, web.url)
    page.goto(f"{web.url}/campaigns/new/?sample=1")
    page.get_by_label("Name").fill("Donaudampfschifffahrtsgesellschaftskapitaen" * 2)
    page.get_by_role("button", name="Create and write").click()
    expect(page.locator(".chip > strong")).to_have_text("Done")
    for address in (page.url, f"{web.url}/campaigns/", f"{web.url}/campaigns/new/", f"{web.url}/sign-in/"):
        page.goto(address)
        for width in (360, 390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") == width, address
