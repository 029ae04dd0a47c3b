"""A diffusion model on this machine: `nightdesk up` keeps it warm in a process of its own, and pictures come out of it."""

import json
import urllib.request
from pathlib import Path
from typing import Any, Final

from tests.e2e.test_up import Up
from tests.support.diffusion import DIFFUSION
from tests.support.nightdesk import Installation
from tests.support.processes import wait_until

pytestmark = DIFFUSION

#: Long enough, at a large size, to be cancelled in the middle.
STEPS: Final = 200


class Caller:
    """A script that asks for pictures over HTTP."""

    def __init__(self, up: Up) -> None:
        self.up = up
        self.token = up.run("token", "create").stdout.strip()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and read its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.up.address}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def submit(self, **parameters: object) -> str:
        """Ask for a picture; return its job."""
        body = {"task_type": "image_generation", "prompt": "A red cat", "parameters": parameters}
        job_id: str = self.ask("POST", "/tasks/submit/", body)["task_id"]
        return job_id

    def status(self, job_id: str) -> dict[str, Any]:
        """Read where a task stands."""
        status: dict[str, Any] = self.ask("GET", f"/tasks/{job_id}/status/")
        return status


def test_up_with_a_diffusion_model_makes_pictures_step_by_step_and_stops_between_steps(tmp_path: Path) -> None:
    from tests.support.tiny_diffusion import save_pipeline

    save_pipeline("sd", tmp_path / "made").rename(tmp_path / "tiny")
    settings = {
        "NIGHTDESK_MODELS_DIR": str(tmp_path),
        "NIGHTDESK_DIFFUSION_MODEL": "tiny",
        "NIGHTDESK_DIFFUSION_DEVICE": "cpu",
        "NIGHTDESK_DIFFUSION_STEPS": str(STEPS),
    }
    with Installation(settings=settings) as installation:
        up = Up(installation)
        running = up.start()
        up.wait_greeting(running)
        caller = Caller(up)

        first = caller.submit(width=64, height=64, seed=7)
        wait_until(lambda: caller.status(first)["status"] == "SUCCESS", 90, running.tail)
        result = caller.ask("GET", f"/tasks/{first}/result/")["result"]
        made = result["metadata"]
        assert (made["provider"], made["model"], made["seed"]) == ("diffusers", "tiny", 7)
        assert (made["generative_ai"], made["digital_source_type"]) == (True, "trainedAlgorithmicMedia")
        assert (made["width"], made["height"], bool(result["image_data"])) == (64, 64, True)
        assert caller.ask("GET", f"/jobs/{first}/")["queue"] == "gpu"

        long = caller.submit(width=1024, height=1024)
        wait_until(lambda: f"of {STEPS}" in caller.status(long)["message"], 90, running.tail)
        caller.ask("POST", f"/tasks/{long}/cancel/")
        wait_until(lambda: caller.status(long)["status"] == "REVOKED", 30, running.tail)
        assert installation.sql("SELECT count(*) FROM images_asset") == [(1,)]  # the first one
        assert running.stop() == 0
