"""The repository gate: what may not be committed."""

import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).parents[3] / "tools" / "repository_gate.py"

# Put together from pieces, so that this file may be committed.
REFUSED = {
    "docs/install.md": ("see https://py" + "pi.org/simple", "docs/install.md:1: names the host of a package index"),
    "notes.txt": ("ok\nin /ro" + "ot/desk", "notes.txt:2: names a folder of one machine"),
    "run.sh": ("cd /wo" + "rk/desk", "run.sh:1: names a folder of one machine"),
    "a.txt": ("--index" + "-url x", "a.txt:1: tells pip which index to use"),
    "uv" + ".lock": ("version = 1", "uv" + ".lock: a lock file with download addresses; pin in requirements/ instead"),
    "big.txt": ("x" * (1024 * 1024 + 1), "big.txt: 1048577 bytes, the limit is 1048576"),
    "key.pem": ("-----BEGIN PRIVATE" + " KEY-----", "key.pem:1: holds a private key"),
}
HARMLESS = "src/desk.py", "GET /api/work/1\n/srv/homework/x\nrootless ~/root/x /workers\nbrew --index\n"


def run_gate(folder: Path, place: str, text: str) -> tuple[int, str]:
    subprocess.run(["git", "init", "-q", folder], check=True)
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, GATE], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout.strip()


@pytest.mark.parametrize("place", REFUSED)
def test_text_that_ties_the_project_to_one_place_is_refused(tmp_path: Path, place: str) -> None:
    text, complaint = REFUSED[place]
    assert run_gate(tmp_path, place, text) == (1, complaint)


def test_harmless_text_passes(tmp_path: Path) -> None:
    assert run_gate(tmp_path, *HARMLESS) == (0, "")


def test_ignored_file_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("notes.txt\n")
    assert run_gate(tmp_path, "notes.txt", REFUSED["notes.txt"][0]) == (0, "")
