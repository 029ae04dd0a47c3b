"""The socket below a conversation. While it waits, the clock and the caller's cancel are looked at."""

import errno
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any, Final

from nightdesk.providers.fetching.addresses import resolve
from nightdesk.providers.wire.watch import TICK_S, OutOfTime, Watch

_TICK_MS: Final = 1000 * TICK_S
_LEAST_CONNECT_S: Final = 1.0
_BUFFER_BYTES: Final = 4096


class Line(io.RawIOBase):
    """As much of a socket as smtplib uses. `watch` is the clock of the present answer; whoever speaks sets it anew.

    `unsent_bytes` says how much of the last `sendall` has not left: above 0, the other side cannot have seen its end.
    """

    def __init__(self, connected: socket.socket, watch: Watch) -> None:
        """Take over a connected socket."""
        super().__init__()
        connected.settimeout(0.0)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self._poll = _Poll(connected)
        self.watch = watch
        self.unsent_bytes = 0

    @property
    def is_encrypted(self) -> bool:
        """Whether the other side has shown its certificate."""
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def own_address(self) -> str:
        """This end's IP address."""
        return str(self._socket.getsockname()[0])

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come in: while nobody speaks, anything that comes is a parting."""
        return not self._poll.look(select.POLLIN, 0)

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands, and hold the certificate against `host`.

        Raises:
            ssl.SSLError: the other side is not who it should be, or speaks something else.
        """
        wrapped = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket, self._poll = wrapped, _Poll(wrapped)
        self._patiently(wrapped.do_handshake, select.POLLIN)

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Wait for something and read it; 0 where the other side has closed."""
        if not self.is_encrypted:
            self._wait(select.POLLIN)  # nothing can have come before the other side was asked
        received: int = self._patiently(lambda: self._socket.recv_into(buffer), select.POLLIN)
        self.watch.count(received)
        return received

    def sendall(self, data: bytes) -> None:
        """Hand everything over to the network."""
        rest = memoryview(data)
        self.unsent_bytes = len(rest)
        while rest:
            sent = self._patiently(lambda: self._socket.send(rest), select.POLLOUT)  # noqa: B023 (called at once)
            rest = rest[sent:]
            self.unsent_bytes = len(rest)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Give a reader of lines."""
        return io.BufferedReader(self, _BUFFER_BYTES)

    def close(self) -> None:
        """Close the socket. Safe to repeat."""
        if not self.closed:
            self._socket.close()
        super().close()

    def _patiently(self, move: Callable[[], Any], usual: int) -> Any:
        while True:
            try:
                return move()
            except BlockingIOError:
                event = usual
            except ssl.SSLWantReadError:
                event = select.POLLIN
            except ssl.SSLWantWriteError:
                event = select.POLLOUT
            self._wait(event)

    def _wait(self, event: int) -> None:
        while not self._poll.look(event, _TICK_MS):
            self.watch.check()
        if not self.watch.left_s:
            raise OutOfTime  # one that sends a letter a second is never waited for


class _Poll:
    def __init__(self, watched: socket.socket) -> None:
        self._poll = select.poll()
        self._file = watched.fileno()
        self._event = select.POLLIN
        self._poll.register(self._file, self._event)

    def look(self, event: int, limit_ms: float) -> bool:
        if event != self._event:
            self._poll.modify(self._file, event)
            self._event = event
        return bool(self._poll.poll(limit_ms))


# ---------------------------------------------------------------- connecting


def connect(host: str, port: int, watch: Watch) -> Line:
    """Connect to the first address of a host that answers.

    Raises:
        UnknownHost: the name has no address. OSError: none of them answered. What `watch` raises.
    """
    failure: OSError = ConnectionRefusedError()
    addresses = _find_addresses(host, port, watch)
    for number, address in enumerate(addresses):
        limit_s = max(_LEAST_CONNECT_S, watch.left_s / (len(addresses) - number))
        try:
            return Line(_connect_to(address, port, watch, limit_s), watch)
        except OSError as error:
            failure = error
    raise failure


def _find_addresses(host: str, port: int, watch: Watch) -> list[str]:
    """Look a name up; the resolver cannot be interrupted, so it is left behind where we must stop."""
    answer: Future[list[str]] = Future()
    limit_s = watch.left_s

    def ask() -> None:
        try:
            answer.set_result(resolve(host, port, timeout_s=limit_s))
        except Exception as error:  # noqa: BLE001 (raised again in the thread that waits)
            answer.set_exception(error)

    threading.Thread(target=ask, name="mail-lookup", daemon=True).start()
    while True:
        try:
            return answer.result(TICK_S)
        except NotYet:
            watch.check()


def _connect_to(address: str, port: int, watch: Watch, limit_s: float) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(0.0)
        _wait_connected(made, made.connect_ex((address, port)), watch, limit_s)
    except BaseException:
        made.close()
        raise
    return made


def _wait_connected(made: socket.socket, began: int, watch: Watch, limit_s: float) -> None:
    if began not in {0, errno.EINPROGRESS}:
        raise OSError(began, "cannot connect")
    poll, ends_at = _Poll(made), time.monotonic() + limit_s
    while not poll.look(select.POLLOUT, _TICK_MS):
        watch.check()
        if time.monotonic() > ends_at:
            raise TimeoutError
    failed = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, "cannot connect")
