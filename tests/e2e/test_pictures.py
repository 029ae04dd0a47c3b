"""The pictures of the documents, taken from a studio with a past. Only when asked: `make pictures`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.docs.pages import ROOT
from tests.e2e.studio import Studio, look, open_studio
from tests.support.nightdesk import Installation

pytestmark = [pytest.mark.browser, pytest.mark.pictures]

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
#: Name of the picture -> the page.
PAGES = {
    "home": "/",
    "campaigns": "/campaigns/",
    "campaign": "/campaigns/{written}/",
    "brief": "/campaigns/new/?sample=1",
    "edit": "/campaigns/{written}/pieces/linkedin/edit/",
    "versions": "/campaigns/{written}/pieces/x/versions/",
    "brand-kit": "/brand-kits/{kit}/",
    "settings": "/settings/",
}
#: Suffix -> width, height, dark.
LOOKS = {"": (1280, 800, False), "-dark": (1280, 800, True), "-phone": (390, 844, False)}
ON_A_DARK_PHONE = ("home", "campaign")


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files") as nightdesk:
        nightdesk.migrate()
        yield open_studio(nightdesk, browser)


@pytest.mark.parametrize("suffix", LOOKS)
def test_pages_are_pictured(studio: Studio, browser: Browser, suffix: str) -> None:
    width, height, dark = LOOKS[suffix]
    shown = [name for name in PAGES if suffix != "-dark" or name not in ("campaigns", "brief", "edit", "settings")]
    with look(studio, browser, width=width, height=height, dark=dark) as page:
        for name in shown:
            page.goto(studio.path(PAGES[name]))
            take(page, f"{name}{suffix}.png")


def test_phone_in_the_dark_is_pictured(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, width=390, height=844, dark=True) as page:
        for name in ON_A_DARK_PHONE:
            page.goto(studio.path(PAGES[name]))
            take(page, f"{name}-phone-dark.png")


def test_drawer_is_pictured(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/"))
        page.get_by_role("link", name="Failed: Write the content of a campaign").click()
        expect(page.locator("#drawer-title")).to_be_focused()
        take(page, "job.png")


def take(page: Page, name: str) -> None:
    """Take a picture of what fits the screen, once the page is live and at rest."""
    expect(page.locator("[data-live]")).to_have_text("Live")
    page.evaluate("document.fonts.ready")
    path: Path = FOLDER / name
    page.screenshot(path=path, animations="disabled", caret="hide")
    assert path.stat().st_size < MOST_BYTES
