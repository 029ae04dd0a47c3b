"""Programs that pip cannot install: found where they are, and a plain answer where they are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.ensure_program import Program, find

SCRIPT = Path(__file__).parents[3] / "tools" / "ensure_program.py"


def make_program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_program_is_found_by_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_program(tmp_path, "desk-browser")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find(Program(names=("desk", "desk-browser"), packages=("desk",))) == str(path)


def test_program_is_found_in_a_folder_off_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_program(tmp_path, "desk-server")
    monkeypatch.setenv("PATH", os.devnull)
    assert find(Program(names=("desk-server",), packages=("desk",), folders=(str(tmp_path),))) == str(path)


def test_program_without_what_it_needs_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_program(tmp_path, "desk")
    monkeypatch.setenv("PATH", str(tmp_path))
    desk = Program(names=("desk",), packages=("desk",), needs=("desk-drawer", str(tmp_path / "desk.conf")))
    assert find(desk) is None
    make_program(tmp_path, "desk-drawer")
    assert find(desk) is None
    (tmp_path / "desk.conf").touch()
    assert find(desk) == str(path)


def test_program_that_is_there_is_named_and_nothing_is_installed(tmp_path: Path) -> None:
    path = make_program(tmp_path, "chromium")
    make_program(tmp_path, "apt-get").write_text("#!/bin/sh\necho installed > apt-was-called\n")
    done = subprocess.run(
        [sys.executable, SCRIPT, "chromium"], env={"PATH": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, f"chromium: {path}\n")
    assert not (tmp_path / "apt-was-called").exists()


def test_program_that_nobody_knows_is_a_usage_error() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "postgres"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "usage: ensure_program.py chromium|rabbitmq|wordpress\n")
