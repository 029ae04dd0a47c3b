"""How soon a change in the database is on the screen of a real browser."""

import json
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Page

from benchmarks.figures.posting import CAMPAIGN
from benchmarks.lab import Lab, open_lab
from benchmarks.numbers import percentile, write_percentiles
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.fault.live_reader import sign_in
from tests.support.chromium import open_browser, open_page
from tests.support.nightdesk import Broker, Database

WANTED_S: Final = 1.0
LIMIT_MS: Final = 30_000
STACKS: Final[tuple[tuple[Database, Broker], ...]] = (("postgres", "redis"), ("sqlite", "files"))
#: Notes when each version of the job is first seen in its chip: both clocks are this machine's.
_WATCH: Final = """
(job) => {
  window.seen = {};
  const look = () => document.querySelectorAll(`[data-job="${job}"]`).forEach((chip) => {
    window.seen[chip.dataset.version] ??= Date.now() / 1000;
  });
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}
"""


def measure(scale: Scale) -> Iterator[Figure]:
    """Change a campaign's job, progress and state in turn, and watch its page."""
    for database, broker in STACKS:
        with open_lab(database, broker) as lab, open_browser() as browser, open_page(browser) as page:
            delays = _watch(lab, page, scale.screen_changes)
        yield Figure(
            what=f"a change in the database until it is on the screen, {database}, every second one a change of state",
            reach=f"p95 < {WANTED_S * 1000:.0f} ms, aim 250 ms",
            ours=f"{write_percentiles(delays, '.0f')}, longest {max(delays) * 1000:.0f} ms of {len(delays)}",
            met=percentile(delays, 0.95) < WANTED_S,
        )


def _watch(lab: Lab, page: Page, changes: int) -> list[float]:
    made = lab.submit("campaigns", count=1, **CAMPAIGN)
    web = lab.web().wait_ready()
    name, _, value = sign_in(lab).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": web.url}])
    page.goto(f"{web.url}/campaigns/{made['campaign']}/")
    page.locator("[data-live][data-is=live]").wait_for(state="attached")
    page.evaluate(_WATCH, made["job"])
    committed: dict[str, float] = lab.submit("changes", job_id=made["job"], count=changes)["committed_at"]
    last = max(committed, key=int)
    page.wait_for_function("(last) => window.seen[last]", arg=last, timeout=LIMIT_MS)
    seen: dict[str, float] = json.loads(page.evaluate("JSON.stringify(window.seen)"))
    # A version that was overtaken by the next before it was drawn is on the screen with that one.
    moments = sorted((int(version), at) for version, at in seen.items())
    return [
        min(at for version, at in moments if version >= int(wanted)) - at_commit
        for wanted, at_commit in committed.items()
    ]
