"""Every page as people meet it: wide and narrow, light and dark, by keyboard alone, to a screen reader, from two desks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nightdesk.providers.text.channels import Unit
from nightdesk.providers.text.counting import count_text
from tests.e2e.axe import find_violations
from tests.e2e.studio import Studio, look, open_studio, sign_in_as
from tests.support.chromium import open_page
from tests.support.nightdesk import Installation

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/campaigns/",
    "/campaigns/?status=failed&q=spare",
    "/campaigns/new/?sample=1",
    "/campaigns/{written}/",
    "/campaigns/{running}/",
    "/campaigns/{failed}/",
    "/campaigns/{written}/edit/",
    "/campaigns/{written}/pieces/google_rsa/edit/",
    "/campaigns/{written}/pieces/x/versions/",
    "/brand-kits/",
    "/brand-kits/{kit}/",
    "/brand-kits/{kit}/edit/",
    "/activity/",
    "/jobs/{failed_job}/",
    "/settings/",
    "/nothing/here/",
)
MOST_TRANSFER_BYTES = 150_000
#: Texts on which counting characters, code points and columns goes apart.
COUNTED = (
    "Plain words.",
    "Ünïcode é",
    "東京の朝 quiet",
    "See https://kettle.example/a/very/long/address?that=counts and kettle.example/too.",
    "👩‍👩‍👧 family 🇩🇪 1️⃣ ☕ ©",
    "بيت هادئ",
    "line\nline “quoted” … ’",
)


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Iterator[Studio]:
    with Installation(database="sqlite", broker="files", extra_tasks=["tests.support.kinds"]) as nightdesk:
        nightdesk.migrate()
        yield open_studio(nightdesk, browser)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_and_is_open_to_everybody(studio: Studio, browser: Browser, width: int, dark: bool) -> None:
    found: dict[str, object] = {}
    with look(studio, browser, width=width, dark=dark, complains=True) as page:  # one page is not there, on purpose
        for path in PAGES:
            page.goto(studio.path(path))
            wide = page.evaluate("document.documentElement.scrollWidth")
            trouble = [f"{wide} px wide"] if wide > width else []
            trouble += find_violations(page)
            if trouble:
                found[path] = trouble
    assert found == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_signing_in_fits_and_is_open_to_everybody(studio: Studio, browser: Browser, width: int, dark: bool) -> None:
    with open_page(browser, width=width, dark=dark) as page:
        for path in ("/sign-in/", "/sign-in/a-link-that-was-printed"):
            page.goto(f"{studio.web.url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert find_violations(page) == []


def test_no_page_is_heavy(studio: Studio, browser: Browser) -> None:
    weights = {}
    for path in PAGES[:-1]:
        with look(studio, browser) as page:  # a fresh profile: nothing is in its cache
            page.goto(studio.path(path))
            weights[path] = page.evaluate(
                "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize || 0), 0)"
            )
    assert {path: weight for path, weight in weights.items() if weight > MOST_TRANSFER_BYTES} == {}
    assert min(weights.values()) > 10_000  # else nothing was weighed


def test_overlays_are_open_to_everybody_and_give_the_focus_back(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, reduced_motion="reduce") as page:
        page.goto(studio.path("/"))
        link = page.get_by_role("link", name="Failed: Write the content of a campaign")
        link.click()
        drawer = page.locator("#drawer")
        expect(drawer.get_by_role("heading", name="What happened when")).to_be_visible()
        expect(drawer.locator("#drawer-title")).to_be_focused()
        expect(drawer.locator(".story > li")).to_have_count(6)
        assert find_violations(page) == []
        page.keyboard.press("Escape")
        expect(drawer).to_be_hidden()
        expect(link).to_be_focused()

        page.locator("#tray > summary").click()
        expect(page.locator("#tray .line")).to_have_count(2)
        assert find_violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("#tray > summary")).to_be_focused()
        expect(page.locator("#tray .panel")).to_be_hidden()
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        assert find_violations(page) == []
        assert page.evaluate("document.getAnimations().length") == 0


def test_keyboard_alone_is_enough_from_sign_in_to_a_locked_piece(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, storage_state=None) as page:
        sign_in_as(studio, page, "mia@example.org", by_keyboard=True)
        page.keyboard.press("g")
        page.keyboard.press("c")
        expect(page.get_by_role("heading", name="Campaigns", level=1)).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("repair")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 campaign", exact=True)).to_be_visible()
        tab_to(page, "Repair café, every second Saturday")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Repair café, every second Saturday", level=1)).to_be_visible()
        tab_to(page, "Edit Meta feed ad")
        page.keyboard.press("Enter")
        text = page.get_by_label("Primary text")
        expect(text).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("Bring it in, carry it home.")
        expect(page.locator("#length-meta_feed-primary_text-1")).to_contain_text("27 / 125")
        tab_to(page, "Save")
        page.keyboard.press("Enter")
        card = page.locator("[data-key=piece-meta_feed]")
        expect(card.locator(".status")).to_have_text("Edited")
        expect(card).to_contain_text("Bring it in, carry it home.")
        expect(page.locator(".toast")).to_contain_text("Saved.")
        expect(card.get_by_role("heading", name="Meta feed ad")).to_be_focused()
        tab_to(page, "Lock Meta feed ad")
        page.keyboard.press("Enter")
        expect(card.locator(".status")).to_have_text("Locked")


def test_two_people_who_edit_one_piece_lose_nothing(studio: Studio, browser: Browser) -> None:
    address = studio.path("/campaigns/{catalogue}/")
    with (
        look(studio, browser) as mia,
        look(studio, browser, storage_state=None, complains=True) as noor,  # a 409 is an error to a console
    ):
        sign_in_as(studio, noor, "noor@example.org")
        for page, words in ((mia, "Mia wrote this subject"), (noor, "Noor wrote another one")):
            page.goto(address)
            open_editor(page, "Email")
            page.get_by_label("Subject").fill(words)
        mia.get_by_role("button", name="Save").click()
        expect(mia.locator("[data-key=piece-email]")).to_contain_text("Mia wrote this subject")

        with noor.expect_response(lambda answer: answer.status == 409):
            noor.get_by_role("button", name="Save").click()
        expect(noor.get_by_role("alert")).to_contain_text("Mia Winter was faster.")
        expect(noor.locator(".theirs").first).to_contain_text("Mia wrote this subject")
        expect(noor.get_by_label("Subject")).to_have_value("Noor wrote another one")
        assert find_violations(noor) == []
        noor.get_by_role("button", name="Save mine as the next version").click()
        expect(noor.locator("[data-key=piece-email]")).to_contain_text("Noor wrote another one")

        noor.get_by_role("link", name="Versions of Email").click()
        expect(noor.get_by_role("heading", name="From version 2 to 3")).to_be_visible()
        expect(noor.locator(".compared").first.locator("del")).to_have_text(["Mia", "this subject"])
        expect(noor.locator(".compared").first.locator("ins")).to_have_text(["Noor", "another one"])
        noor.get_by_role("button", name="Restore 2").click()
        expect(noor.locator("[data-key=piece-email]")).to_contain_text("Mia wrote this subject")


def test_edit_of_somebody_else_arrives_by_itself(studio: Studio, browser: Browser) -> None:
    address = studio.path("/campaigns/{catalogue}/")
    with look(studio, browser) as mia, look(studio, browser, storage_state=None) as noor:
        sign_in_as(studio, noor, "noor@example.org")
        mia.clock.install()
        for page in (mia, noor):
            page.goto(address)
        mia.evaluate("window.isTheSamePage = true")
        noor.get_by_role("button", name="Lock Email").click()
        expect(noor.locator("[data-key=piece-email] .status")).to_have_text("Locked")

        mia.clock.run_for(20_000)
        expect(mia.locator("[data-key=piece-email] .status")).to_have_text("Locked")
        assert mia.evaluate("window.isTheSamePage")
        noor.get_by_role("button", name="Unlock Email").click()
        expect(noor.locator("[data-key=piece-email]").get_by_role("link", name="Edit Email")).to_be_visible()


def test_piece_is_edited_again_in_the_tab_that_saved_it(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/campaigns/{written}/"))
        card = page.locator("[data-key=piece-blog]")
        for number, words in enumerate(("Saved for the first time", "Saved a second time"), start=2):
            open_editor(page, "Blog post")
            expect(page.get_by_text("What you had typed here before is back.")).to_be_hidden()
            page.locator("form[data-editing] textarea").first.fill(words)
            page.get_by_role("button", name="Save").click()
            expect(card).to_contain_text(f"Version {number}")
            expect(card).to_contain_text(words)
            expect(card.get_by_role("alert")).to_have_count(0)
        card.get_by_text("Redo").click()
        card.get_by_label("What should be different?").fill("A wish that was sent")
        card.get_by_role("button", name="Write it anew").click()
        expect(card.get_by_text("Redo")).to_have_count(0)
        assert page.evaluate("Object.keys(sessionStorage).filter(key => /:(piece|wish)-/.test(key))") == []


def test_locked_piece_is_not_written_anew_from_a_page_that_did_not_know(studio: Studio, browser: Browser) -> None:
    address = studio.path("/campaigns/{catalogue}/")
    with look(studio, browser, complains=True) as page:
        page.goto(address)
        card = page.locator("[data-key=piece-blog]")
        card.get_by_text("Redo").click()
        card.get_by_label("What should be different?").fill("Shorter")
        with look(studio, browser) as other:
            other.goto(address)
            other.get_by_role("button", name="Lock Blog post").click()
            expect(other.locator("[data-key=piece-blog] .status")).to_have_text("Locked")
        card.get_by_role("button", name="Write it anew").click()
        expect(page.locator(".toast[role=alert]")).to_contain_text("This piece is locked. Unlock it first.")
        expect(card.get_by_label("What should be different?")).to_have_value("Shorter")


def test_session_that_ends_says_so_and_keeps_what_was_typed(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, storage_state=None, complains=True) as page:
        sign_in_as(studio, page, "noor@example.org")
        page.goto(studio.path("/campaigns/{written}/"))
        open_editor(page, "LinkedIn")
        page.get_by_label("Headline").fill("Typed before the session ended")
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("button", name="Save").click()
        notice = page.locator(".toast[role=alert]")
        expect(notice).to_contain_text("Your session has ended.")
        expect(page.locator("[data-live]")).to_have_text("Offline")
        expect(page.get_by_label("Headline")).to_have_value("Typed before the session ended")
        link = studio.sign_in_link("noor@example.org")
        notice.get_by_role("link", name="Sign in and come back").click()
        expect(page).to_have_url(re.compile(r"/sign-in/\?next=%2Fcampaigns"))
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.goto(studio.path("/campaigns/{written}/"))
        open_editor(page, "LinkedIn")
        expect(page.get_by_label("Headline")).to_have_value("Typed before the session ended")
        expect(page.get_by_text("What you had typed here before is back.")).to_be_visible()
        page.get_by_role("link", name="Back without saving").click()
        open_editor(page, "LinkedIn")
        expect(page.get_by_label("Headline")).not_to_have_value("Typed before the session ended")


def test_brief_is_not_lost_with_the_session_and_forgotten_once_it_was_sent(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, storage_state=None) as page:
        sign_in_as(studio, page, "noor@example.org")
        page.goto(studio.path("/campaigns/new/"))
        page.get_by_label("Name").fill("Kept")
        page.get_by_label("Brief").fill("A brief that took an hour to write.")
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("button", name="Create and write").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        sign_in_as(studio, page, "noor@example.org")
        page.goto(studio.path("/campaigns/new/"))
        expect(page.get_by_label("Brief")).to_have_value("A brief that took an hour to write.")
        page.get_by_role("button", name="Create and write").click()
        expect(page.get_by_role("heading", name="Kept", level=1)).to_be_visible()
        page.goto(studio.path("/campaigns/new/"))
        expect(page.get_by_label("Brief")).to_have_value("")


def test_what_was_typed_is_gone_from_the_browser_once_its_writer_has_signed_out(
    studio: Studio, browser: Browser
) -> None:
    with look(studio, browser, storage_state=None) as page:
        sign_in_as(studio, page, "noor@example.org")
        page.goto(studio.path("/campaigns/new/"))
        page.get_by_label("Brief").fill("A launch that nobody may know of yet.")
        assert "nobody may know" in page.evaluate("JSON.stringify(sessionStorage)")
        page.locator("#user-menu summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert "nobody may know" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_end_of_a_job_is_told_on_other_pages_and_kept_in_the_bell(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/settings/"))
        expect(page.locator("[data-live]")).to_have_text("Live")
        before = int(page.locator("#tray-count").inner_text())
        job = studio.start_letter()
        expect(page.locator("#tray-count")).to_have_text(str(before + 1))
        studio.cancel(job)
        expect(page.locator(".toast")).to_contain_text("Cancelled")
        expect(page.locator(".toast").get_by_role("link")).to_have_text("A letter")
        expect(page.locator("#tray-count")).to_have_text(str(before))
        expect(page.locator("#bell-count")).to_have_text("1")
        assert page.evaluate("document.activeElement === document.body")
        page.locator("#bell > summary").click()
        expect(page.locator("#bell .line").first).to_contain_text("A letter")
        expect(page.locator("#bell-count")).to_have_text("0")


def test_single_keys_can_be_switched_off(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/settings/"))
        page.get_by_role("group", name="Single keys").get_by_role("button", name="Off").click()
        page.keyboard.press("?")
        page.keyboard.press("n")
        expect(page.locator("#keys")).to_be_hidden()
        expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_token_is_shown_once_and_revoked(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/settings/"))
        page.get_by_label("New token for").fill("browser test")
        page.get_by_role("button", name="Make a token").click()
        secret = page.get_by_label("Token", exact=True).input_value()
        assert secret.startswith("nd_")
        page.goto(studio.path("/settings/"))
        assert secret not in page.content()
        page.get_by_role("button", name="Revoke browser test").click()
        expect(page.get_by_role("status").filter(has_text="The token is revoked.")).to_be_visible()


def test_counters_of_the_page_count_as_the_server_does(studio: Studio, browser: Browser) -> None:
    with look(studio, browser) as page:
        page.goto(studio.path("/settings/"))
        for unit in Unit:
            counted = page.evaluate(
                "([texts, unit]) => texts.map(text => nightdesk.count(text, unit))", [COUNTED, unit]
            )
            assert counted == [count_text(text, unit) for text in COUNTED]


def test_piece_is_edited_and_locked_without_scripts(studio: Studio, browser: Browser) -> None:
    with look(studio, browser, java_script_enabled=False, complains=True) as page:
        page.goto(studio.path("/campaigns/{written}/"))
        page.get_by_role("link", name="Edit Email").click()
        page.get_by_label("Subject").fill("Written without a script")
        page.get_by_role("button", name="Save").click()
        card = page.locator("[data-key=piece-email]")
        expect(card).to_contain_text("Written without a script")
        card.get_by_role("button", name="Lock Email").click()
        expect(card.locator(".status")).to_have_text("Locked")
        card.get_by_role("button", name="Unlock Email").click()
        card.get_by_role("link", name="Edit Email").click()
        page.get_by_label("Subject").fill("")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("What you wrote is still here.")).to_be_visible()
        page.goto(studio.path("/"))
        page.get_by_role("link", name="Failed: Write the content of a campaign").click()
        expect(page.get_by_role("heading", name="What happened when")).to_be_visible()


def open_editor(page: Page, title: str) -> None:
    """Edit a piece in its card; the form has the focus a moment after it is there."""
    page.get_by_role("link", name=f"Edit {title}").click()
    expect(page.locator("form[data-editing] textarea").first).to_be_focused()


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        words = page.evaluate(
            "(element => element.getAttribute('aria-label') || element.innerText || '')(document.activeElement)"
        )
        if " ".join(words.split()) == name:
            return
    raise AssertionError(f"Tab never reaches {name!r}")
