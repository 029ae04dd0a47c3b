"""Sockets that are watched: while they wait, the deadline and the caller's cancel are looked at."""

import functools
import select
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from ssl import SSLContext
from typing import Any, Final, Generic, TypeVar

import httpcore2
import httpx2

from nightdesk.providers.wire.watch import TICK_S, Watch

#: So much fits a socket that says it has room, so a write of it does not wait.
_WRITE_BYTES: Final = 16 * 1024
#: Returns the addresses of a host and port to which a connection may be made, within so many seconds.
Resolve = Callable[[str, int, float], Sequence[str]]

T = TypeVar("T")


class WatchedTransport(httpx2.HTTPTransport):
    """Plain HTTP/1.1 whose every wait is cut into ticks.

    A library's time-outs bound one read each, so a byte a second keeps a call alive for ever. Here each wait looks at
    the clock of the work. With `resolve`, connections are made only to the addresses that it returns; names in
    certificates are still held against the host.
    """

    def __init__(self, watch: Watch, *, resolve: Resolve | None = None) -> None:
        """Use the machine's certificates, no proxy, and one connection that is gone with the work."""
        super().__init__(verify=_trust(), trust_env=False)
        # httpx2 has no argument for the network below it; its pool has. Goes when httpx2 takes a `network_backend`.
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trust(),
            max_connections=1,
            network_backend=_WatchedBackend(watch, resolve),
        )


@functools.cache
def _trust() -> SSLContext:
    # Reading the machine's certificates takes longer than a call on a local network.
    return httpx2.create_ssl_context(trust_env=False)


class _WatchedBackend(httpcore2.NetworkBackend):
    def __init__(self, watch: Watch, resolve: Resolve | None) -> None:
        self._watch = watch
        self._resolve = resolve
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
        limit_s = _shorter(timeout, self._watch)
        options = list(socket_options or ())

        def connect() -> httpcore2.NetworkStream:
            ends_at = time.monotonic() + limit_s
            failure: Exception = httpcore2.ConnectError("no address")
            for address in [host] if self._resolve is None else self._resolve(host, port, limit_s):
                left_s = max(0.001, ends_at - time.monotonic())
                try:
                    return self._real.connect_tcp(address, port, left_s, local_address, options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    failure = error
            raise failure

        stream = _Meanwhile(connect, drop=_close).wait(self._watch, limit_s)
        return _WatchedStream(stream, self._watch)


class _Meanwhile(Generic[T]):
    """Something that cannot be interrupted, done by a thread of its own, which is left behind where we must stop."""

    def __init__(self, work: Callable[[], T], *, drop: Callable[[T], None]) -> None:
        self._work = work
        self._drop = drop  # what becomes of a result that nobody waits for any more
        self._lock = threading.Lock()
        self._is_left = False
        self._is_done = threading.Event()
        self._results: list[T] = []
        self._failure: BaseException | None = None

    def wait(self, watch: Watch, limit_s: float) -> T:
        threading.Thread(target=self._run, name="connect", daemon=True).start()
        try:
            self._wait(watch, time.monotonic() + limit_s)
        except BaseException:
            self._leave()
            raise
        if self._failure is not None:
            raise self._failure
        return self._results[0]

    def _wait(self, watch: Watch, ends_at: float) -> None:
        while not self._is_done.wait(min(TICK_S, max(0.0, ends_at - time.monotonic()))):
            watch.check()
            if time.monotonic() >= ends_at:
                raise httpcore2.ConnectTimeout

    def _run(self) -> None:
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
            self._failure = error
        else:
            with self._lock:
                if not self._is_left:
                    self._results.append(result)
            if not self._results:
                self._drop(result)
        self._is_done.set()

    def _leave(self) -> None:
        with self._lock:
            self._is_left = True
            results, self._results = self._results, []
        for result in results:
            self._drop(result)


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
        ends_at = time.monotonic() + _shorter(timeout, self._watch)
        for start in range(0, len(buffer), _WRITE_BYTES):
            self._wait_for_room(ends_at)
            left_s = max(0.001, ends_at - time.monotonic())
            self._real.write(buffer[start : start + _WRITE_BYTES], left_s)

    def _wait_for_room(self, ends_at: float) -> None:
        poll = select.poll()
        poll.register(self._real.get_extra_info("socket"), select.POLLOUT)
        while True:
            self._watch.check()
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                raise httpcore2.WriteTimeout
            if poll.poll(1000 * min(TICK_S, left_s)):
                return

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        limit_s = _shorter(timeout, self._watch)
        shake_hands = functools.partial(self._real.start_tls, ssl_context, server_hostname, limit_s)
        stream = _Meanwhile(shake_hands, drop=_close).wait(self._watch, limit_s)
        return _WatchedStream(stream, self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)


def _close(stream: httpcore2.NetworkStream) -> None:
    stream.close()


def _shorter(timeout: float | None, watch: Watch) -> float:
    # A socket's time-out of 0 would mean "do not wait at all" to Python.
    return max(0.001, watch.left_s if timeout is None else min(timeout, watch.left_s))
