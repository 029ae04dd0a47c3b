"""Rules that the style checker enforces for us: planted violations are named, the same line is fine where it belongs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = "Settings are read once, in nightdesk.config."
OUTWARD = "Only providers speak HTTP outward."

PLANTED = [
    ("src/nightdesk/campaigns/stray.py", 'import os\n\nKEY = os.environ["KEY"]\n', ["TID251"], ENVIRONMENT),
    ("src/nightdesk/engine/stray.py", 'import os\n\nKEY = os.getenv("KEY")\n', ["TID251"], ENVIRONMENT),
    ("src/nightdesk/config/stray.py", 'import os\n\nKEY = os.environ["KEY"]\n', [], ""),
    (
        "src/nightdesk/web/stray.py",
        "import urllib.request\n\nopen_url = urllib.request.urlopen\n",
        ["TID251", "TID251"],
        OUTWARD,
    ),
    ("src/nightdesk/providers/stray.py", "import http.client\n\nConnection = http.client.HTTPSConnection\n", [], ""),
    ("src/nightdesk/campaigns/stray.py", "from . import models\n\nshown = models\n", ["TID252"], "absolute"),
    ("src/nightdesk/campaigns/stray.py", 'print("done")\n', ["T201"], "print"),
]


@pytest.mark.parametrize(("place", "source", "codes", "said"), PLANTED, ids=lambda value: str(value)[:40])
def test_planted_line_is_refused_outside_its_place(place: str, source: str, codes: list[str], said: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--no-cache",
            "--output-format=concise",
            f"--stdin-filename={place}",
            "-",
        ],
        input=f'"""A stray."""\n\n{source}',
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    found = [line for line in done.stdout.splitlines() if ": TID" in line or ": T201" in line]
    assert ([line.split()[1] for line in found], done.returncode) == (codes, int(bool(codes)))
    assert all(said in line for line in found)
    assert len(found) == len(codes)


def test_function_with_too_many_branches_is_refused() -> None:
    branches = "".join(f"    if value == {number}:\n        return {number * 2}\n" for number in range(8))
    source = f'"""A stray."""\n\n\ndef decide(value: int) -> int:\n    """Decide."""\n{branches}    return 0\n'
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select=C901", "--output-format=concise", "-"]
    done = subprocess.run(command, input=source, cwd=ROOT, capture_output=True, text=True)
    assert "`decide` is too complex (9 > 8)" in done.stdout
