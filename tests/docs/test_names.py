"""Files, functions and tests that the documents name are there."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import PAGES, ROOT, Page, page

_PACKAGE: Final = ROOT / "src" / "nightdesk"
_SOURCE_FILE: Final = re.compile(r"^(?:src/nightdesk/)?((?:[a-z_0-9]+/)+[a-z_0-9]+\.(?:py|js))$")
_OTHER_FILE: Final = re.compile(r"^((?:tests|tools|docs|requirements|benchmarks|examples)/[\w./-]+\.\w+)$")
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_FUNCTION_IN_FILE: Final = re.compile(r"`([a-z_0-9/]+\.(?:py|js))` `(\w+)`")
_ENGINE_FILE: Final = re.compile(r"`(\w+\.py)`")


def find_missing_files(page: Page) -> list[str]:
    """List the files named in code spans of a page that do not exist."""
    missing = []
    for span in page.code():
        if found := _OTHER_FILE.match(span.partition("::")[0]):
            missing += [] if (ROOT / found[1]).exists() else [span]
        elif found := _SOURCE_FILE.match(span):
            missing += [] if _find_source(found[1]) or (page.path.parent / span).exists() else [span]
    return missing


def _find_source(name: str) -> Path | None:
    folders = (_PACKAGE, _PACKAGE.parent, _PACKAGE / "engine", _PACKAGE / "providers")
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def _names_in(path: Path) -> set[str]:
    if path.suffix == ".js":
        return set(re.findall(r"function (\w+)", path.read_text(encoding="utf-8")))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_a_page_exist(page: Page) -> None:
    assert find_missing_files(page) == []


def test_functions_of_the_architecture_are_in_their_files() -> None:
    named = _FUNCTION_IN_FILE.findall(page("ARCHITECTURE.md").text)
    wrong = [(file, name) for file, name in named if name not in _names_in(_find_source(file) or Path())]
    assert wrong == []
    assert len(named) > 30  # else the pattern has lost its grip on the page


def test_every_module_of_the_engine_has_its_place_in_the_architecture() -> None:
    table = page("ARCHITECTURE.md").text.partition("one noun a file")[2].partition("## Data")[0]
    modules = {path.name for path in (_PACKAGE / "engine").glob("*.py")} - {"__init__.py", "apps.py"}
    assert modules - set(_ENGINE_FILE.findall(table)) == set()


def test_tests_that_show_the_promises_exist() -> None:
    named = _TEST.findall(page("docs/promises.md").text)
    assert [f"{file}::{name}" for file, name in named if name not in _names_in(ROOT / file)] == []
    assert len(named) > 15


def test_missing_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("`engine/task.py` `engine/tusk.py` `tests/conftest.py` `tests/contest.py` `whatever.py`\n")
    assert find_missing_files(Page(path)) == ["engine/tusk.py", "tests/contest.py"]
