"""The size gate: what it counts, what it lets pass, what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.size_gate import FILE_HARD, FILE_SOFT, FUNCTION_HARD, FUNCTION_SOFT, Finding, find_in_source

GATE = Path(__file__).parents[3] / "tools" / "size_gate.py"


def make_function(lines: int, *, docstring_lines: int = 0) -> str:
    docstring = ['    """' + "\n    said" * (docstring_lines - 1) + '"""'] if docstring_lines else []
    return "\n".join(["@decorated", "def work():", *docstring, *["    done = 1"] * (lines - 1)]) + "\n"


@pytest.mark.parametrize(
    ("lines", "hard"),
    [(FUNCTION_SOFT, None), (FUNCTION_SOFT + 1, False), (FUNCTION_HARD, False), (FUNCTION_HARD + 1, True)],
)
def test_function_is_noted_beyond_the_soft_limit_and_refused_beyond_the_hard_one(lines: int, hard: bool | None) -> None:
    found = [(finding.lines, finding.hard) for finding in find_in_source(make_function(lines), place="a.py")]
    assert found == ([] if hard is None else [(lines, hard)])


def test_docstring_does_not_make_a_function_longer() -> None:
    source = make_function(FUNCTION_SOFT, docstring_lines=40)
    assert list(find_in_source(source, place="a.py")) == []


def test_method_inside_a_class_is_measured() -> None:
    source = "class Desk:\n    async def work(self):\n" + "        done = 1\n" * FUNCTION_HARD
    (finding,) = find_in_source(source, place="a.py")
    assert str(finding) == f"a.py:2: too long: work() has {FUNCTION_HARD + 1} lines, the limit is {FUNCTION_HARD}"


@pytest.mark.parametrize(
    ("lines", "hard"), [(FILE_SOFT, None), (FILE_SOFT + 1, False), (FILE_HARD, False), (FILE_HARD + 1, True)]
)
def test_file_is_noted_beyond_the_soft_limit_and_refused_beyond_the_hard_one(lines: int, hard: bool | None) -> None:
    limit = FILE_HARD if hard else FILE_SOFT
    finding = Finding(place="a.py", thing="the file", lines=lines, limit=limit, hard=bool(hard))
    assert list(find_in_source("done = 1\n" * lines, place="a.py")) == ([] if hard is None else [finding])


@pytest.mark.parametrize(
    ("folder", "lines", "code"),
    [
        ("src", FUNCTION_HARD + 1, 1),
        ("tests", FUNCTION_HARD + 1, 1),
        ("tools", FUNCTION_HARD + 1, 1),
        ("src", FUNCTION_SOFT + 1, 0),
        ("src/app/migrations", FUNCTION_HARD + 1, 0),
    ],
)
def test_gate_fails_only_where_a_hard_limit_is_broken(tmp_path: Path, folder: str, lines: int, code: int) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "desk.py").write_text(make_function(lines), encoding="utf-8")
    done = subprocess.run([sys.executable, GATE], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code
