"""A page from its address to its picture."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.fetching.addresses import BlockedAddress, Lookup, look_up
from nightdesk.providers.images.protocol import Readiness
from nightdesk.providers.screenshots.addresses import WEB_PORTS, Place, place_of, read_address
from nightdesk.providers.screenshots.browser import (
    HOME_PREFIX,
    ensure_browser,
    launch_options,
    remove_left_homes,
    runs_as_root,
)
from nightdesk.providers.screenshots.faults import explain_failure, explain_start
from nightdesk.providers.screenshots.proxy import FilteringProxy

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Dialog, Page

T = TypeVar("T")

#: Tallest picture in pixels; pages without end stop here.
MAX_HEIGHT: Final = 8000
#: What one page may fetch, with all that it shows.
MAX_BYTES: Final = 60_000_000
#: Seconds for the page to load; afterwards it is shown as far as it came.
_LOAD_S: Final = 20.0
#: Seconds that a loaded page gets to come to rest: late fonts, pictures below, animations that begin.
_REST_S: Final = 2.5
_PICTURE_S: Final = 15.0
#: Seconds that the browser gets to close by itself; then its process is ended with Playwright's.
_CLOSE_S: Final = 2.0
_LOOK_EVERY_S: Final = 0.1
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page, in a window of which size in pixels; `full_page`: down to its end, or to `MAX_HEIGHT`."""

    url: str
    width: int = 1280
    height: int = 800
    full_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A picture of a page as PNG. `url` is where redirects led; `status` is what its server answered."""

    png: bytes
    url: str
    title: str
    status: int
    warnings: tuple[str, ...] = ()


class PageCamera:
    """Takes pictures of public pages. For tests alone: `allowed` places beyond them, other `ports`, another `lookup`."""

    def __init__(
        self,
        *,
        allowed: frozenset[Place] = frozenset(),
        ports: frozenset[int] = WEB_PORTS,
        lookup: Lookup = look_up,
    ) -> None:
        self.allowed = allowed
        self._ports = ports
        self._lookup = lookup

    def ready(self) -> Readiness:
        """Say whether there is a browser; starts nothing."""
        try:
            ensure_browser()
        except Misconfigured as missing:
            return Readiness(is_ready=False, missing=(missing.setting,), detail=missing.public_message)
        return Readiness(is_ready=True)

    def capture(
        self, request: PageRequest, *, check: Callable[[], None], progress: Callable[[int, str], None]
    ) -> Capture:
        """Open a page and take its picture; whatever `check` or `progress` raises closes the browser at once.

        Raises:
            InvalidInput: it is no web address. BlockedAddress: it leads, or is led, to a private network.
            Misconfigured: there is no browser. Transient, Permanent: the page does not come.
        """
        url = read_address(request.url, allowed=self.allowed, ports=self._ports)
        ensure_browser()
        check()
        return asyncio.run(_watch(self._take(replace(request, url=url), progress), check))

    async def _take(self, request: PageRequest, progress: Callable[[int, str], None]) -> Capture:
        progress(5, "Starting the browser")
        proxy = FilteringProxy(max_bytes=MAX_BYTES, allowed=self.allowed, ports=self._ports, lookup=self._lookup)
        async with proxy:
            if place := place_of(request.url):
                await proxy.addresses(place)  # refused before a browser is started for it
            return await self._take_through(proxy, request, progress)

    async def _take_through(
        self, proxy: FilteringProxy, request: PageRequest, progress: Callable[[int, str], None]
    ) -> Capture:
        async with _open_browser(proxy.port) as browser:
            context = await _open_context(browser, request)
            page = await context.new_page()
            _turn_away(context, page)
            progress(25, "Loading the page")
            status, warnings = await _load(page, request.url, proxy)
            progress(70, "Taking the picture")
            png, cut = await _photograph(page, request)
            return Capture(
                png=png,
                url=page.url,
                title=await _title_of(page),
                status=status,
                warnings=(*warnings, *cut, *_describe_walls(proxy)),
            )


async def _watch(work: Coroutine[Any, Any, T], check: Callable[[], None]) -> T:
    """Await work while asking `check`, which may raise: then the work is cancelled, and cleans up after itself."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_LOOK_EVERY_S))[0]:
            check()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def _open_browser(proxy_port: int) -> "AsyncIterator[Browser]":
    """Run Chromium for a while. It ends with Playwright's process, and that with ours, however ours ends."""
    from playwright.async_api import Error, async_playwright

    await asyncio.to_thread(remove_left_homes, Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=HOME_PREFIX, ignore_cleanup_errors=True) as home:
        options = launch_options(proxy_port=proxy_port, home=Path(home), is_root=runs_as_root())
        async with async_playwright() as playwright:
            try:
                browser = await playwright.chromium.launch(**options)
            except Error as error:
                raise explain_start(error.message) from error
            try:
                yield browser
            finally:
                with contextlib.suppress(Error, TimeoutError):
                    await asyncio.wait_for(browser.close(), _CLOSE_S)


