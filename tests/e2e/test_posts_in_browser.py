"""A post as a person sends it: written with a preview, published to two accounts, one fails and is tried again alone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.axe import find_violations
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation
from tests.support.platforms.mastodon import TOKEN, MastodonDouble

pytestmark = pytest.mark.browser

MORE = """
import json, sys
from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.publishing import services
from nightdesk.publishing.models import PlatformAccount
Job.objects.filter(state__in=("waiting", "running")).delete()
owner = User.objects.get(email="mia@example.org")
account = services.connect_account(platform="mastodon", name="Town square", user_id=owner.pk,
    credentials={"server": sys.argv[1], "access_token": sys.argv[2]})
PlatformAccount.objects.filter(pk=account.pk).update(health="ok")
post = services.create_post(author_id=owner.pk, fields={"title": "Planned", "body": "For later."})
print(json.dumps({"account": account.pk, "planned": post.pk}))
"""
PAGES = (
    "/posts/",
    "/posts/{planned}/",
    "/posts/{planned}/?account={account}",
    "/posts/{planned}/publish/",
    "/posts/{planned}/history/",
    "/posts/{planned}/revisions/",
    "/posts/calendar/",
    "/posts/accounts/",
    "/posts/accounts/new/mastodon/",
)


@pytest.fixture(scope="module")
def square() -> Iterator[MastodonDouble]:
    with MastodonDouble() as double:
        yield double


@pytest.fixture(scope="module")
def studio(browser: Browser, square: MastodonDouble) -> Iterator[Studio]:
    settings = {"NIGHTDESK_PRIVATE_HOSTS": square.root.removeprefix("http://")}
    with Installation(database="sqlite", broker="files", settings=settings) as nightdesk:
        nightdesk.migrate()
        yield open_studio(nightdesk, browser, MORE, square.root, TOKEN)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_of_posts_fits_and_is_open_to_everybody(
    studio: Studio, browser: Browser, width: int, dark: bool
) -> None:
    found: dict[str, object] = {}
    with look(studio, browser, width=width, dark=dark) as page:
        for path in PAGES:
            page.goto(studio.path(path))
            found[path] = find_violations(page), page.evaluate("document.documentElement.scrollWidth") > width
    assert found == {path: ([], False) for path in PAGES}


def test_post_is_written_and_published_before_ones_eyes(
    studio: Studio, browser: Browser, square: MastodonDouble
) -> None:
    with look(studio, browser) as page:
        write(page, studio)
        page.evaluate("window.isTheSamePage = true")
        expect(page.locator("[data-live]")).to_have_text("Live")
        page.get_by_role("link", name="Publish…").click()
        dialog = page.get_by_role("dialog", name="Publish “Tea for two”")
        send = dialog.locator("[data-send]")
        expect(send).to_be_disabled()
        plain = dialog.get_by_role("button", name="Close").evaluate("one => getComputedStyle(one).backgroundColor")
        expect(send).to_have_css("background-color", plain)
        dialog.get_by_role("checkbox", name="Journal").check()
        dialog.get_by_role("checkbox", name="Town square").check()
        expect(send).to_have_text("Publish to 2 accounts")
        page.keyboard.press("Control+Enter")
        lines = page.locator("#publish .sent")
        expect(lines.locator(".status strong")).to_have_text(["Queued", "Queued"])
        expect(page.locator("#publish .round-summary")).to_contain_text("0 of 2 published")

        square.revoke()
        studio.nightdesk.worker("a", pool="threads", concurrency=4).wait_ready()
        expect(page.locator("#publish .round-summary")).to_contain_text("1 of 2 published")
        failed = lines.filter(has_text="Town square")
        expect(failed.locator(".status strong")).to_have_text("Failed")
        expect(failed.get_by_role("link", name="Reconnect")).to_be_visible()
        expect(lines.filter(has_text="Journal").get_by_role("link", name="View on Journal")).to_be_visible()
        expect(page.locator(".toast").filter(has_text="of 2 published")).to_have_count(1)
        assert page.evaluate("window.isTheSamePage")


def test_planned_post_is_dragged_to_another_day(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/posts/{planned}/publish/"))
        page.get_by_role("checkbox", name="Journal").check()
        page.get_by_label("At a time").check()
        page.get_by_label("Day and time").fill("2030-05-14T09:30")
        page.get_by_label("Time zone").fill("Europe/Berlin")
        expect(page.locator("[data-utc]")).to_have_text("2030-05-14 07:30 UTC")
        page.get_by_role("button", name="Schedule for 1 account").click()
        page.wait_for_url(re.compile(r"/history/$"))
        page.goto(studio.path("/posts/calendar/?month=2030-05"))
        item = page.locator(".item", has_text="Planned")
        item.drag_to(page.locator('[data-day="2030-05-21"]'))
        moved = page.locator('[data-day="2030-05-21"] .item')
        expect(moved).to_contain_text("Planned")
        moved.get_by_text("Move", exact=False).first.click()
        expect(moved.get_by_label("New time in Europe/Berlin")).to_have_value("2030-05-21T09:30")


def write(page: Page, studio: Studio) -> None:
    """Begin a post and write it, with the preview following."""
    page.goto(studio.path("/posts/"))
    page.get_by_role("button", name="New post").click()
    page.get_by_label("Title", exact=True).fill("Tea for two")
    page.get_by_label("Text", exact=True).fill("A **small** kettle.")
    expect(page.locator("#preview strong").filter(has_text="small")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("")
    empty = page.locator("#preview .checks li", has_text="Town square")
    expect(empty).to_contain_text("There is nothing to publish. Write the body first.")
    empty.get_by_role("link", name="Go there").click()
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    page.get_by_label("Text", exact=True).fill("A **small** kettle.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Tea for two", level=1)).to_be_visible()
