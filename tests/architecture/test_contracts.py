"""The import contracts hold, and each of them bites: a violation planted in a copy of the source is named.

The copy is linted as a whole, so that a planted line is also seen to break nothing but what it is meant to break.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
}


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A line planted at the end of a file (a new one where there is none), and the contract that it breaks."""

    contract: str
    file: str
    line: str


VIOLATIONS = [
    Violation(contract="layers", file="httpkit/stray.py", line="import nightdesk.accounts.models"),
    Violation(contract="layers", file="engine/stray.py", line="import nightdesk.providers.text"),
    Violation(contract="layers", file="campaigns/stray.py", line="import nightdesk.web.apps"),
    Violation(contract="layers", file="web/stray.py", line="import nightdesk.config.settings_page"),
    Violation(contract="layers", file="newcomer/__init__.py", line="'a package that has no layer'"),
    Violation(contract="accounts-apart", file="campaigns/stray.py", line="import nightdesk.accounts.errors"),
    Violation(contract="app-edges", file="images/stray.py", line="import nightdesk.campaigns.errors"),
    Violation(contract="app-edges", file="accounts/stray.py", line="import nightdesk.operations.apps"),
    Violation(contract="app-modules", file="campaigns/errors.py", line="import nightdesk.campaigns.models"),
    Violation(contract="app-modules", file="accounts/models.py", line="import nightdesk.accounts.services"),
    Violation(contract="app-modules", file="campaigns/tasks.py", line="import nightdesk.campaigns.api"),
    Violation(contract="jobs-leaf", file="campaigns/jobs.py", line="import nightdesk.engine.states"),
    Violation(contract="jobs-leaf", file="campaigns/jobs.py", line="import django.db"),
    Violation(
        contract="services-without-tasks", file="operations/services.py", line="import nightdesk.campaigns.tasks"
    ),
    Violation(contract="core-alone", file="core/stray.py", line="import django.conf"),
    Violation(contract="core-alone", file="core/stray.py", line="import redis"),
    Violation(contract="providers-apart", file="providers/stray.py", line="import django.conf"),
    Violation(contract="celery-inside", file="campaigns/stray.py", line="import celery"),
    Violation(contract="celery-inside", file="web/stray.py", line="def later():\n    import kombu"),
    Violation(contract="http-outside", file="campaigns/stray.py", line="import httpx2"),
    Violation(contract="http-outside", file="campaigns/stray.py", line="def later():\n    import openai"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the source, the contracts and their own kind of contract."""
    leave_out = shutil.ignore_patterns("__pycache__", "static", "templates", "*.egg-info")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=leave_out)
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=leave_out)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def lint(clean_environment: dict[str, str]) -> Callable[[Path], dict[str, str]]:
    """Lint a copy; give each broken contract with what the linter says about it."""

    def run(folder: Path) -> dict[str, str]:
        done = subprocess.run(
            [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
            env={**clean_environment, "PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        summary = re.search(r"Contracts: (\d+) kept, (\d+) broken", done.stdout)
        assert summary is not None, done.stdout + done.stderr
        broken = {
            key
            for key, name in CONTRACTS.items()
            if re.search(rf"^{re.escape(name)} BROKEN", done.stdout, re.MULTILINE)
        }
        assert (int(summary[2]), done.returncode) == (len(broken), int(bool(broken)))
        return dict.fromkeys(broken, done.stdout)

    return run


def test_contracts_are_kept(copy: Path, lint: Callable[[Path], dict[str, str]]) -> None:
    assert lint(copy) == {}


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda v: f"{v.contract}: {v.file}: {v.line.split()[-1]}")
def test_planted_violation_breaks_its_contract(
    copy: Path, lint: Callable[[Path], dict[str, str]], violation: Violation
) -> None:
    path = copy / "src" / "nightdesk" / violation.file
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{violation.line}\n")

    broken = lint(copy)

    assert set(broken) == {violation.contract}
    module = "nightdesk." + violation.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert module in broken[violation.contract]


def test_every_contract_has_a_planted_violation() -> None:
    assert {violation.contract for violation in VIOLATIONS} == set(CONTRACTS)
