"""The addresses of a ComfyUI server, one method each. Source: its server.py and execution.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.core.errors import Permanent, Transient
from nightdesk.providers.images.hosted import faults
from nightdesk.providers.images.hosted.faults import Answer
from nightdesk.providers.images.hosted.line import MOST_PICTURE_BYTES, Line

#: One look; the workflow itself has the whole time.
_LOOK_S: Final = 15.0
_FOLDER: Final = "nightdesk"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt stands: how many are before it (0: it runs), or its entry in the history, or nowhere."""

    before: int | None = None
    entry: Mapping[str, Any] | None = None


class ComfyUIApi:
    """The server on one line."""

    def __init__(self, line: Line) -> None:
        """Ask nothing yet."""
        self._line = line

    def upload(self, name: str, data: bytes) -> str:
        """Upload a picture under a name of ours, over one of the same name, and return what a node calls it."""
        fields = {"type": "input", "subfolder": _FOLDER, "overwrite": "true"}
        answer = self._line.post("/upload/image", data=fields, files={"image": (name, data, "image/png")})
        found = self._read(answer)
        kept, folder = str(found.get("name", "")), str(found.get("subfolder", ""))
        if not kept:
            raise faults.explain_loss(self._line.vendor, is_paid=False)
        return f"{folder}/{kept}" if folder else kept

    def queue(self, workflow: Mapping[str, Any], name: str) -> str:
        """Put a workflow into the queue under an id of ours, and return the id that it has there.

        Servers before 2025 choose an id themselves; the client id, which is ours as well, stays with the prompt.

        Raises:
            Permanent: the server does not take the workflow.
            OutcomeUnknown: no whole answer came back.
        """
        body = {"prompt": dict(workflow), "prompt_id": name, "client_id": name}
        try:
            answer = self._line.post("/prompt", json=body, is_paid=True, most_s=60.0)
        except Permanent:
            fault = Permanent(
                "ComfyUI does not take the workflow: a node or a model that it names is missing, or a value is out of range. "
                "Run it in ComfyUI itself to see which, then export it again."
            )
        else:
            found = answer.read_json()
            given = found.get("prompt_id") if isinstance(found, dict) else None
            if isinstance(given, str) and given:
                return given
            raise faults.explain_loss(self._line.vendor, is_paid=True)
        raise fault

    def find(self, name: str) -> Place:
        """Look where the prompt of an id, or of a client id, stands: in the history, in the queue, or nowhere."""
        # The queue first: what leaves it between the two questions is in the history then.
        before = self._find_queued(name)
        if before is not None:
            return Place(before=before)
        history = self._get(f"/history/{name}")
        entry = history.get(name)
        if not isinstance(entry, dict):
            latest = self._get("/history", params={"max_items": 200})
            entry = next(
                (one for one in latest.values() if isinstance(one, dict) and _is_of(one.get("prompt"), name)), None
            )
        return Place(entry=entry)

    def _find_queued(self, name: str) -> int | None:
        queue = self._get("/queue")
        if any(_is_of(item, name) for item in _items(queue, "queue_running")):
            return 0
        waiting = sorted(_items(queue, "queue_pending"), key=_number)
        return next((place for place, item in enumerate(waiting, 1) if _is_of(item, name)), None)

    def view(self, picture: Mapping[str, Any]) -> bytes:
        """Return the file of a picture as the history names it."""
        named = {name: str(picture.get(name, "")) for name in ("filename", "subfolder", "type")}
        return self._line.get("/view", params=named, most_bytes=MOST_PICTURE_BYTES).body

    def call_off(self, name: str) -> None:
        """Take a prompt out of the queue, or interrupt it where it is the one that runs.

        A server that does not know `prompt_id` interrupts whatever runs, so it is asked first what that is.
        """
        self._line.post("/queue", json={"delete": [name]})
        if any(_is_of(item, name) for item in _items(self._get("/queue"), "queue_running")):
            self._line.post("/interrupt", json={"prompt_id": name})

    def _get(self, path: str, **given: Any) -> Mapping[str, Any]:
        return self._read(self._line.get(path, most_s=_LOOK_S, most_bytes=64 * 1024 * 1024, **given))

    def _read(self, answer: Answer) -> Mapping[str, Any]:
        body = answer.read_json()
        if not isinstance(body, dict):
            raise faults.explain_stranger(self._line.vendor, answer.status)
        return body


def _items(queue: Mapping[str, Any], name: str) -> list[list[Any]]:
    items = queue.get(name)
    return [item for item in items if isinstance(item, list) and len(item) > 1] if isinstance(items, list) else []


def _number(item: list[Any]) -> float:
    return float(item[0]) if isinstance(item[0], int | float) else 0.0


def _is_of(item: Any, name: str) -> bool:
    """Tell whether an item of the queue, or a prompt of the history, is the one of an id or client id."""
    if not isinstance(item, list) or len(item) < 2:
        return False
    extra = item[3] if len(item) > 3 else None
    return item[1] == name or (isinstance(extra, dict) and extra.get("client_id") == name)


def read_ending(entry: Mapping[str, Any]) -> Permanent | Transient | None:
    """Say how a prompt of the history failed; None: it did not."""
    status = entry.get("status")
    messages = status.get("messages") if isinstance(status, dict) else None
    kinds = {one[0] for one in messages if isinstance(one, list) and one} if isinstance(messages, list) else set()
    if "execution_interrupted" in kinds:
        return Permanent("The workflow was interrupted at ComfyUI. Run this again.")
    if "execution_error" in kinds or (isinstance(status, dict) and status.get("status_str") == "error"):
        said = str(messages).casefold()[-20_000:]
        if "out of memory" in said:
            return Permanent("ComfyUI ran out of memory. Use a smaller picture, or a smaller model in the workflow.")
        return Permanent(
            "A node of the workflow failed at ComfyUI. Its log says which; mend the workflow, then run this again."
        )
    return None
