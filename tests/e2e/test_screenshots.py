"""Pictures of pages by a real Chromium, and every way in which a page may try to reach what is not public."""

import io
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from nightdesk.core.errors import InvalidInput, Permanent, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress
from nightdesk.providers.images.protocol import Readiness
from nightdesk.providers.screenshots.browser import launch_options
from nightdesk.providers.screenshots.camera import MAX_HEIGHT, Capture, PageCamera, PageRequest
from tests.docs.pages import ROOT
from tests.support.environment import clean_environment
from tests.support.processes import start_process, wait_until
from tests.support.sites import Answer, Site
from tests.support.works import RecordedWork, Stopped

pytestmark = pytest.mark.browser

RED = "<title>Red</title><body style='margin:0;background:#ff0000'>"


@pytest.fixture
def site() -> Iterator[Site]:
    """Give the one place that a camera of `look` may visit."""
    with Site() as running:
        yield running


@pytest.fixture
def inner() -> Iterator[Site]:
    """Give a site that nothing may ever reach."""
    with Site({"/": RED}) as running:
        yield running


def camera_for(site: Site, *inner: Site) -> PageCamera:
    """Make a camera that may visit the site. The inner ones' ports pass, so that only their address keeps them safe."""
    ports = frozenset({80, 443, *(one.port for one in inner)})
    return PageCamera(allowed=frozenset({("127.0.0.1", site.port)}), ports=ports)


def look(camera: PageCamera, url: str, work: RecordedWork | None = None, **request: Any) -> Capture:
    work = work or RecordedWork()
    wanted = {"width": 400, "height": 300} | request
    return camera.capture(PageRequest(url=url, **wanted), check=work.check, progress=work.progress)


def open_png(capture: Capture) -> Image.Image:
    return Image.open(io.BytesIO(capture.png)).convert("RGB")


def test_page_is_shown_in_the_window_asked_for_with_its_title(site: Site) -> None:
    site.answers |= {"/": Answer(status=302, headers={"Location": "/red"}), "/red": RED}
    work = RecordedWork()
    capture = look(camera_for(site), f"{site.url}/", work)
    picture = open_png(capture)
    assert (picture.size, picture.getpixel((5, 5)), picture.getpixel((395, 295))) == ((400, 300), *((255, 0, 0),) * 2)
    assert (capture.title, capture.url, capture.status, capture.warnings) == ("Red", f"{site.url}/red", 200, ())
    assert work.messages == ["Starting the browser", "Loading the page", "Taking the picture"]


def test_full_page_ends_at_the_most_height_and_errors_of_servers_are_told(site: Site) -> None:
    site.answers["/"] = Answer(f"{RED}<div style='height:20000px'>", status=404)
    capture = look(camera_for(site), f"{site.url}/", full_page=True)
    assert open_png(capture).size == (400, MAX_HEIGHT)
    assert capture.warnings == (
        "The page's server answered with the error 404.",
        f"The page is 20000 pixels tall; the picture ends after {MAX_HEIGHT}.",
    )


TRICKS = """
<body style='margin:0;background:#00ff00'>
<img src="http://{inner}/img"><img src="http://localhost:{port}/img"><img src="http://[::1]:{port}/img">
<img src="http://0.0.0.0:{port}/img"><img src="http://2130706433:{port}/img"><img src="http://0x7f.1:{port}/img">
<img src="/redirect"><link rel="stylesheet" href="http://{inner}/css"><link rel="prefetch" href="http://{inner}/fetch">
<script src="http://127.1:{port}/js"></script>
<iframe src="http://{inner}/frame"></iframe><iframe src="file:///etc/hostname"></iframe>
<iframe src="view-source:http://{inner}/source"></iframe>
<form id="form" method="post" target="_blank" action="http://{inner}/post"></form>
<script>
  fetch("http://{inner}/fetch", {{mode: "no-cors"}}).catch(() => 0);
  navigator.sendBeacon("http://{inner}/beacon", "x");
  try {{ new WebSocket("ws://{inner}/socket"); }} catch (e) {{}}
  try {{ new EventSource("http://{inner}/events"); }} catch (e) {{}}
  try {{ new WebTransport("https://127.0.0.1:{udp}/"); }} catch (e) {{}}
  new Worker(URL.createObjectURL(new Blob(["fetch('http://{inner}/worker', {{mode: 'no-cors'}})"])));
  const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{udp}"}}]}});
  peer.createDataChannel("x"); peer.createOffer().then(offer => peer.setLocalDescription(offer));
  window.open("http://{inner}/popup"); document.getElementById("form").submit();
  const link = document.createElement("a");
  link.href = "/download"; link.download = "x"; document.body.append(link); link.click();
  setTimeout(() => alert("Stay?"), 0);
</script>
"""


def test_nothing_of_a_page_reaches_a_private_address(site: Site, inner: Site) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        place = f"127.0.0.1:{inner.port}"
        site.answers |= {
            "/": TRICKS.format(inner=place, port=inner.port, udp=udp.getsockname()[1]),
            "/redirect": Answer(status=302, headers={"Location": f"http://{place}/redirected"}),
            "/download": Answer("x" * 10, headers={"Content-Disposition": "attachment"}),
        }
        capture = look(camera_for(site, inner), f"{site.url}/")
        with pytest.raises(BlockingIOError):
            udp.recv(1)
    assert inner.hits == []
    assert open_png(capture).getpixel((399, 299)) == (0, 255, 0)
    assert [warning.partition(":")[0] for warning in capture.warnings] == [
        "Parts of the page were left out, for they are not public"
    ]
    assert {"0.0.0.0", "127.0.0.1", "::1", "localhost"} <= set(capture.warnings[0].partition(": ")[2][:-1].split(", "))
    assert "/redirect" in site.hits


