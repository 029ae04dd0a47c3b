"""The proxy of screenshots by itself: what it passes on, and what it does not."""

import asyncio
from collections.abc import Iterator

import pytest

from nightdesk.providers.fetching.addresses import BlockedAddress
from nightdesk.providers.screenshots.proxy import FilteringProxy
from tests.support.sites import Answer, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/": "hello", "/large": "x" * 200_000}) as running:
        yield running


@pytest.fixture
def inner() -> Iterator[Site]:
    with Site({"/": "secret"}) as running:
        yield running


def proxy_for(site: Site, *, max_bytes: int = 1_000_000, ports: tuple[int, ...] = (80, 443)) -> FilteringProxy:
    place = ("127.0.0.1", site.port)
    return FilteringProxy(max_bytes=max_bytes, allowed=frozenset({place}), ports=frozenset(ports))


async def ask(proxy: FilteringProxy, *requests: str) -> bytes:
    """Send requests through the proxy on one connection and return all that comes back until it closes."""
    async with proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        for request in requests:
            writer.write(request.encode("latin-1") + b"\r\n\r\n")
        try:
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


def test_request_is_passed_on_as_the_last_of_its_connection(site: Site) -> None:
    answer = asyncio.run(ask(proxy_for(site), f"GET {site.url}/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: y"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (head.split(b"\r\n")[0].split(b" ")[1], head.split(b"\r\n")[-1], body) == (
        b"200",
        b"Connection: close",
        b"hello",
    )
    assert site.hits == ["/"]


def test_second_request_on_a_connection_reaches_nobody_else(site: Site, inner: Site) -> None:
    second = f"GET {inner.url}/ HTTP/1.1\r\nHost: x"
    answer = asyncio.run(ask(proxy_for(site), f"GET {site.url}/ HTTP/1.1\r\nHost: x", second))
    assert (answer.endswith(b"hello"), inner.hits) == (True, [])


@pytest.mark.parametrize("method", ["GET", "CONNECT"])
def test_private_address_is_refused_and_remembered(site: Site, inner: Site, method: str) -> None:
    proxy = proxy_for(site, ports=(inner.port,))
    target = f"{inner.url}/" if method == "GET" else f"127.0.0.1:{inner.port}"
    answer = asyncio.run(ask(proxy, f"{method} {target} HTTP/1.1\r\nHost: x"))
    assert (answer.split(b" ")[1], inner.hits) == (b"403", [])
    assert {place: type(error) for place, error in proxy.refused.items()} == {("127.0.0.1", inner.port): BlockedAddress}


def test_port_that_is_none_of_a_web_server_is_refused(site: Site, inner: Site) -> None:
    proxy = proxy_for(site)
    assert asyncio.run(ask(proxy, f"GET {inner.url}/ HTTP/1.1\r\nHost: x")).split(b" ")[1] == b"403"
    assert inner.hits == []


def test_page_gets_no_more_bytes_than_its_share(site: Site) -> None:
    proxy = proxy_for(site, max_bytes=50_000)
    answer = asyncio.run(ask(proxy, f"GET {site.url}/large HTTP/1.1\r\nHost: x"))
    assert proxy.is_full
    assert len(answer) < 150_000


def test_tunnel_passes_both_ways(site: Site) -> None:
    answer = asyncio.run(
        ask(proxy_for(site), f"CONNECT 127.0.0.1:{site.port} HTTP/1.1", "GET / HTTP/1.0\r\nHost: inside")
    )
    assert (answer.startswith(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.0 200"), answer.endswith(b"hello")) == (True, True)


@pytest.mark.parametrize(
    "request_line",
    ["GET / HTTP/1.1", "GET ftp://x/ HTTP/1.1", "CONNECT nothing HTTP/1.1", "\x00\xff", "GET http://[ HTTP/1.1"],
)
def test_what_is_no_request_is_answered_by_closing(site: Site, request_line: str) -> None:
    site.answers["/"] = Answer("never")
    assert asyncio.run(ask(proxy_for(site), request_line)) == b""
    assert site.hits == []
