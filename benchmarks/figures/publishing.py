"""How soon many posts are out on several platforms whose every call takes its time, and how soon one sees that."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Final

import httpx2
from playwright.sync_api import Page

from benchmarks.figures.posting import make_token
from benchmarks.lab import Lab, open_lab
from benchmarks.numbers import percentile, write_percentiles
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.contract.publishing.cases import Case, find_cases
from tests.fault.live_reader import sign_in
from tests.support.chromium import open_browser, open_page
from tests.support.nightdesk import Broker, Database
from tests.support.platforms.double import PlatformDouble
from tests.support.text_server import Wire
from tests.support.vendor_server import Request

POSTS: Final = 20
PLATFORMS: Final = ("wordpress", "mastodon", "bluesky", "telegram", "discord")
CALL_S: Final = 0.3
WANTED_S: Final = 5.0
WANTED_SCREEN_S: Final = 1.0
#: Waiting on platforms costs no processor, so one process waits for many.
SLOTS: Final = 32
LIMIT_S: Final = 120.0
STACKS: Final[tuple[tuple[Database, Broker], ...]] = (("postgres", "redis"), ("sqlite", "files"))
#: Notes when the line of a publishing that succeeded is first seen: both clocks are this machine's.
_WATCH: Final = """
() => {
  window.seen = null;
  const look = () => {
    if (window.seen === null && document.querySelector('.sent[data-status="success"]')) window.seen = Date.now() / 1000;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
"""
_OPEN: Final = "SELECT count(*) FROM publishing_publishedpost WHERE status IN ('pending', 'processing')"
_ENDS: Final = "SELECT status, count(*) FROM publishing_publishedpost GROUP BY status ORDER BY status"


def measure(scale: Scale) -> Iterator[Figure]:  # noqa: ARG001 (it is the same at every scale)
    """Publish 20 posts to five platforms at once, on both databases."""
    cases = {str(case.platform): case for case in find_cases()}
    for database, broker in STACKS:
        with ExitStack() as stack:
            doubles = {name: stack.enter_context(_slow(cases[name])) for name in PLATFORMS}
            hosts = ",".join(double.root.removeprefix("http://") for double in doubles.values())
            lab = stack.enter_context(open_lab(database, broker, settings={"NIGHTDESK_PRIVATE_HOSTS": hosts}))
            took_s, ends = _publish(lab, cases, doubles)
            visible = sum(len(double.posts) for double in doubles.values())
            calls = sum(len(double.requests) for double in doubles.values())
        yield Figure(
            what=f"{POSTS} posts to {len(PLATFORMS)} platforms ({', '.join(PLATFORMS)}) at once, {CALL_S * 1000:.0f} ms a "
            f"call, {database} + {broker}, one worker with {SLOTS} threads",
            reach=f"all final within {WANTED_S:g} s",
            ours=f"{took_s:.1f} s; {ends}; {visible} posts are visible, {calls} calls were made",
            met=took_s <= WANTED_S and visible == POSTS * len(PLATFORMS),
        )

    for database, broker in STACKS:
        with open_lab(database, broker) as lab, open_browser() as browser, open_page(browser) as page:
            delays = _watch(lab, page)
        yield Figure(
            what=f"from the end of a publishing until its line on the open page says so, {database} + {broker}",
            reach=f"p95 < {WANTED_SCREEN_S * 1000:.0f} ms",
            ours=f"{write_percentiles(delays, '.0f')}, longest {max(delays) * 1000:.0f} ms of {len(delays)}",
            met=percentile(delays, 0.95) < WANTED_SCREEN_S,
        )


def _watch(lab: Lab, page: Page) -> list[float]:
    """Publish posts to the journal one after the other, each before an open page; return how late each page was."""
    web, token = lab.web().wait_ready(), make_token(lab)
    lab.worker("a", pool="threads", concurrency=8).wait_ready()
    name, _, value = sign_in(lab).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": web.url}])
    delays = []
    with httpx2.Client(base_url=web.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        for number in range(POSTS):
            post = _ask(client, "POST", "/api/posts/", _write(number))["id"]
            page.goto(f"{web.url}/posts/{post}/")
            page.locator("[data-live][data-is=live]").wait_for(state="attached")
            page.evaluate(_WATCH)
            _ask(client, "POST", "/api/posts/publish", {"post_id": post, "platforms": ["journal"]})
            page.wait_for_function("() => window.seen", timeout=LIMIT_S * 1000)
            (done,) = _ask(client, "GET", f"/api/posts/{post}/publish-history")["publishings"]
            delays.append(page.evaluate("window.seen") - datetime.fromisoformat(done["finished_at"]).timestamp())
    return delays


def _slow(case: Case) -> PlatformDouble:
    """Make a double of a platform that thinks before each answer."""

    class Slow(case.double):  # type: ignore[misc, name-defined]
        def answer(self, wire: Wire, request: Request) -> None:
            time.sleep(CALL_S)
            super().answer(wire, request)

    made: PlatformDouble = Slow()
    return made


def _publish(lab: Lab, cases: dict[str, Case], doubles: dict[str, PlatformDouble]) -> tuple[float, str]:
    web, token = lab.web().wait_ready(), make_token(lab)
    lab.worker("a", pool="threads", concurrency=SLOTS).wait_ready()
    with httpx2.Client(base_url=web.url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        accounts = [_connect(client, cases[name], double) for name, double in doubles.items()]
        _wait(lambda: all(_ask(client, "GET", f"/api/platform-accounts/{one}/")["health"] == "ok" for one in accounts))
        posts = [_ask(client, "POST", "/api/posts/", _write(number))["id"] for number in range(POSTS)]
        began = time.monotonic()
        for post in posts:
            _ask(client, "POST", "/api/posts/publish", {"post_id": post, "accounts": accounts})
        _wait(lambda: lab.sql(_OPEN)[0][0] == 0)
        took_s = time.monotonic() - began
    return took_s, ", ".join(f"{count} {status}" for status, count in lab.sql(_ENDS))


def _connect(client: httpx2.Client, case: Case, double: PlatformDouble) -> int:
    body = {"platform": str(case.platform), "name": str(case.platform), "credentials": dict(case.connect(double))}
    return int(_ask(client, "POST", "/api/platform-accounts/", body)["id"])


def _write(number: int) -> dict[str, Any]:
    return {"title": f"Boats at dawn {number}", "body": f"We went out early, {number} of us. The harbour slept."}


def _ask(client: httpx2.Client, method: str, path: str, body: Any = None) -> Any:
    return client.request(method, path, json=body).raise_for_status().json()


def _wait(is_done: Any) -> None:
    give_up_at = time.monotonic() + LIMIT_S
    while not is_done():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"unfinished after {LIMIT_S:g} s")
        time.sleep(0.05)
