"""A vendor on a loopback port: honest where nothing is planned, and otherwise as bad as a test says.

`plan` hands faults to a route; each is used up by one request, and after them the vendor is honest again.
"""

import io
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from tests.support.text_server import Wire

#: The only secret that a test hands to a vendor: it must appear nowhere else.
KEY: Final = "nd-test-91c3a57be2d8406f"

Parts = dict[str, list[bytes]]


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, where it is JSON."""
        return json.loads(self.body)

    @property
    def parts(self) -> Parts:
        """The parts of a form, by name."""
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        found: Parts = {}
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]+)"', head)
            assert name is not None
            found.setdefault(name[1].decode(), []).append(content.removesuffix(b"\r\n"))
        return found


Fault = Callable[["VendorServer", Wire, Request], None]


class VendorServer:
    """Answers each route honestly, unless there is a plan for it. `received` holds the names of the routes in order."""

    #: Name, method and pattern of each route; a method `answer_<name>` answers it.
    routes: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    def __init__(self) -> None:
        self.received: list[str] = []
        self.requests: list[Request] = []
        self.errors: list[str] = []
        self._plans: dict[str, list[Fault]] = {}
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        """The address without any path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def plan(self, route: str, *faults: Fault) -> None:
        """Answer the next requests for a route so."""
        self._plans[route] = list(faults)

    def count(self, route: str) -> int:
        """Count the requests for a route."""
        with self.lock:
            return self.received.count(route)

    def answer(self, wire: Wire, request: Request) -> None:
        """Answer one request."""
        for name, method, pattern in self.routes:
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                with self.lock:
                    self.received.append(name)
                    self.requests.append(request)
                    fault = self._plans[name].pop(0) if self._plans.get(name) else None
                if fault is not None:
                    fault(self, wire, request)
                else:
                    getattr(self, f"answer_{name}")(wire, request, *found.groups())
                return
        wire.send_json(404, {"detail": "Not found."})

    def answer_honestly(self, wire: Wire, request: Request) -> None:
        """Answer a request whatever is planned for its route."""
        for name, method, pattern in self.routes:
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                getattr(self, f"answer_{name}")(wire, request, *found.groups())
                return

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def __getattr__(self, name: str) -> Callable[[], None]:
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return lambda: self._answer(name.removeprefix("do_"))

            def _answer(self, method: str) -> None:
                self.close_connection = True
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    server.answer(
                        Wire(self.connection), Request(method, parts.path, parse_qs(parts.query), headers, body)
                    )
                except OSError:
                    pass  # the client has gone: what tests of cancels and deadlines are about
                except Exception as error:  # noqa: BLE001 - shown by the test, which has another thread
                    server.errors.append(repr(error))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base class's name
                pass

        return Handler


# ---------------------------------------------------------------- pictures


def paint(width: int, height: int, *, mode: str = "RGB") -> bytes:
    """Paint a picture whose corners differ, as PNG."""
    across = np.linspace(0, 255, width)[None, :].repeat(height, 0)
    down = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    layers = [across, down, 255 - across] + ([down] if mode == "RGBA" else [])
    return write_png(np.stack(layers, -1).astype(np.uint8))


def write_png(pixels: np.ndarray[Any, Any]) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", compress_level=1)
    return written.getvalue()


def read_png(data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(data)))


def make_bomb() -> bytes:
    """Make a PNG that is small and claims 400 megapixels."""
    bomb = bytearray(paint(4, 4))
    bomb[16:24] = (20_000).to_bytes(4, "big") * 2
    return bytes(bomb)


# ---------------------------------------------------------------- faults


def say(status: int, body: Any, **headers: str) -> Fault:
    """Answer with a status and a body."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _server, wire, _request: wire.send_json(status, body, given)


def cut(_server: VendorServer, wire: Wire, _request: Request) -> None:
    """Begin an answer and reset the connection in the middle of its body."""
    wire.send_head(200, {"Content-Type": "application/json", "Content-Length": "1000"})
    wire.send_bytes(b'{"data": [{"b64_')
    wire.reset()


def hang(_server: VendorServer, wire: Wire, _request: Request) -> None:
    """Take the request and say nothing."""
    wire.wait_gone()


def send_raw(data: bytes, content_type: str = "image/png", **headers: str) -> Fault:
    """Answer with a file."""

    def answer(_server: VendorServer, wire: Wire, _request: Request) -> None:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        wire.send_head(200, {"Content-Type": content_type, "Content-Length": str(len(data)), **given})
        wire.send_bytes(data)

    return answer


def honest_but(change: Callable[[Any], Any]) -> Fault:
    """Answer as an honest vendor does, but for a change of its JSON."""

    def answer(server: VendorServer, wire: Wire, request: Request) -> None:
        class Changing(Wire):
            def __init__(self) -> None:
                pass

            def send_json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
                wire.send_json(status, change(body), headers)

        server.answer_honestly(Changing(), request)

    return answer


def lose_answer(server: VendorServer, wire: Wire, request: Request) -> None:
    """Do what is asked for, and lose the answer."""

    def lose(_body: Any) -> Any:
        wire.reset()
        raise ConnectionResetError

    honest_but(lose)(server, wire, request)
