"""A fault proxy in front of a real server of models: what goes through it breaks in the ways in which servers break."""

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.text_server import Received, TextServer, Wire, make_events

#: Events a second of a server that drips: each comes well within any time-out.
DRIP_S: Final = 0.05
_UPSTREAM_LIMIT_S: Final = 60

Event = dict[str, Any]
Fault = Callable[["TextProxy", Wire, Received], None]


class TextProxy(TextServer):
    """Hands requests on to `upstream` (an address ending in /v1), or to the next of `faults`, one a request."""

    def __init__(self, upstream: str) -> None:
        self.faults: list[Fault] = []
        self.gone = threading.Event()  # a client has left a fault that would never end
        self._upstream = urlsplit(upstream)
        super().__init__(lambda wire, received: self._choose(received)(self, wire, received))

    def plan(self, *faults: Fault) -> None:
        """Say how the next requests shall break; those after them go through."""
        self.forget()
        self.gone.clear()
        self.faults = list(faults)

    def fetch(self, received: Received) -> tuple[int, Mapping[str, str], bytes]:
        """Ask the real server what was asked here."""
        connection = http.client.HTTPConnection(self._upstream.netloc, timeout=_UPSTREAM_LIMIT_S)
        headers = {"Content-Type": "application/json"}
        if given := received.headers.get("authorization"):
            headers["Authorization"] = given
        try:
            connection.request("POST", received.path, json.dumps(received.body), headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers.items()), answer.read()
        finally:
            connection.close()

    def fetch_events(self, received: Received) -> list[Event]:
        """Ask the real server and return the events of its stream, without the last word."""
        _, _, content = self.fetch(received)
        lines = [line.removeprefix("data: ") for line in content.decode().splitlines() if line.startswith("data: ")]
        return [json.loads(line) for line in lines if line != "[DONE]"]

    def _choose(self, received: Received) -> Fault:
        place = received.number - 1
        return self.faults[place] if place < len(self.faults) else pass_on


def pass_on(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """Answer as the real server does."""
    status, headers, content = proxy.fetch(received)
    wire.send_json(status, content.decode(), {"Content-Type": headers.get("Content-Type", "")})


def answer_with(status: int, body: Any, **headers: str) -> Fault:
    """Answer with an error; `_` in the headers' names stands for a hyphen."""

    def fault(_proxy: TextProxy, wire: Wire, _received: Received) -> None:
        wire.send_json(status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return fault


def hang(proxy: TextProxy, wire: Wire, _received: Received) -> None:
    """Take the request and say nothing."""
    if wire.wait_gone():
        proxy.gone.set()


def drip(piece: bytes, *, with_head: bool = True) -> Fault:
    """Send the same few bytes again and again, for ever: of the stream, or of the headers."""

    def fault(proxy: TextProxy, wire: Wire, _received: Received) -> None:
        if with_head:
            wire.start_stream()
        else:
            wire.send_bytes(b"HTTP/1.1 200 OK\r\n")
        try:
            while not wire.wait_gone(DRIP_S):
                wire.send_bytes(piece)
        finally:
            proxy.gone.set()

    return fault


def change_text(change: Callable[[str], str], *, finish: str | None = "stop") -> Fault:
    """Put something else in place of the real server's text."""

    def fault(proxy: TextProxy, wire: Wire, received: Received) -> None:
        events = proxy.fetch_events(received)
        usage = next((event["usage"] for event in events if event.get("usage")), None)
        wire.stream(make_events(change(read_text(events)), model=events[0]["model"], finish=finish, usage=usage))

    return fault


def read_text(events: list[Event]) -> str:
    """Put the text of a stream together."""
    return "".join(
        choice["delta"].get("content") or "" for event in events for choice in event["choices"] if "delta" in choice
    )


def refuse(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """Let the model refuse, the way OpenAI says it."""
    [first, *_] = proxy.fetch_events(received)
    first["choices"][0]["delta"] = {"role": "assistant", "refusal": "I cannot help with that."}
    last = {**first, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    wire.stream([first, last])


def without_usage(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """Leave out what was used."""
    events = [
        {name: value for name, value in event.items() if name != "usage"} for event in proxy.fetch_events(received)
    ]
    wire.stream(events)


def without_done(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """End the stream without its last word."""
    wire.stream(proxy.fetch_events(received), done=False)


def cut(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """Be gone in the middle of the stream."""
    events = proxy.fetch_events(received)
    wire.start_stream()
    for event in events[: len(events) // 2]:
        wire.send_event(event)


def end_early(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """End the stream in its middle as if that were its end."""
    events = proxy.fetch_events(received)
    wire.stream(events[: len(events) // 2], done=False)


def without_response_format(proxy: TextProxy, wire: Wire, received: Received) -> None:
    """Refuse `response_format`, and answer where there is none."""
    if "response_format" not in received.body:
        pass_on(proxy, wire, received)
        return
    said = {"error": {"message": "response_format is not supported", "type": "invalid_request_error", "code": 400}}
    wire.send_json(400, said)
