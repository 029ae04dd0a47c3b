import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error

from tests.support import chromium
from tests.support.chromium import open_page

pytestmark = pytest.mark.browser

PAGES = {
    "/": "<title>Right</title><p id=told></p><script>document.querySelector('#told').textContent = 'it runs'</script>",
    "/wrong": "<title>Wrong</title><script>throw new Error('broken page')</script>",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body or self.path == "/favicon.ico" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_page_is_shown_and_its_script_runs(browser: Browser, site: str) -> None:
    with open_page(browser, width=390, dark=True) as page:
        page.goto(site)

        assert page.title() == "Right"
        assert page.locator("#told").text_content() == "it runs"
        assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [390, True]


def test_page_whose_script_fails_fails_the_test(browser: Browser, site: str) -> None:
    with pytest.raises(AssertionError, match="the page complained: broken page"), open_page(browser) as page:
        page.goto(f"{site}/wrong")


def test_page_reaches_nothing_but_loopback(browser: Browser) -> None:
    with open_page(browser) as page, pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.com/")


def test_program_on_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium-browser"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert chromium.find_program() == program
