"""A server on a loopback port that speaks OpenAI's chat completions: what it answers is the test's to say.

Each request is handed to a `React` with a `Wire`, on which it answers honestly, badly, slowly or not at all.
"""

import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

MODEL: Final = "stand-in-1"
#: Longer than any test's time for a piece; an answer that nobody takes ends here.
WAIT_LIMIT_S: Final = 30.0


@dataclass(frozen=True)
class Received:
    """A request as it came in, its headers in small letters. `number` counts the requests for a text, from 1."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    number: int

    @property
    def system(self) -> str:
        """The first message: the rules."""
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        """The second message: the material."""
        return str(self.body["messages"][1]["content"])

    @property
    def last(self) -> str:
        """The last message."""
        return str(self.body["messages"][-1]["content"])

    @property
    def fields(self) -> dict[str, Any]:
        """The properties of the schema that is asked for; empty where none is sent."""
        schema = self.body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        found: dict[str, Any] = schema.get("properties", {})
        return found


React = Callable[["Wire", Received], None]


class Wire:
    """The server's end of one request."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._is_chunked = False

    def send_json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Answer with a JSON body, or with a text as it stands."""
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
        self.send_head(status, given)
        self._socket.sendall(content)

    def start_stream(self, headers: Mapping[str, str] | None = None) -> None:
        """Begin a stream of events."""
        self._is_chunked = True
        self.send_head(
            200,
            {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", "x-request-id": "req-1"}
            | dict(headers or {}),
        )

    def send_event(self, data: Any) -> None:
        """Send one event: JSON, or a text as it stands."""
        self.send_bytes(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode())

    def send_bytes(self, content: bytes) -> None:
        """Send bytes of the body."""
        self._socket.sendall(b"%x\r\n%b\r\n" % (len(content), content) if self._is_chunked else content)

    def end(self) -> None:
        """End the stream as the protocol wants it."""
        self._socket.sendall(b"0\r\n\r\n")

    def stream(self, events: Iterable[Any], *, done: bool = True) -> None:
        """Send a whole stream."""
        self.start_stream()
        for event in events:
            self.send_event(event)
        if done:
            self.send_event("[DONE]")
        self.end()

    def reset(self) -> None:
        """Break the connection off, so that the client sees a reset and no end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def wait_gone(self, limit_s: float = WAIT_LIMIT_S) -> bool:
        """Wait until the client has closed its end; False where it has not within the limit."""
        readable, _, _ = select.select([self._socket], [], [], limit_s)
        return bool(readable) and self._socket.recv(1) == b""

    def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status and the headers."""
        lines = [
            f"HTTP/1.1 {status} Said",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


def make_events(
    text: str,
    *,
    model: str = MODEL,
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = None,
    piece_chars: int = 20,
) -> list[dict[str, Any]]:
    """Cut a text into the events of a stream; `usage` in a last event of its own."""
    base = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": model}

    def event(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    pieces = [text[start : start + piece_chars] for start in range(0, len(text), piece_chars)]
    events = [event({"role": "assistant", "content": ""}), *(event({"content": piece}) for piece in pieces)]
    events += [event({}, finish)] if finish else []
    return events + ([{**base, "choices": [], "usage": dict(usage)}] if usage else [])


USAGE: Final = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 50},
}


@dataclass
class Answers:
    """Answers texts in turn; the last one again and again."""

    texts: list[Any]
    usage: Mapping[str, Any] | None = field(default_factory=lambda: USAGE)

    def __call__(self, wire: Wire, received: Received) -> None:
        """Stream the text for this request."""
        text = self.texts[min(received.number, len(self.texts)) - 1]
        wire.stream(make_events(text if isinstance(text, str) else json.dumps(text), usage=self.usage))


class TextServer:
    """A server that answers as `react` says and remembers what it was asked."""

    def __init__(self, react: React, *, models: Iterable[str] = (MODEL,)) -> None:
        self.react = react
        self.models = list(models)
        self.received: list[Received] = []
        self.errors: list[str] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address as `NIGHTDESK_TEXT_URL` wants it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def host(self) -> str:
        """Host and port, as people are told."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def forget(self) -> None:
        """Begin to count again."""
        with self._lock:
            self.received.clear()
            self.errors.clear()

    def answer(self, wire: Wire, path: str, headers: Mapping[str, str], body: dict[str, Any] | None) -> None:
        """Answer one request."""
        if body is None:
            wire.send_json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
            return
        with self._lock:
            received = Received(path, headers, body, len(self.received) + 1)
            self.received.append(received)
        self.react(wire, received)

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
            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_GET(self) -> None:
                self._answer(None)

            def _answer(self, body: dict[str, Any] | None) -> None:
                self.close_connection = True
                try:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    server.answer(Wire(self.connection), self.path, headers, body)
                except OSError:
                    pass  # the client has gone: what tests of cancels and deadlines are about
                except Exception as error:  # noqa: BLE001 - shown by the test, which has another thread
                    server.errors.append(repr(error))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base class's name
                pass

        return Handler
