"""From nothing to the first finished job, as a person would do it, and what the whole system holds when it idles."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.figures.memory import sum_pss_bytes
from benchmarks.figures.posting import CAMPAIGN
from benchmarks.scale import Scale
from benchmarks.table import Figure
from tests.support.environment import complete_environment
from tests.support.processes import (
    Process,
    find_free_port,
    make_folder,
    remove_folder,
    start_process,
    wait_until,
)

WANTED_S: Final = 12.0
WANTED_MB: Final = 600.0
LIMIT_S: Final = 90.0
_LINK: Final = re.compile(r"http://\S+/sign-in/\S+")
_FINAL: Final = ("completed", "failed")


def measure(scale: Scale) -> Iterator[Figure]:
    """Run `nightdesk up` on an empty folder, sign in with the link that it prints, send a brief, wait for the content."""
    folder = make_folder("up")
    began = time.monotonic()
    up = _start(folder)
    try:
        link = _wait_for_link(up)
        greeted_s = time.monotonic() - began
        _write_first_campaign(link)
        took_s = time.monotonic() - began
        yield Figure(
            what="`make up`, after install, to the first finished job: embedded, empty folder, sign-in and brief included",
            reach=f"< {WANTED_S:g} s",
            ours=f"{took_s:.1f} s (the link was printed after {greeted_s:.1f} s)",
            met=took_s < WANTED_S,
        )
        time.sleep(scale.idle_s)
        yield _describe_memory(up, scale.idle_s)
    finally:
        up.stop()
        remove_folder(folder)


def _start(folder: Path) -> Process:
    # What `make up` runs once everything is installed.
    command = [sys.executable, "-m", "nightdesk.cli", "up", "--port", str(find_free_port())]
    command += ["--data-dir", str(folder / "data")]
    return start_process("nightdesk up", command, log=folder / "up.log", env=complete_environment({}), cwd=folder)


def _wait_for_link(up: Process) -> str:
    def find() -> str:
        up.ensure_alive()
        found = _LINK.search(up.printed())
        return found[0] if found else ""

    return wait_until(find, LIMIT_S, lambda: f"nightdesk up prints a sign-in link\n{up.tail()}")


def _write_first_campaign(link: str) -> None:
    base = link.partition("/sign-in/")[0]
    with httpx2.Client(base_url=base, timeout=10, follow_redirects=True) as client:
        _expect(client.get(link))
        signed_in = client.post(link, data={"csrfmiddlewaretoken": client.cookies["csrftoken"]})
        _expect(signed_in)
        headers = {"X-CSRFToken": client.cookies["csrftoken"], "Origin": base}
        made = _expect(client.post("/api/campaigns/", json=CAMPAIGN, headers=headers)).json()

        def status() -> str:
            shown = _expect(client.get(f"/api/campaigns/{made['id']}/")).json()["ai_processing_status"]
            return shown if shown in _FINAL else ""

        if wait_until(status, LIMIT_S, "the first campaign is written") != "completed":
            raise RuntimeError("the first campaign could not be written")


def _expect(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}")
    return answer


def _describe_memory(up: Process, idle_s: float) -> Figure:
    held = sum_pss_bytes(up)
    parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in sorted(held.items(), key=lambda part: -part[1]))
    total_mb = sum(held.values()) / 1e6
    return Figure(
        what=f"idle memory (PSS) of the whole embedded system, {idle_s:g} s after its first job",
        reach=f"< {WANTED_MB:g} MB",
        ours=f"{total_mb:.0f} MB ({parts})",
        met=total_mb < WANTED_MB,
    )
