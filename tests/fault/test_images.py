"""Image tasks under kills and cancels: each is done once, and no file is left that nobody owns."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.nightdesk import Installation, MakeInstallation, Worker
from tests.support.processes import wait_until

pytestmark = pytest.mark.fault

OPERATIONS = ("image_generation", "face_swap", "background_removal", "object_removal", "style_transfer")
#: Cancels are measured, and reported; what is asserted leaves room for a machine that is busy with other tests.
CANCELLED_S = 3.0

#: Makes an order of each operation that is named, with photographs that the job itself has to read; prints the jobs.
SUBMIT = """
import io, json, sys
import numpy as np
from PIL import Image
from nightdesk.accounts.services import ensure_owner
from nightdesk.images import services
from tests.support.photographs import photograph

def encode(pixels):
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG")
    return buffer.getvalue()

owner, _ = ensure_owner()
services.allow_face_swap(allowed=True, user_id=owner.pk)
side = int(sys.argv[1])
person, cup = photograph("astronaut"), photograph("coffee", min(side, 600))
cup = np.kron(cup, np.ones((max(1, side // 600), max(1, side // 600), 1), np.uint8))
orders = {
    "image_generation": ({}, {"prompt": "Quiet mornings", "parameters": {"width": 256, "height": 256}}),
    "face_swap": ({"image": person, "target_image": person[:, ::-1]}, {"parameters": {"consent": True}}),
    "no_face": ({"image": person, "target_image": cup}, {"parameters": {"consent": True}}),
    "two_faces": ({"image": person, "target_image": np.hstack([person, person])}, {"parameters": {"consent": True}}),
    "background_removal": ({"image": photograph("astronaut", side)}, {}),
    "object_removal": ({"image": cup}, {"parameters": {"box": [side // 3, side // 4, side // 2, side // 2]}}),
    "style_transfer": ({"image": cup, "target_image": photograph("astronaut", 256)}, {}),
}
jobs = []
for name in sys.argv[2:]:
    pictures, fields = orders[name]
    task_type = "face_swap" if name.endswith(("_face", "_faces")) else name
    files = {field: io.BytesIO(encode(pixels)) for field, pixels in pictures.items()}
    with services.receiving(files) as received:
        jobs.append(str(services.submit_task(task_type=task_type, received=received, owner_id=owner.pk, **fields)))
print(json.dumps(jobs))
"""
#: Goes on from `SUBMIT` in the same process: another one would take longer to start than the work takes.
CANCEL = """
import time, uuid
from nightdesk.engine import actions
from nightdesk.engine.models import Job
while Job.objects.get(pk=jobs[0]).progress <= 8:
    time.sleep(0.02)
print(jobs[0], actions.cancel(job_id=uuid.UUID(jobs[0])))
"""
CANCEL_TOOK = (
    "SELECT (julianday(finished_at) - julianday(cancel_requested_at)) * 86400 FROM engine_job "
    "WHERE id = %s AND state = 'cancelled'"
)


class Studio:
    """An installation that makes pictures, with the gates of `gated_pictures`."""

    def __init__(self, nightdesk: Installation) -> None:
        self.nightdesk = nightdesk

    def submit(self, *names: str, side: int = 160) -> list[str]:
        jobs: list[str] = json.loads(self.nightdesk.run_script(SUBMIT, str(side), *names).splitlines()[-1])
        return jobs

    def close(self, gate: str) -> None:
        (self.nightdesk.data_dir / f"gate-{gate}").touch()

    def open(self, gate: str) -> None:
        (self.nightdesk.data_dir / f"gate-{gate}").unlink()
        for held in self.held(gate):
            held.unlink()

    def held(self, gate: str) -> list[Path]:
        return list(self.nightdesk.data_dir.glob(f"held-{gate}-*"))

    def wait_held(self, gate: str, count: int) -> list[int]:
        """Wait until so many processes stand at a gate, and return their ids."""
        wait_until(lambda: len(self.held(gate)) >= count, 90, lambda: f"{self.held(gate)}: {self.nightdesk.states()}")
        return [int(held.name.rpartition("-")[2]) for held in self.held(gate)]

    def standing(self, job_id: str) -> tuple[str, int, str]:
        """Say the state of a job, its percent, and what it does."""
        [(state, progress, message)] = self.nightdesk.sql(
            "SELECT state, progress, message FROM engine_job WHERE id = %s", [self.key(job_id)]
        )
        return state, progress, message

    def key(self, job_id: str) -> str:
        """Write a job's id as its database keeps it."""
        return job_id.replace("-", "") if self.nightdesk.database == "sqlite" else job_id

    def error(self, job_id: str) -> dict[str, str]:
        [(text,)] = self.nightdesk.sql("SELECT error FROM engine_jobpayload WHERE job_id = %s", [self.key(job_id)])
        error: dict[str, str] = json.loads(text)
        return error

    def files(self) -> set[str]:
        """Name what lies in the store."""
        store = self.nightdesk.data_dir / "media"
        return {str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()}

    def owned(self) -> set[str]:
        """Name the files whose row has an asset."""
        rows = self.nightdesk.sql("SELECT name FROM images_storedfile WHERE asset_id IS NOT NULL")
        return {str(name) for (name,) in rows}

    def rows_of_nobody(self) -> list[Any]:
        return self.nightdesk.sql("SELECT name, job_id, doomed_at FROM images_storedfile WHERE asset_id IS NULL")

    def made(self) -> list[str]:
        rows = self.nightdesk.sql("SELECT operation FROM images_asset WHERE origin = 'made' ORDER BY operation")
        return [str(operation) for (operation,) in rows]

    def check_store(self) -> None:
        """Every file has a row with an asset, and every such row has its file; wait for sweeps that were asked for."""
        wait_until(
            lambda: self.files() == self.owned() and not self.rows_of_nobody(),
            30,
            lambda: f"unowned: {self.files() ^ self.owned()}, rows of nobody: {self.rows_of_nobody()}",
        )


@pytest.fixture
def studio(make_installation: MakeInstallation) -> Studio:
    return Studio(make_installation(database="sqlite", broker="files", extra_tasks=["tests.fault.gated_pictures"]))


def start(studio: Studio, name: str, concurrency: int) -> Worker:
    return studio.nightdesk.worker(name, pool="prefork", concurrency=concurrency).wait_ready()


def kill_children(pids: Sequence[int]) -> None:
    for pid in pids:
        psutil.Process(pid).kill()


def run_all_again(studio: Studio, kill: Callable[[list[int]], None], rescued_s: float) -> None:
    """Hold one job of each operation in the middle of its work, kill, and look what becomes of them."""
    studio.close("working")
    jobs = studio.submit(*OPERATIONS)
    pids = studio.wait_held("working", len(OPERATIONS))
    studio.open("working")
    kill(pids)

    studio.nightdesk.done(len(jobs), limit_s=rescued_s)
    assert {studio.standing(job_id)[0] for job_id in jobs} == {"succeeded"}
    assert studio.made() == sorted(OPERATIONS)
    runs = studio.nightdesk.sql("SELECT runs FROM engine_job WHERE kind LIKE 'images.process%%' ORDER BY runs")
    assert [count for (count,) in runs] == [2] * len(OPERATIONS)
    studio.check_store()


def test_each_operation_is_done_once_when_its_process_is_killed(studio: Studio) -> None:
    start(studio, "a", len(OPERATIONS))

    run_all_again(studio, kill_children, rescued_s=60)


def test_each_operation_is_done_once_when_its_worker_is_killed(studio: Studio) -> None:
    worker = start(studio, "a", len(OPERATIONS))

    def kill(_: list[int]) -> None:
        worker.kill9()
        start(studio, "b", len(OPERATIONS))

    run_all_again(studio, kill, rescued_s=90)


def test_result_is_stored_once_when_its_process_is_killed_between_file_and_row(studio: Studio) -> None:
    start(studio, "a", 1)
    studio.close("saving")
    (job_id,) = studio.submit("image_generation")
    (pid,) = studio.wait_held("saving", 1)
    written = studio.files()
    assert len(written) == 4  # the picture and its small copies, which no asset has yet

    studio.open("saving")
    kill_children([pid])

    studio.nightdesk.done(1, limit_s=60)
    assert studio.standing(job_id)[0] == "succeeded"
    assert studio.made() == ["image_generation"]
    studio.check_store()
    assert not written & studio.files()


def test_cancel_ends_work_within_a_second_and_leaves_nothing(studio: Studio, report: Callable[[str], None]) -> None:
    start(studio, "a", 1)
    studio.submit("style_transfer", "object_removal")  # what has to be compiled or loaded is there afterwards
    studio.nightdesk.done(2, limit_s=120)
    before = studio.files()
    for name in ("style_transfer", "object_removal"):
        job_id, said = studio.nightdesk.run_script(SUBMIT + CANCEL, "1800", name, limit_s=60).split()[-2:]
        [(took_s,)] = wait_until(
            lambda job=job_id: studio.nightdesk.sql(CANCEL_TOOK, [studio.key(job)]),  # type: ignore[misc]
            30,
            "it is cancelled",
        )
        report(f"{name}: cancelled {took_s:.2f} s after it was asked")
        assert (said, float(str(took_s)) < CANCELLED_S) == ("requested", True)
    wait_until(lambda: studio.files() == before, 30, lambda: f"left: {studio.files() - before}")
    studio.check_store()


def test_pictures_that_do_not_fit_fail_in_plain_words_and_the_worker_goes_on(studio: Studio) -> None:
    worker = start(studio, "a", 1)
    children = {child.pid for child in worker.children()}
    bad = studio.submit("no_face", "two_faces")
    (good,) = studio.submit("image_generation")

    wait_until(lambda: studio.standing(good)[0] == "succeeded", 60, lambda: f"{studio.nightdesk.states()}")
    assert [studio.standing(job_id)[0] for job_id in bad] == ["failed", "failed"]
    assert [studio.error(job_id)["code"] for job_id in bad] == ["unsuitable_picture"] * 2
    assert all("face" in studio.error(job_id)["message"] for job_id in bad)
    assert {child.pid for child in worker.children()} == children
    studio.check_store()
    assert len(studio.files()) == 4
