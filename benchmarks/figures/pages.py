"""How soon a page is there, with thousands of campaigns, and how much travels on the first visit."""

import gzip
import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2

from benchmarks.figures.posting import CAMPAIGN
from benchmarks.lab import open_lab
from benchmarks.numbers import percentile
from benchmarks.scale import WARM_UPS, Scale
from benchmarks.table import Figure
from tests.fault.live_reader import sign_in
from tests.support.nightdesk import Broker, Database

WANTED_S: Final = 0.100
WANTED_BYTES: Final = 150_000
STACKS: Final[tuple[tuple[Database, Broker], ...]] = (("postgres", "redis"), ("sqlite", "files"))
PAGES: Final = (
    "/",
    "/campaigns/",
    "/campaigns/?page=300",
    "/campaigns/?q=desk&status=completed",
    "/campaigns/new/",
    "/campaigns/{campaign}/",
    "/campaigns/{campaign}/pieces/blog/edit/",
    "/campaigns/{campaign}/pieces/blog/versions/",
    "/brand-kits/",
    "/activity/",
    "/settings/",
    "/jobs/{job}/",
)
_ASSET: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')


def measure(scale: Scale) -> Iterator[Figure]:
    """Ask for each page again and again, one request at a time, as one person would."""
    for database, broker in STACKS:
        with open_lab(database, broker) as lab:
            made = lab.submit("campaigns", count=scale.campaigns, **CAMPAIGN)
            web, cookie = lab.web().wait_ready(), sign_in(lab)
            with httpx2.Client(base_url=web.url, headers={"Cookie": cookie}, timeout=30) as client:
                taken = {page: _load(client, page.format(**made), scale.page_loads) for page in PAGES}
        slowest = max(taken, key=lambda page: percentile(taken[page][0], 0.95))
        heaviest = max(taken, key=lambda page: taken[page][1])
        about = f"{len(PAGES)} pages with {scale.campaigns} campaigns, {database} + {broker}"
        p95_s = percentile(taken[slowest][0], 0.95)
        for page, (times, size) in taken.items():
            print(f"  {page}: p95 {percentile(times, 0.95) * 1000:.0f} ms, {size / 1000:.0f} KB", file=sys.stderr)
        yield Figure(
            what=f"{about}: server time of the slowest",
            reach=f"p95 < {WANTED_S * 1000:.0f} ms",
            ours=f"p95 {p95_s * 1000:.0f} ms ({slowest}, {scale.page_loads} times)",
            met=p95_s < WANTED_S,
        )
        yield Figure(
            what=f"{about}: transfer of the heaviest on a first visit, scripts and styles included",
            reach=f"<= {WANTED_BYTES // 1000} KB",
            ours=f"{taken[heaviest][1] / 1000:.0f} KB ({heaviest})",
            met=taken[heaviest][1] <= WANTED_BYTES,
        )


def _load(client: httpx2.Client, path: str, times: int) -> tuple[list[float], int]:
    """Return how long each load took, and the bytes of page and assets as they travel."""
    took: list[float] = []
    for number in range(WARM_UPS + times):
        began = time.perf_counter()
        answer = client.get(path)
        took.append(time.perf_counter() - began)
        if answer.status_code != httpx2.codes.OK:
            raise RuntimeError(f"GET {path} answered {answer.status_code}")
        if number == 0:
            size = _travelled(answer) + sum(
                _travelled(client.get(asset))
                for asset in set(_ASSET.findall(answer.text))
                if urlsplit(urljoin(path, asset)).path.startswith("/static/")
            )
    return took[WARM_UPS:], size


def _travelled(answer: httpx2.Response) -> int:
    """Bytes of headers and body, the body as it came: compressed only where the server did so."""
    raw = len(answer.content) if "content-encoding" not in answer.headers else len(gzip.compress(answer.content))
    return raw + len(json.dumps(dict(answer.headers)))
