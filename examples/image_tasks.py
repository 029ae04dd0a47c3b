"""Every image task over HTTP: what is refused, each type from submit to saved picture, and one that is cancelled.

    make up                                               # in one terminal
    TOKEN=$(.venv/bin/nightdesk token create) .venv/bin/python examples/image_tasks.py --out pictures

The photographs are those that ship inside scikit-image. Face swaps are tried only where they are allowed;
`--allow-face-swap` turns them on first, with the token of an administrator.
"""

import argparse
import base64
import io
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import skimage.data
from PIL import Image

#: A request of this size is answered within a second; more means that nobody listens.
TIMEOUT_S = 30.0
#: How long one task may take before this script gives up on it.
TASK_LIMIT_S = 300.0
POLL_S = 0.3
FINAL = {"SUCCESS", "FAILURE", "REVOKED"}

photographs: Any = skimage.data


class Desk:
    """The API, as one token sees it."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx2.Client(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_S
        )

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request and return the status with the JSON that came back."""
        answer = self._client.request(method, path, json=body)
        return answer.status_code, answer.json()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must be answered well.

        Raises:
            SystemExit: it was refused; the message says why.
        """
        status, answer = self.call(method, path, body)
        if status >= 400:
            sys.exit(f"{method} {path}: {status} {answer['detail']}")
        return answer

    def watch(self, task_id: str) -> Iterator[dict[str, Any]]:
        """Give each new word on a task until it is final.

        Raises:
            SystemExit: it is not final in time.
        """
        give_up_at = time.monotonic() + TASK_LIMIT_S
        seen: dict[str, Any] = {}
        while seen.get("status") not in FINAL:
            if time.monotonic() > give_up_at:
                sys.exit(f"{task_id} is not done after {TASK_LIMIT_S:g} s. Does a worker run?")
            status = self.ask("GET", f"/tasks/{task_id}/status/")
            if status != seen:
                seen = status
                yield status
            else:
                time.sleep(POLL_S)


def encode(pixels: Any) -> str:
    """Write pixels as the base64 of a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def make_orders() -> dict[str, dict[str, Any]]:
    """Make one order of each type."""
    person, cup, rocket = photographs.astronaut(), photographs.coffee(), photographs.rocket()
    mask = np.zeros(cup.shape[:2], dtype=np.uint8)
    mask[250:390, 20:140] = 255  # the spoon's side of the saucer
    poster = 'A poster that says "Quiet mornings", warm orange'
    return {
        "image_generation": {"prompt": poster, "parameters": {"width": 768, "height": 768, "seed": 7}},
        "background_removal": {"image": encode(person)},
        "object_removal": {"image": encode(cup), "mask": encode(mask)},
        "style_transfer": {"image": encode(rocket), "target_image": encode(cup), "parameters": {"strength": 0.5}},
        "face_swap": {
            "image": encode(person),
            "target_image": encode(person[:, ::-1]),
            "parameters": {"consent": True, "format": "png"},
        },
    }


def show_refusals(desk: Desk) -> None:
    """Send what cannot be, and show what is said about it.

    Raises:
        SystemExit: it was not refused.
    """
    for wrong in (
        {"task_type": "image_generation"},
        {"task_type": "image_generation", "prompt": "x" * 5001},
        {"task_type": "background_removal", "image": "not a picture"},
        {"task_type": "background_removal", "image": base64.b64encode(b"<svg></svg>" * 20).decode()},
        {"task_type": "object_removal", "image": encode(photographs.coffee()), "parameters": {"box": [0, 0, 9999, 9]}},
        {"task_type": "image_generation", "prompt": "Tulips", "parameters": {"provider": "nobody"}},
    ):
        status, problem = desk.call("POST", "/tasks/submit/", wrong)
        if status not in {400, 422}:
            sys.exit(f"This should have been refused: {wrong}")
        print(f"refused ({status}): {problem['details']}")


def run(desk: Desk, name: str, order: dict[str, Any], folder: Path) -> None:
    """Submit one order, tell how far it is, and save its picture.

    Raises:
        SystemExit: it did not succeed.
    """
    task_id = desk.ask("POST", "/tasks/submit/", {"task_type": name, **order})["task_id"]
    for seen in desk.watch(task_id):
        print(f"{name}: {seen['status']} {seen['progress']} % {seen['message']}")
    shown = desk.ask("GET", f"/tasks/{task_id}/result/")
    if shown["status"] != "SUCCESS":
        sys.exit(f"{name}: {shown['error']}")
    result = shown["result"]
    made = result["metadata"]
    path = folder / f"{name}.{made['parameters']['format']}"
    path.write_bytes(base64.b64decode(result["image_data"]))
    print(f"{name}: {path}, {made['width']} x {made['height']}, by {made['provider']}, seed {made['seed']}")
    for warning in made["warnings"]:
        print(f"  {warning}")


def cancel_one(desk: Desk) -> None:
    """Submit something that takes a while, and cancel it.

    Raises:
        SystemExit: it was not cancelled.
    """
    large = np.kron(photographs.rocket(), np.ones((3, 3, 1), dtype=np.uint8))
    order = {"task_type": "style_transfer", "image": encode(large), "target_image": encode(photographs.coffee())}
    task_id = desk.ask("POST", "/tasks/submit/", order)["task_id"]
    print(f"cancelled: {desk.ask('POST', f'/tasks/{task_id}/cancel/')['message']}")
    *_, last = desk.watch(task_id)
    if last["status"] != "REVOKED":
        sys.exit(f"The task should have been cancelled: {last}")


def main() -> None:
    """Do all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="folder for the pictures")
    parser.add_argument("--allow-face-swap", action="store_true", help="turn face swaps on first")
    options = parser.parse_args()
    token = os.environ.get("TOKEN")
    if not token:
        sys.exit("Set TOKEN to what `.venv/bin/nightdesk token create` prints.")
    options.out.mkdir(parents=True, exist_ok=True)
    desk = Desk(options.url, token)
    if options.allow_face_swap:
        desk.ask("PATCH", "/images/settings/", {"face_swap_allowed": True})
    show_refusals(desk)
    orders = make_orders()
    if not desk.ask("GET", "/images/settings/")["face_swap_allowed"]:
        del orders["face_swap"]
        print("Face swaps are off here; --allow-face-swap turns them on.")
    for name, order in orders.items():
        run(desk, name, order, options.out)
    cancel_one(desk)


if __name__ == "__main__":
    main()
