"""Vendors of pictures on loopback ports: honest ones, each as its vendor's pages describe it, that can be told to fail.

`plan` hands faults to a route; each is used up by one request, and after them the vendor is honest again.
"""

import base64
import email
import email.policy
import io
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
        found: Parts = {}
        for part in message.iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found.setdefault(name, []).append(content)
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
                self._answer("POST")

            def do_GET(self) -> None:
                self._answer("GET")

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
    Image.fromarray(pixels).save(written, "PNG")
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

        for name, method, pattern in server.routes:
            found = re.fullmatch(pattern, request.path)
            if method == request.method and found:
                getattr(server, f"answer_{name}")(Changing(), request, *found.groups())
                return

    return answer


def lose_answer(server: VendorServer, wire: Wire, request: Request) -> None:
    """Do what is asked for, and lose the answer."""

    def lose(_body: Any) -> Any:
        wire.reset()
        raise ConnectionResetError

    honest_but(lose)(server, wire, request)


# ---------------------------------------------------------------- vendors


class OpenAIServer(VendorServer):
    """OpenAI's image API. `hands_out` is b64_json or url; edits answer the inverted picture, of its own size."""

    routes = (
        ("generate", "POST", "/v1/images/generations"),
        ("edit", "POST", "/v1/images/edits"),
        ("file", "GET", "/files/result.png"),
    )

    def __init__(self, hands_out: str = "b64_json") -> None:
        self.hands_out = hands_out
        self.made = b""
        super().__init__()

    @property
    def url(self) -> str:
        """The address as the setting wants it."""
        return f"{self.root}/v1"

    def answer_generate(self, wire: Wire, request: Request) -> None:
        width, height = map(int, request.json["size"].split("x"))
        self._hand_over(wire, paint(width, height))

    def answer_edit(self, wire: Wire, request: Request) -> None:
        parts = request.parts
        image = read_png((parts.get("image") or parts["image[]"])[0])
        width, height = map(int, parts["size"][0].split(b"x"))
        assert image.shape[:2] == (height, width)
        if "mask" in parts:
            assert read_png(parts["mask"][0]).shape == (height, width, 4)
        self._hand_over(wire, write_png(255 - image[..., :3]))

    def answer_file(self, wire: Wire, request: Request) -> None:
        send_raw(self.made)(self, wire, request)

    def _hand_over(self, wire: Wire, data: bytes) -> None:
        self.made = data
        given = base64.b64encode(data).decode() if self.hands_out == "b64_json" else f"{self.root}/files/result.png"
        wire.send_json(200, {"created": 1, "data": [{self.hands_out: given}]})


@dataclass
class Prediction:
    """A prediction: it is `starting` for some looks, then `processing`, then what `ending` says."""

    number: int
    version: str
    input: dict[str, Any]
    deadline: str
    starts_for: int
    runs_for: int
    ending: str
    output: Any
    error: str | None = None
    looks: int = 0
    called_off: bool = False

    @property
    def id(self) -> str:
        return f"rp{self.number:06}"

    @property
    def status(self) -> str:
        if self.called_off:
            return "canceled"
        if self.looks < self.starts_for:
            return "starting"
        return "processing" if self.looks < self.starts_for + self.runs_for else self.ending

    def show(self) -> dict[str, Any]:
        """Write it as the API does."""
        is_done = self.status == "succeeded"
        return {
            "id": self.id,
            "version": self.version,
            "input": self.input,
            "status": self.status,
            "output": self.output if is_done else None,
            "error": self.error,
            "data_removed": False,
            "urls": {},
        }


