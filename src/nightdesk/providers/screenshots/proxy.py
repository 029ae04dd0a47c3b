"""The browser's only way out: a proxy that looks each host up, refuses what is not public, and connects to what it checked.

It covers all of a page: redirects, frames, scripts that fetch, sockets, and names whose second answer differs from the
first. A host that was refused is remembered, so that people can be told.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from nightdesk.core.errors import NightdeskError, Transient
from nightdesk.providers.fetching.addresses import BlockedAddress, Lookup, look_up, resolve_public
from nightdesk.providers.screenshots.addresses import WEB_PORTS, Place

#: Bytes of a request's or an answer's head; cookies make them long.
_MOST_HEAD_BYTES: Final = 64 * 1024
_CHUNK_BYTES: Final = 64 * 1024
_LOOKUP_S: Final = 5.0
_CONNECT_S: Final = 8.0
_HEAD_S: Final = 20.0
#: Names looked up side by side; a page of many hosts waits for the others.
_LOOKUPS_AT_ONCE: Final = 8
_END_OF_HEAD: Final = b"\r\n\r\n"
#: Headers between two neighbours, which do not travel on (RFC 9110, 7.6.1); each connection serves one request.
_HOP_HEADERS: Final = (b"connection:", b"keep-alive:", b"proxy-", b"te:", b"trailer:", b"upgrade:")

_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FilteringProxy:
    """A proxy on a free loopback port, while its context lasts.

    `allowed` are exceptions, by host and port, `ports` those of web servers; both are other than usual for tests alone.

    `refused` and `unreached` say what became of hosts: not public, or public and without an answer.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        allowed: frozenset[Place] = frozenset(),
        ports: frozenset[int] = WEB_PORTS,
        lookup: Lookup = look_up,
    ) -> None:
        self.port = 0
        self.refused: dict[Place, BlockedAddress] = {}
        self.unreached: dict[Place, NightdeskError] = {}
        self._bytes_left = max_bytes
        self._allowed = allowed
        self._ports = ports
        self._lookup = lookup
        self._lookups = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="lookup")
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def is_full(self) -> bool:
        """Whether the page wanted more bytes than it may have."""
        return self._bytes_left <= 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MOST_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(_END_OF_HEAD), _HEAD_S)
            method, target, headers = _read_request(head)
            if method == b"CONNECT":
                await self._tunnel(target, reader, writer)
            else:
                await self._forward(method, target, headers, reader, writer)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            pass  # either side broke off or spoke no HTTP: closing is the answer
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def _tunnel(self, target: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = target.decode("ascii").rpartition(":")
        outer = await self._connect(host.strip("[]").lower(), int(port), writer)
        if outer is None:
            return
        try:
            writer.write(b"HTTP/1.1 200 OK" + _END_OF_HEAD)
            await _first_of(self._copy(reader, outer[1]), self._copy(outer[0], writer))
        finally:
            outer[1].close()

    async def _forward(
        self,
        method: bytes,
        target: bytes,
        headers: list[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        parts = urlsplit(target.decode("latin-1"))
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("not a web address")
        outer = await self._connect(parts.hostname, parts.port or 80, writer)
        if outer is None:
            return
        try:
            path = urlunsplit(("", "", parts.path or "/", parts.query, "")).encode("latin-1")
            outer[1].write(_write_head(b"%s %s HTTP/1.1" % (method, path), headers))
            sending = asyncio.ensure_future(self._copy(reader, outer[1], keep_open=True))
            try:
                await self._answer(outer[0], writer)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        finally:
            outer[1].close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass an answer on, as the last of its connection: the next request is checked anew, on one of its own."""
        while True:
            head = await asyncio.wait_for(reader.readuntil(_END_OF_HEAD), _HEAD_S)
            status, headers = _read_head(head)
            if not status.split(b" ", 2)[1].startswith(b"1"):  # 100 and 103 come before the answer itself
                break
        writer.write(_write_head(status, headers))
        await self._copy(reader, writer)

    async def _connect(self, host: str, port: int, writer: asyncio.StreamWriter) -> _Stream | None:
        """Connect to an address of the host that is public; else tell the browser, remember it and return None."""
        place = (host, port)
        try:
            return await self._reach(place)
        except BlockedAddress as error:
            self.refused[place] = error
            status = b"HTTP/1.1 403 Forbidden"
        except NightdeskError as error:
            self.unreached[place] = error
            status = b"HTTP/1.1 502 Bad Gateway"
        writer.write(_write_head(status, [b"Content-Length: 0"]))
        await writer.drain()
        return None

    async def _reach(self, place: Place) -> _Stream:
        for address in await self.addresses(place):
            with contextlib.suppress(OSError, TimeoutError):
                opening = asyncio.open_connection(address, place[1], limit=_MOST_HEAD_BYTES)
                return await asyncio.wait_for(opening, _CONNECT_S)
        raise Transient(f"{place[0]} did not answer. It will be tried again.")

    async def addresses(self, place: Place) -> list[str]:
        """Return the addresses to which this host may be reached; at least one.

        Raises:
            BlockedAddress: one of them is not public. UnknownHost: there is none.
        """
        host, port = place
        if place in self._allowed:
            return [host]
        if port not in self._ports:
            raise BlockedAddress(f"Port {port} is none of a web server.")
        return await asyncio.get_running_loop().run_in_executor(
            self._lookups, lambda: resolve_public(host, port, timeout_s=_LOOKUP_S, lookup=self._lookup)
        )

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keep_open: bool = False
    ) -> None:
        """Pass bytes on until their end, or until the page has had its share."""
        while not self.is_full and (chunk := await reader.read(_CHUNK_BYTES)):
            self._bytes_left -= len(chunk)
            writer.write(chunk)
            await writer.drain()
        if not keep_open:
            writer.close()


async def _first_of(*ways: Awaitable[None]) -> None:
    """Wait until one way of a tunnel has ended, then end the other."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _read_request(head: bytes) -> tuple[bytes, bytes, list[bytes]]:
    first, headers = _read_head(head)
    method, target, _version = first.split(b" ")
    return method, target, headers


def _read_head(head: bytes) -> tuple[bytes, list[bytes]]:
    first, *headers = head.removesuffix(_END_OF_HEAD).split(b"\r\n")
    if not first.isascii() or first.count(b" ") < 1:
        raise ValueError("not HTTP")
    return first, [header for header in headers if not header.lower().startswith(_HOP_HEADERS)]


def _write_head(first: bytes, headers: list[bytes]) -> bytes:
    return b"\r\n".join([first, *headers, b"Connection: close"]) + _END_OF_HEAD
