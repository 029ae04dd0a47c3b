"""Screenshots: how long a page takes, the start of a browser included."""

import time
from collections.abc import Iterator
from typing import Final

from benchmarks.photographs import Plan
from benchmarks.table import Figure
from nightdesk.providers.screenshots.camera import PageCamera, PageRequest
from tests.support.sites import Answer, Site

WANTED_S: Final = 2.5
_PARAGRAPH: Final = (
    "<p>A page of ordinary length, with words that have to be set and boxes that have to be laid out.</p>"
)
_PAGE: Final = (
    "<!doctype html><title>A page</title><link rel=stylesheet href=/style.css>"
    f"<h1>A page</h1><main>{_PARAGRAPH * 200}</main><script src=/later.js></script>"
)


def measure(plan: Plan) -> Iterator[Figure]:
    """Take pictures of a page on this machine, whose own load takes next to nothing, each with a browser of its own."""
    if not PageCamera().ready().is_ready:
        yield Figure(what="screenshot", reach="", ours="there is no Chromium here")
        return
    answers: dict[str, Answer | str] = {
        "/": _PAGE,
        "/style.css": Answer("p { columns: 2 }", headers={"Content-Type": "text/css"}),
    }
    answers["/later.js"] = Answer("document.title = 'Done'", headers={"Content-Type": "text/javascript"})
    with Site(answers) as site:
        camera = PageCamera(allowed=frozenset({("127.0.0.1", site.port)}))
        for full_page in (False, True):
            request = PageRequest(url=f"http://127.0.0.1:{site.port}/", full_page=full_page)
            took = [_take(camera, request) for _ in range(plan.repetitions + 1)]
            yield Figure(
                what=f"screenshot of {'a whole page' if full_page else 'a window of 1280 x 800'}, browser started for it",
                reach=f"<= {WANTED_S:g} s beside the page's own load",
                ours=f"{min(took):.2f} s (slowest of {len(took)}: {max(took):.2f} s)",
                met=min(took) <= WANTED_S,
            )


def _take(camera: PageCamera, request: PageRequest) -> float:
    began = time.perf_counter()
    camera.capture(request, check=lambda: None, progress=lambda *_: None)
    return time.perf_counter() - began
