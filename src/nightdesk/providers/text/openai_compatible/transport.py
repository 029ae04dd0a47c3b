"""Sockets that are watched: while they wait, the deadline and the caller's cancel are looked at."""

import functools
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2

from nightdesk.providers.text.openai_compatible.watch import TICK_S, Watch


class WatchedTransport(httpx2.HTTPTransport):
    """Plain HTTP/1.1 whose every wait is cut into ticks.

    A library's time-outs bound one read each, so a byte a second keeps a call alive for ever. Here each read looks at
    the clock of the piece.
    """

    def __init__(self, watch: Watch) -> None:
        """Use the machine's certificates, no proxy, and one connection that is gone with the piece."""
        super().__init__(verify=_trust(), trust_env=False)
        # httpx2 has no argument for the network below it; its pool has. Goes when httpx2 takes a `network_backend`.
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trust(),
            max_connections=1,
            network_backend=_WatchedBackend(watch),
        )


@functools.cache
def _trust() -> SSLContext:
    # Reading the machine's certificates takes longer than a call on a local network.
    return httpx2.create_ssl_context(trust_env=False)


class _WatchedBackend(httpcore2.NetworkBackend):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._real = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        self._watch.check()
        stream = self._real.connect_tcp(host, port, _shorter(timeout, self._watch), local_address, socket_options)
        return _WatchedStream(stream, self._watch)


class _WatchedStream(httpcore2.NetworkStream):
    def __init__(self, real: httpcore2.NetworkStream, watch: Watch) -> None:
        self._real = real
        self._watch = watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        ends_at = time.monotonic() + _shorter(timeout, self._watch)
        while True:
            self._watch.check()
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                raise httpcore2.ReadTimeout
            try:
                data = self._real.read(max_bytes, min(TICK_S, left_s))
            except httpcore2.ReadTimeout:
                continue
            self._watch.count(len(data))
            return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._watch.check()
        self._real.write(buffer, _shorter(timeout, self._watch))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self._real.start_tls(ssl_context, server_hostname, _shorter(timeout, self._watch))
        return _WatchedStream(stream, self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


def _shorter(timeout: float | None, watch: Watch) -> float:
    # A socket's time-out of 0 would mean "do not wait at all" to Python.
    return max(0.001, watch.left_s if timeout is None else min(timeout, watch.left_s))
