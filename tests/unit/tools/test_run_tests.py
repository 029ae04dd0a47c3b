"""The two lines of `make test` run every test, and fail when one of them fails."""

import re
from pathlib import Path

from tests.docs.pages import ROOT
from tools import run_tests


def test_folders_of_the_lines_exist_and_what_one_runs_the_other_leaves_out() -> None:
    assert [name for name in (*run_tests.PROCESSES, *run_tests.DATABASES) if not (ROOT / name).is_dir()] == []
    assert [argument.removeprefix("--ignore=") for argument in run_tests.GATHERED[0]] == list(run_tests.SHOWN[0][1:])
    browser = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/*/*_in_browser.py"))
    assert list(run_tests.GATHERED[2]) == browser != []


def test_one_failure_fails_the_line_and_the_rest_still_runs(tmp_path: Path) -> None:
    for name, word in (("broken", "False"), ("sound", "True")):
        (tmp_path / f"test_{name}.py").write_text(f"def test_{name}() -> None:\n    assert {word}\n")
    with (tmp_path / "said").open("w+") as said:
        runs = [
            ["--rootdir", str(tmp_path), "-c", "/dev/null", str(tmp_path / f"test_{name}.py")]
            for name in ("broken", "sound")
        ]
        assert run_tests.run_all(runs, said)
        assert not run_tests.run_all(runs[1:], said)
        said.seek(0)
        assert re.findall(r"(\d) (passed|failed)", said.read()) == [("1", "failed"), ("1", "passed"), ("1", "passed")]