def make_schema(required: list[str], **inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the schema of a model as Replicate publishes it."""
    return {
        "components": {"schemas": {"Input": {"type": "object", "required": required, "properties": inputs}}},
    }


URI: Final = {"type": "string", "format": "uri"}
WHOLE: Final = {"type": "integer"}
TEXT: Final = {"type": "string"}

MODELS: Final = {
    "acme/painter": make_schema(["prompt"], prompt=TEXT, width=WHOLE, height=WHOLE, seed=WHOLE, output_format=TEXT),
    "acme/swapper": make_schema(["swap_image", "input_image"], swap_image=URI, input_image=URI),
    "acme/cutter": make_schema(["image"], image=URI),
    "acme/eraser": make_schema(["image", "mask"], image=URI, mask=URI, seed=WHOLE),
    "acme/stylist": make_schema(
        ["image", "prompt"],
        image=URI,
        prompt=TEXT,
        style_image=URI,
        prompt_strength={"type": "number", "minimum": 0, "maximum": 1},
        seed=WHOLE,
    ),
}


class ReplicateServer(VendorServer):
    """Replicate's predictions. Models are those of `MODELS`; a picture comes back inverted, a cut-out with alpha."""

    routes = (
        ("model", "GET", "/v1/models/([^/]+/[^/]+)"),
        ("upload", "POST", "/v1/files"),
        ("create", "POST", "/v1/predictions"),
        ("list", "GET", "/v1/predictions"),
        ("look", "GET", "/v1/predictions/([^/]+)"),
        ("cancel", "POST", "/v1/predictions/([^/]+)/cancel"),
        ("output", "GET", "/out/([^/]+).png"),
    )

    def __init__(self) -> None:
        self.predictions: list[Prediction] = []
        self.files: dict[str, bytes] = {}
        self.outputs: dict[str, bytes] = {}
        self.starts_for, self.runs_for = 0, 0
        self.ending, self.error = "succeeded", None
        super().__init__()

    @property
    def url(self) -> str:
        """The address as the setting wants it."""
        return f"{self.root}/v1"

    def answer_model(self, wire: Wire, request: Request, name: str) -> None:
        assert request.headers["authorization"] == f"Bearer {KEY}"
        if name not in MODELS:
            wire.send_json(404, {"title": "Not found", "detail": "The requested model could not be found."})
            return
        version = {"id": f"v-{name.replace('/', '-')}", "openapi_schema": MODELS[name]}
        wire.send_json(200, {"owner": "acme", "name": name, "is_official": False, "latest_version": version})

    def answer_upload(self, wire: Wire, request: Request) -> None:
        with self.lock:
            url = f"{self.url}/files/{len(self.files)}"
            self.files[url] = request.parts["content"][0]
        wire.send_json(201, {"id": url.rpartition("/")[2], "urls": {"get": url}})

    def answer_create(self, wire: Wire, request: Request) -> None:
        body = request.json
        with self.lock:
            number = len(self.predictions)
            self.outputs[str(number)] = self._make(body["version"], body["input"])
            made = Prediction(
                number,
                body["version"],
                body["input"],
                request.headers["cancel-after"],
                self.starts_for,
                self.runs_for,
                self.ending,
                [f"{self.root}/out/{number}.png"],
                self.error,
            )
            self.predictions.append(made)
        wire.send_json(201, made.show())

    def _make(self, version: str, given: Mapping[str, Any]) -> bytes:
        if "prompt" in given and "image" not in given:
            return paint(int(given.get("width", 64)), int(given.get("height", 64)))
        source = given.get("image") or given["input_image"]
        image = 255 - read_png(self.files[source])[..., :3]
        if version == "v-acme-cutter":
            alpha = np.zeros((*image.shape[:2], 1), np.uint8)
            alpha[8:-8, 8:-8] = 255
            image = np.concatenate([image, alpha], -1)
        return write_png(image)

    def answer_list(self, wire: Wire, request: Request) -> None:
        with self.lock:
            shown = [one.show() for one in reversed(self.predictions)][:100]
        wire.send_json(200, {"next": None, "previous": None, "results": shown})

    def answer_look(self, wire: Wire, request: Request, name: str) -> None:
        with self.lock:
            found = self._find(name)
            shown = found.show()
            found.looks += 1
        wire.send_json(200, shown)

    def answer_cancel(self, wire: Wire, request: Request, name: str) -> None:
        with self.lock:
            found = self._find(name)
            found.called_off = found.status in ("starting", "processing")
        wire.send_json(200, found.show())

    def answer_output(self, wire: Wire, request: Request, name: str) -> None:
        send_raw(self.outputs[name])(self, wire, request)

    def _find(self, name: str) -> Prediction:
        return next(one for one in self.predictions if one.id == name)


@dataclass
class Queued:
    """A prompt in the queue or the history of a ComfyUI."""

    id: str
    client_id: str
    workflow: dict[str, Any]
    looks: int = 0
    state: str = "pending"
    outputs: dict[str, Any] = field(default_factory=dict)


class ComfyUIServer(VendorServer):
    """A ComfyUI with one worker: a prompt waits, runs and ends after so many looks at the queue."""

    routes = (
        ("upload", "POST", "/upload/image"),
        ("create", "POST", "/prompt"),
        ("queue", "GET", "/queue"),
        ("delete", "POST", "/queue"),
        ("interrupt", "POST", "/interrupt"),
        ("history", "GET", "/history"),
        ("history_of", "GET", "/history/([^/]+)"),
        ("view", "GET", "/view"),
    )

    def __init__(self, *, is_old: bool = False) -> None:
        self.is_old = is_old  # chooses ids itself, and interrupts whatever runs
        self.waits_for, self.runs_for = 0, 0
        self.ending = "success"
        self.prompts: list[Queued] = []
        self.files: dict[str, bytes] = {}
        self.pictures: dict[str, bytes] = {}
        super().__init__()

    @property
    def url(self) -> str:
        """The address as the setting wants it."""
        return self.root

    def answer_upload(self, wire: Wire, request: Request) -> None:
        parts = request.parts
        name = re.search(rb'filename="([^"]+)"', request.body)
        assert name is not None
        folder = parts["subfolder"][0].decode()
        self.files[f"{folder}/{name[1].decode()}"] = parts["image"][0]
        wire.send_json(200, {"name": name[1].decode(), "subfolder": folder, "type": "input"})

    def answer_create(self, wire: Wire, request: Request) -> None:
        body = request.json
        with self.lock:
            given = f"own-{len(self.prompts)}" if self.is_old else body["prompt_id"]
            self.prompts.append(Queued(given, body["client_id"], body["prompt"]))
        wire.send_json(200, {"prompt_id": given, "number": len(self.prompts), "node_errors": {}})

    def answer_queue(self, wire: Wire, request: Request) -> None:
        with self.lock:
            for one in self.prompts:
                if one.state in ("pending", "running"):
                    one.looks += 1
                    self._move(one)
            shown = {
                f"queue_{state}": [
                    self._show(number, one) for number, one in enumerate(self.prompts) if one.state == state
                ]
                for state in ("running", "pending")
            }
        wire.send_json(200, shown)

    def _move(self, one: Queued) -> None:
        if one.looks > self.waits_for + self.runs_for:
            one.state = "done"
            self._make(one)
        elif one.looks > self.waits_for:
            one.state = "running"

    def _make(self, one: Queued) -> None:
        inputs = {name: value for node in one.workflow.values() for name, value in node["inputs"].items()}
        if "image" in inputs:
            data = write_png(255 - read_png(self.files[inputs["image"]])[..., :3])
        else:
            data = paint(int(inputs["width"]), int(inputs["height"]))
        self.pictures[f"{one.id}.png"] = data
        one.outputs = {"9": {"images": [{"filename": f"{one.id}.png", "subfolder": "", "type": "output"}]}}

    def _show(self, number: int, one: Queued) -> list[Any]:
        return [number, one.id, one.workflow, {"client_id": one.client_id}, ["9"]]

    def answer_delete(self, wire: Wire, request: Request) -> None:
        with self.lock:
            gone = request.json["delete"]
            self.prompts = [one for one in self.prompts if not (one.id in gone and one.state == "pending")]
        wire.send_json(200, "")

    def answer_interrupt(self, wire: Wire, request: Request) -> None:
        with self.lock:
            for one in self.prompts:
                if one.state == "running" and (self.is_old or one.id == request.json["prompt_id"]):
                    one.state = "interrupted"
        wire.send_json(200, "")

    def answer_history(self, wire: Wire, request: Request) -> None:
        wire.send_json(200, {one.id: self._write_history(one) for one in self.prompts if self._is_over(one)})

    def answer_history_of(self, wire: Wire, request: Request, name: str) -> None:
        found = [one for one in self.prompts if one.id == name and self._is_over(one)]
        wire.send_json(200, {one.id: self._write_history(one) for one in found})

    def _is_over(self, one: Queued) -> bool:
        return one.state in ("done", "interrupted")

    def _write_history(self, one: Queued) -> dict[str, Any]:
        ended = "interrupted" if one.state == "interrupted" else self.ending
        messages = [["execution_start", {}], [f"execution_{ended}", {}]]
        status = {"status_str": "success" if ended == "success" else "error", "completed": True, "messages": messages}
        outputs = one.outputs if ended == "success" else {}
        return {"prompt": self._show(0, one), "outputs": outputs, "status": status}

    def answer_view(self, wire: Wire, request: Request) -> None:
        send_raw(self.pictures[request.query["filename"][0]])(self, wire, request)
