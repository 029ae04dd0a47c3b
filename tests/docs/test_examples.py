"""Examples in the documents run as they stand there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import page
from tests.support.nightdesk import Installation, MakeInstallation

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
