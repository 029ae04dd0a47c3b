"""Vendors of pictures, each as its own pages describe it: OpenAI's image API, Replicate, ComfyUI."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from tests.support.text_server import Wire
from tests.support.vendor_server import KEY, Request, VendorServer, paint, read_png, send_raw, write_png


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
