"""Examples in the documents run as they stand there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.docs.pages import ROOT, page
from tests.support.nightdesk import Installation, MakeInstallation
from tests.support.processes import find_free_port

MAKE_OWNER = "from nightdesk.accounts.services import ensure_owner; ensure_owner()"
DEFAULT_ADDRESS = "http://localhost:8000"


@pytest.fixture
def nightdesk(make_installation: MakeInstallation) -> Installation:
    return make_installation(database="sqlite", broker="files")


def test_job_kinds_of_the_guide_do_what_it_says(nightdesk: Installation) -> None:
    blocks = page("docs/jobs.md").blocks("python")
    assert len(blocks) == 9
    nightdesk.run_script("\n".join(blocks))
    assert nightdesk.sql("SELECT kind, state, count(*) FROM engine_job GROUP BY 1, 2 ORDER BY 1") == [
        ("__main__.fetch_pages", "succeeded", 4),  # two asked for, two children
        ("__main__.fetch_site", "succeeded", 1),
        ("__main__.greet", "succeeded", 1),
        ("__main__.send_letter", "succeeded", 1),
        ("extras.add", "succeeded", 1),
    ]


def test_job_kind_of_the_readme_runs_in_a_worker(make_installation: MakeInstallation, tmp_path: Path) -> None:
    (source,) = page("README.md").blocks("python")
    assert len([line for line in source.splitlines() if line]) <= 10
    (tmp_path / "desk_extras.py").write_text(source)
    nightdesk = make_installation(
        database="sqlite", broker="files", extra_tasks=["desk_extras"], settings={"PYTHONPATH": str(tmp_path)}
    )
    nightdesk.worker("a", pool="threads").wait_ready()
    printed = nightdesk.run_script(
        'from desk_extras import count_words_task\nprint(count_words_task.delay(text="one two three").get(timeout=30))'
    )
    assert printed.split()[-1] == "3"
    assert nightdesk.sql("SELECT kind FROM engine_job") == [("desk_extras.count_words",)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_of_the_readme_makes_a_campaign_and_follows_it(nightdesk: Installation) -> None:
    web = nightdesk.web().wait_ready()
    nightdesk.worker("a", pool="threads").wait_ready()
    nightdesk.run_script(MAKE_OWNER)
    (script,) = page("README.md").blocks("sh")
    program = f"{sys.executable} -m nightdesk.cli"
    script = script.replace(DEFAULT_ADDRESS, web.url).replace(".venv/bin/nightdesk", program)
    done = subprocess.run(
        ["bash", "-euc", script], env=nightdesk.env, capture_output=True, text=True, timeout=60, check=True
    )
    finals = re.findall(r"^data: (.*)$", done.stdout, re.MULTILINE)
    assert json.loads(finals[-1])["state"] == "succeeded"
    listed = re.findall(r'{"items":.*', done.stdout)[-1]
    (campaign,) = json.loads(listed)["items"]
    assert (campaign["name"], campaign["ai_processing_status"]) == ("Quiet mornings", "completed")


def test_example_of_image_tasks_makes_a_picture_of_each_type(nightdesk: Installation, tmp_path: Path) -> None:
    """As its first lines say it: beside `nightdesk up`, on a folder where nothing has run yet."""
    port = find_free_port()
    up = nightdesk.command("up", "--port", str(port))
    up.wait_for_log("To stop: Ctrl-C", 60)
    token = nightdesk.run_command("token", "create").strip()
    example = ROOT / "examples" / "image_tasks.py"
    arguments = ["--url", f"http://localhost:{port}", "--out", str(tmp_path), "--allow-face-swap"]

    done = subprocess.run(
        [sys.executable, str(example), *arguments],
        env={**nightdesk.env, "TOKEN": token},
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 0, done.stdout + done.stderr + up.tail()
    assert done.stdout.count("refused (") == 6
    assert done.stdout.count("SUCCESS 100 %") == 5
    assert "style_transfer: PROCESSING" in done.stdout
    assert {path.name: size_of(path) for path in tmp_path.iterdir()} == {
        "image_generation.webp": (768, 768),
        "background_removal.webp": (512, 512),
        "object_removal.webp": (600, 400),
        "style_transfer.webp": (640, 427),
        "face_swap.png": (512, 512),
    }


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size
