"""Sockets whose every wait looks at the clock and the cancel: while they connect, shake hands, write and read."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from nightdesk.engine.interrupts import Cancelled
from nightdesk.providers.wire.transport import WatchedTransport
from nightdesk.providers.wire.watch import Flooded, OutOfTime, Watch


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Give a listener that never accepts: connections wait in its line, what is written to them fills buffers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as listener:
        yield listener


def put(address: tuple[str, int], watch: Watch, *, scheme: str = "http", size: int = 0, **given: Any) -> None:
    client = httpx2.Client(transport=WatchedTransport(watch, **given), trust_env=False, timeout=30.0)
    with client:
        client.post(f"{scheme}://{address[0]}:{address[1]}/", content=b"x" * size)


def stop_after(seconds: float) -> Callable[[], None]:
    begun = time.monotonic()

    def check() -> None:
        if time.monotonic() - begun > seconds:
            raise Cancelled

    return check


@pytest.mark.parametrize(
    ("scheme", "size"), [("http", 0), ("http", 64 * 1024 * 1024), ("https", 0)], ids=["read", "write", "handshake"]
)
def test_cancel_ends_a_wait_within_a_second(deaf: socket.socket, scheme: str, size: int) -> None:
    begun = time.monotonic()

    with pytest.raises(Cancelled):
        put(deaf.getsockname(), Watch(limit_s=30, on_tick=stop_after(0.1)), scheme=scheme, size=size)

    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    ("scheme", "size"), [("http", 0), ("http", 64 * 1024 * 1024), ("https", 0)], ids=["read", "write", "handshake"]
)
def test_deadline_ends_a_wait(deaf: socket.socket, scheme: str, size: int) -> None:
    with pytest.raises((OutOfTime, httpx2.TimeoutException)):
        put(deaf.getsockname(), Watch(limit_s=0.3), scheme=scheme, size=size)


def test_cancel_ends_a_lookup_that_hangs() -> None:
    let_go = threading.Event()

    def hang(_host: str, _port: int, _limit_s: float) -> list[str]:
        let_go.wait(30)
        return []

    try:
        with pytest.raises(Cancelled):
            put(("slow.example", 80), Watch(limit_s=30, on_tick=stop_after(0.1)), resolve=hang)
    finally:
        let_go.set()


def test_connection_that_comes_too_late_is_closed(deaf: socket.socket) -> None:
    host, port = deaf.getsockname()
    let_go = threading.Event()

    def hang(_host: str, _port: int, _limit_s: float) -> list[str]:
        let_go.wait(30)
        return [host]

    with pytest.raises(Cancelled):
        put(("slow.example", port), Watch(limit_s=30, on_tick=stop_after(0.1)), resolve=hang)
    let_go.set()

    deaf.settimeout(5)
    late, _ = deaf.accept()
    with closing(late):
        late.settimeout(5)
        assert late.recv(1) == b""


def test_next_address_is_tried_where_the_first_does_not_answer(deaf: socket.socket) -> None:
    _, port = deaf.getsockname()

    with pytest.raises((OutOfTime, httpx2.ReadTimeout)):  # connected, and then nobody says anything
        put(("two.example", port), Watch(limit_s=0.5), resolve=lambda *_: ["127.0.0.9", "127.0.0.1"])


def test_flood_ends() -> None:
    watch = Watch(limit_s=5, most_bytes=10)
    watch.count(10)

    with pytest.raises(Flooded):
        watch.count(1)