@pytest.mark.parametrize("way", ["redirect", "script", "refresh"])
def test_page_that_sends_its_reader_to_a_private_address_is_refused(site: Site, inner: Site, way: str) -> None:
    target = f"http://localhost:{inner.port}/"
    answers: dict[str, Answer | str] = {
        "redirect": Answer(status=307, headers={"Location": target}),
        "script": f"<script>location.href = '{target}'</script>",
        "refresh": f"<meta http-equiv='refresh' content='0; url={target}'>",
    }
    site.answers["/"] = answers[way]
    with pytest.raises(BlockedAddress):
        look(camera_for(site, inner), f"{site.url}/")
    assert inner.hits == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"]
)
def test_page_on_a_private_address_is_refused_before_a_browser_starts(inner: Site, host: str) -> None:
    work = RecordedWork()
    with pytest.raises(BlockedAddress):
        look(PageCamera(ports=frozenset({inner.port})), f"http://{host}:{inner.port}/", work)
    assert (inner.hits, work.messages) == ([], ["Starting the browser"])


def test_name_with_one_private_address_among_public_ones_is_refused(inner: Site) -> None:
    camera = PageCamera(ports=frozenset({inner.port}), lookup=lambda *_: ["93.184.215.14", "127.0.0.1"])
    with pytest.raises(BlockedAddress):
        look(camera, f"http://rebound.example:{inner.port}/")
    assert inner.hits == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "file:///etc/hostname",
        "data:text/html,hello",
        "view-source:http://example.com/",
        "javascript:alert(1)",
        "ftp://example.com/",
        "http://",
        "http://[::1",
        "http://user:word@example.com/",
        "http://example.com:22/",
        "http://example.com:99999/",
        "http://example.com\\@127.0.0.1/",
        "http://exam\nple.com/",
        "http://exam ple.com/",
        f"http://example.com/{'x' * 2048}",
    ],
)
def test_address_that_is_none_of_a_page_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        look(PageCamera(), url)
    assert list(caught.value.details) == ["url"]


def test_site_that_does_not_answer_is_tried_again_and_a_file_is_not(site: Site) -> None:
    with Site() as gone:
        pass
    with pytest.raises(Transient, match="did not answer"):
        look(camera_for(gone), f"{gone.url}/")
    site.answers["/"] = Answer("x", headers={"Content-Disposition": "attachment; filename=x.bin"})
    with pytest.raises(Permanent, match="a file to be downloaded"):
        look(camera_for(site), f"{site.url}/")


def test_cancel_closes_the_browser_at_once(site: Site) -> None:
    site.answers |= {"/": "<body><img src='/late'>", "/late": Answer(stays_silent=True)}
    before = set(psutil.Process().children(recursive=True))
    asked_at: list[float] = []

    def is_over(_: RecordedWork) -> bool:
        if "/late" in site.hits:
            asked_at.append(time.monotonic())
        return bool(asked_at)

    with pytest.raises(Stopped):
        look(camera_for(site), f"{site.url}/", RecordedWork(stop_when=is_over))
    assert time.monotonic() - asked_at[0] < 3  # a bound against hanging; the figure is in the benchmarks
    assert {one for one in psutil.Process().children(recursive=True) if one.is_running()} - before == set()


SHOOT = """
import sys
from nightdesk.providers.screenshots.camera import PageCamera, PageRequest
port = int(sys.argv[1])
camera = PageCamera(allowed=frozenset({("127.0.0.1", port)}))
camera.capture(PageRequest(url=f"http://127.0.0.1:{port}/"), check=lambda: None, progress=lambda *_: None)
"""


@pytest.mark.parametrize("driver_dies_too", [False, True])
def test_no_browser_outlives_a_killed_worker(site: Site, tmp_path: Path, driver_dies_too: bool) -> None:
    site.answers |= {"/": "<body><img src='/late'>", "/late": Answer(stays_silent=True)}
    worker = start_process(
        "worker",
        [sys.executable, "-c", SHOOT, str(site.port)],
        log=tmp_path / "log",
        env=clean_environment(),
        cwd=ROOT,
    )
    try:
        wait_until(lambda: "/late" in site.hits, 30, lambda: f"the page is open\n{worker.tail()}")
        family = psutil.Process(worker.pid).children(recursive=True)
        assert [one for one in family if "chrom" in one.name()] != []
        doomed = [psutil.Process(worker.pid), *(one for one in family if driver_dies_too and one.name() == "node")]
        for one in doomed:
            one.send_signal(signal.SIGKILL)
        worker.popen.wait(10)
        wait_until(lambda: not any(_lives(one) for one in family), 15, lambda: f"all are gone: {family}")
    finally:
        worker.kill9()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_sandbox_is_on_unless_root_and_the_browser_gets_none_of_our_environment(tmp_path: Path) -> None:
    options = {is_root: launch_options(proxy_port=1, home=tmp_path, is_root=is_root) for is_root in (True, False)}
    assert {is_root: one["chromium_sandbox"] for is_root, one in options.items()} == {True: False, False: True}
    assert sorted(options[False]["env"]) == ["HOME", "LANG", "PATH", "TMPDIR", "TZ"]


def test_ready_where_chromium_is() -> None:
    assert PageCamera().ready() == Readiness(is_ready=True)