async def _open_context(browser: "Browser", request: PageRequest) -> "BrowserContext":
    return await browser.new_context(
        viewport={"width": request.width, "height": request.height},
        accept_downloads=False,
        service_workers="block",
        reduced_motion="reduce",
        color_scheme="light",
        locale="en-US",
        timezone_id="UTC",
        permissions=[],
    )


def _turn_away(context: "BrowserContext", page: "Page") -> None:
    """Answer dialogs with no, and close every window that the page opens."""
    pending: set[asyncio.Future[None]] = set()

    def later(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(_quietly(work))
        pending.add(task)
        task.add_done_callback(pending.discard)

    def dismiss(dialog: "Dialog") -> None:
        later(dialog.dismiss())

    page.on("dialog", dismiss)
    context.on("page", lambda other: later(other.close()) if other is not page else None)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    from playwright.async_api import Error

    with contextlib.suppress(Error):
        await work


async def _load(page: "Page", url: str, proxy: FilteringProxy) -> tuple[int, list[str]]:
    """Open the page and wait until it is there; return its server's status and what is to be said."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as TooSlow

    began = time.monotonic()
    try:
        response = await page.goto(url, wait_until="commit", timeout=_LOAD_S * 1000)
    except Error as error:
        _raise_wall(proxy, place_of(url), failed=True)
        raise explain_failure(error.message) from error
    warnings = []
    left_s = max(1.0, _LOAD_S - (time.monotonic() - began))
    try:
        await page.wait_for_load_state("load", timeout=left_s * 1000)
        with contextlib.suppress(TooSlow):
            await page.wait_for_load_state("networkidle", timeout=_REST_S * 1000)
    except TooSlow:
        warnings.append(f"The page had not finished loading after {_LOAD_S:.0f} s and is shown as far as it came.")
    shown = place_of(page.url)  # none where the browser shows an error of its own
    _raise_wall(proxy, shown, failed=shown is None)
    status = response.status if response is not None else 0
    if status >= HTTPStatus.BAD_REQUEST:
        warnings.append(f"The page's server answered with the error {status}.")
    return status, warnings


def _raise_wall(proxy: FilteringProxy, place: Place | None, *, failed: bool) -> None:
    """Raise what the proxy knows of the page itself; what it knows of the page's parts is for the warnings."""
    if place in proxy.refused:
        raise proxy.refused[place]
    if place in proxy.unreached:
        raise proxy.unreached[place]
    if failed and proxy.refused:  # a step on the way was not taken, and the browser does not say where to
        raise next(iter(proxy.refused.values()))


async def _photograph(page: "Page", request: PageRequest) -> tuple[bytes, list[str]]:
    from playwright.async_api import TimeoutError as TooSlow

    warnings: list[str] = []
    try:
        if not request.full_page:
            return await page.screenshot(type="png", animations="disabled", timeout=_PICTURE_S * 1000), warnings
        script = "() => Math.max(document.documentElement.scrollHeight, document.body ? document.body.scrollHeight : 0)"
        height = int(await asyncio.wait_for(page.evaluate(script), _PICTURE_S))
        if height > MAX_HEIGHT:
            warnings.append(f"The page is {height} pixels tall; the picture ends after {MAX_HEIGHT}.")
        clip: Any = {"x": 0, "y": 0, "width": request.width, "height": min(max(height, request.height), MAX_HEIGHT)}
        picture = page.screenshot(
            type="png", full_page=True, clip=clip, animations="disabled", timeout=_PICTURE_S * 1000
        )
        return await picture, warnings
    except (TooSlow, TimeoutError) as error:
        raise Permanent("The page keeps its browser too busy for a picture. Try another page.") from error


async def _title_of(page: "Page") -> str:
    from playwright.async_api import Error

    with contextlib.suppress(Error, TimeoutError):
        return await asyncio.wait_for(page.title(), 1.0)
    return ""


def _describe_walls(proxy: FilteringProxy) -> list[str]:
    warnings = []
    if proxy.refused:
        named = sorted({host for host, _ in proxy.refused})
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        warnings.append(
            f"Parts of the page were left out, for they are not public: {', '.join(named[:_MOST_NAMED])}{more}."
        )
    if proxy.is_full:
        warnings.append(f"The page is larger than {MAX_BYTES // 1_000_000} MB; the rest was left out.")
    return warnings


__all__ = ["MAX_BYTES", "MAX_HEIGHT", "BlockedAddress", "Capture", "PageCamera", "PageRequest"]
