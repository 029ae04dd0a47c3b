"""Headless Chromium for tests that look at the pages as a person does."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Playwright, ViewportSize, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
#: Nothing but the page under test may travel, and only on loopback.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
ACTION_LIMIT_S = 15


def find_program() -> Path | None:
    """Find this machine's Chromium; None where Playwright's own must do."""
    return next((Path(found) for program in PROGRAMS if (found := shutil.which(program))), None)


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Run headless Chromium for a while; all of it is gone afterwards.

    Raises:
        LookupError: there is no Chromium.
    """
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def open_page(browser: Browser, *, width: int = 1280, height: int = 800, dark: bool = False) -> Iterator[Page]:
    """Open an empty page in a fresh profile; after an error-free visit, fail if its scripts or policies complained.

    Raises:
        AssertionError: the page's console showed an error, or a script raised one.
    """
    viewport = ViewportSize(width=width, height=height)
    context = browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light")
    context.set_default_timeout(ACTION_LIMIT_S * 1000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert complaints == [], "the page complained: " + "; ".join(complaints)


def _launch(playwright: Playwright) -> Browser:
    program = find_program()
    flags = [*FLAGS, "--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else [*FLAGS]
    try:
        return playwright.chromium.launch(executable_path=program, args=flags, headless=True)
    except Error as error:
        if program is None and "Executable doesn't exist" in str(error):
            raise LookupError(
                "no Chromium found: install Debian's chromium, or run `playwright install chromium`"
            ) from error
        raise
