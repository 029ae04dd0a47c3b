"""Fetching by address: nothing private is reached by any trick, and what is fetched has an end."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from nightdesk.core.errors import NightdeskError, Permanent, Transient
from nightdesk.engine.interrupts import Cancelled
from nightdesk.providers.fetching.addresses import BlockedAddress, UnknownHost
from nightdesk.providers.fetching.fetch import TooLarge, fetch
from tests.contract.text.asking import walk_chain
from tests.support.text_server import Wire
from tests.support.vendor_server import Request, VendorServer, hang, say, send_raw

PICTURE = b"picture" * 100


class FileServer(VendorServer):
    """Gives a file out."""

    routes: ClassVar[tuple[tuple[str, str, str], ...]] = (("file", "GET", "/.*"),)

    def answer_file(self, wire: Wire, request: Request) -> None:
        send_raw(PICTURE)(self, wire, request)

    @property
    def origin(self) -> tuple[str, str, int]:
        return "http", "127.0.0.1", int(self.root.rpartition(":")[2])


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server


def get(url: str, server: FileServer | None = None, **given: Any) -> bytes:
    options: dict[str, Any] = {"max_bytes": 10_000, "timeout_s": 2.0, "deadline_s": 3.0, **given}
    return fetch(url, own_origin=server.origin if server else None, **options)


def fail(url: str, server: FileServer | None = None, **given: Any) -> NightdeskError:
    with pytest.raises(NightdeskError) as caught:
        get(url, server, **given)
    assert {type(error).__module__.split(".")[0] for error in walk_chain(caught.value)} == {"nightdesk"}
    return caught.value


def test_file_on_the_operators_own_server_is_fetched(server: FileServer) -> None:
    assert get(f"{server.root}/a.png?x=1", server) == PICTURE


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a",
        "http://localhost/a",
        "http://[::1]/a",
        "http://[::ffff:127.0.0.1]/a",
        "http://[64:ff9b::7f00:1]/a",
        "http://[fe80::1%25lo]/a",
        "http://0.0.0.0/a",
        "http://0/a",
        "http://127.1/a",
        "http://2130706433/a",
        "http://0x7f000001/a",
        "http://017700000001/a",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/a",
        "http://100.64.0.1/a",
        "http://\u2460\u2461\u2466.0.0.1/a",
        "https://192.168.0.1/a",
        "http://user:pw@8.8.8.8/a",
        "http://8.8.8.8:22/a",
        "http://8.8.8.8:8080/a",
        "ftp://8.8.8.8/a",
        "file:///etc/passwd",
        "gopher://8.8.8.8/a",
        "//8.8.8.8/a",
        "a.png",
        "http://",
        "http://[",
        "",
    ],
)
def test_address_that_is_not_public_is_blocked(url: str) -> None:
    assert type(fail(url)) in (BlockedAddress, UnknownHost)


def test_other_port_of_the_operators_own_host_is_blocked(server: FileServer) -> None:
    assert type(fail("http://127.0.0.1:1/a", server)) is BlockedAddress


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/a", "http://[::1]/a", "file:///etc/passwd", "http://u:p@8.8.8.8/"]
)
def test_redirect_is_held_to_the_same_rules(server: FileServer, target: str) -> None:
    server.plan("file", say(302, "", Location=target))

    assert type(fail(f"{server.root}/a", server)) is BlockedAddress


def test_redirect_on_the_own_server_is_followed(server: FileServer) -> None:
    server.plan("file", say(301, "", Location="/b"))

    assert get(f"{server.root}/a", server) == PICTURE
    assert [request.path for request in server.requests] == ["/a", "/b"]


def test_redirects_without_end_have_one(server: FileServer) -> None:
    server.plan("file", *[say(302, "", Location="/again")] * 9)

    assert "sends its reader on again and again" in str(fail(f"{server.root}/a", server))
    assert server.count("file") == 4


def test_connection_goes_to_the_very_address_that_was_checked(server: FileServer) -> None:
    asked: list[tuple[str, int]] = []

    def rebind(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    _, _, port = server.origin
    origin = ("http", "pictures.example", port)

    found = fetch(
        f"http://pictures.example:{port}/a",
        max_bytes=10_000,
        timeout_s=2,
        deadline_s=3,
        own_origin=origin,
        lookup=rebind,
    )

    assert found == PICTURE
    assert asked == [("pictures.example", port)]  # a second question could be answered otherwise
    assert server.requests[0].headers["host"] == f"pictures.example:{port}"


def test_name_that_turns_private_on_a_second_hop_is_blocked(server: FileServer) -> None:
    _, _, port = server.origin
    server.plan("file", say(302, "", Location="http://rebinding.example/a"))

    error = fail(f"http://127.0.0.1:{port}/a", server, lookup=lambda _host, _port: ["127.0.0.1"])

    assert type(error) is BlockedAddress
    assert server.count("file") == 1


def test_name_with_a_private_address_behind_a_public_one_is_blocked() -> None:
    assert type(fail("http://two.example/a", lookup=lambda _host, _port: ["8.8.8.8", "127.0.0.1"])) is BlockedAddress


@pytest.mark.parametrize(
    ("size", "kept"), [(10_000, True), (10_001, False), (2_000_000, False)], ids=["at", "above", "flood"]
)
def test_file_ends_at_the_most_that_is_read(server: FileServer, size: int, kept: bool) -> None:
    server.plan("file", send_raw(b"x" * size))

    if kept:
        assert len(get(f"{server.root}/a", server)) == size
    else:
        assert type(fail(f"{server.root}/a", server)) is TooLarge


def test_compressed_file_is_not_unpacked(server: FileServer) -> None:
    server.plan("file", send_raw(b"\x1f\x8b" + b"0" * 100, Content_Encoding="gzip"))

    assert type(fail(f"{server.root}/a", server)) is Transient


def drip(_server: VendorServer, wire: Wire, _request: Request) -> None:
    wire.send_head(200, {"Content-Length": "100000"})
    while not wire.wait_gone(0.05):
        wire.send_bytes(b"x")


@pytest.mark.parametrize("fault", [hang, drip])
def test_slow_server_ends_with_the_deadline(server: FileServer, fault: Callable[..., None]) -> None:
    server.plan("file", fault)

    error = fail(f"{server.root}/a", server, deadline_s=0.5)

    assert type(error) is Transient
    assert "was too slow" in str(error)


def test_cancel_ends_a_hanging_fetch(server: FileServer) -> None:
    server.plan("file", hang)
    is_asked = threading.Event()

    def check() -> None:
        if server.received:
            is_asked.set()
            raise Cancelled

    with pytest.raises(Cancelled):
        get(f"{server.root}/a", server, check=check, deadline_s=30.0, timeout_s=30.0)
    assert is_asked.is_set()


@pytest.mark.parametrize(("status", "kind"), [(404, Permanent), (403, Permanent), (429, Transient), (503, Transient)])
def test_file_that_is_not_given_out(server: FileServer, status: int, kind: type[NightdeskError]) -> None:
    server.plan("file", say(status, "no"))

    assert type(fail(f"{server.root}/a", server)) is kind
