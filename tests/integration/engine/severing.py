"""A way to PostgreSQL that loses one answer: the server has done what was asked, and nobody hears of it."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import connections

from tests.integration.engine.bench import aside

T = TypeVar("T")

_CHUNK_BYTES = 65_536


class SeveringProxy:
    """Passes bytes on between clients and a server; cuts a client off instead of the answer to a given word."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        self._word: bytes | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_answer_to(self, word: bytes) -> None:
        """Cut the next client that sends this word, once the server has answered."""
        self._word = word

    def close(self) -> None:
        """Take no more clients."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        cutting = threading.Event()
        with client, socket.create_connection(self._target) as server:
            back = threading.Thread(target=self._pass_back, args=(server, client, cutting), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while data := client.recv(_CHUNK_BYTES):
                    if self._word is not None and self._word in data:
                        self._word = None
                        cutting.set()
                    server.sendall(data)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _pass_back(self, server: socket.socket, client: socket.socket, cutting: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK_BYTES):
                if cutting.is_set():
                    self.cuts += 1
                    break
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def open_proxy() -> Iterator[SeveringProxy]:
    """Put a proxy in front of the run's PostgreSQL."""
    settings = connections["default"].settings_dict
    proxy = SeveringProxy(str(settings["HOST"]), int(settings["PORT"]))
    try:
        yield proxy
    finally:
        proxy.close()


def through(proxy: SeveringProxy, call: Callable[[], T]) -> T:
    """Run a call in a thread whose connections lead through the proxy."""

    def run() -> T:
        wrapper: Any = connections.create_connection("default")
        wrapper.settings_dict = {**wrapper.settings_dict, "HOST": "127.0.0.1", "PORT": str(proxy.port)}
        connections["default"] = wrapper
        return call()

    return aside(run)
