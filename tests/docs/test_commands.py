"""Commands that the documents name exist, with the options that they name."""

import re
from typing import Final

import click
import pytest

from nightdesk.cli.main import cli
from tests.docs.pages import PAGES, ROOT, Page, page

_MAKE: Final = re.compile(r"\bmake ([a-z-]+)")
_NIGHTDESK: Final = re.compile(r"(?:^|(?<!-A)[\s/(])nightdesk ((?:[a-z][a-z-]*\b ?)+)?([^#|;]*)")
_OPTION: Final = re.compile(r"(?:^|\s)(--[a-z][a-z-]*)")
_SETTING: Final = re.compile(r"\b(?:NIGHTDESK|CELERY|DB|DATABASE)_[A-Z_]*[A-Z]\b")

TARGETS: Final = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
SETTINGS: Final = set(re.findall(r"`([A-Z_]+)`", page("docs/reference/settings.md").text))
#: Set by Celery's users elsewhere, or spoken of as words of the house.
NO_SETTINGS: Final = frozenset({"CELERY_DB_REUSE_MAX"})


def find_complaints(line: str) -> list[str]:
    """Say which commands and options on a line of code do not exist."""
    said = [f"make {target}" for target in _MAKE.findall(line) if target not in TARGETS]
    for words, rest in _NIGHTDESK.findall(line):
        said += _find_in_command(words.split(), rest.partition(" -- ")[0])
    return said


def _find_in_command(words: list[str], rest: str) -> list[str]:
    command: click.Command = cli
    context = click.Context(cli)
    path = ["nightdesk"]
    while words and isinstance(command, click.Group):
        path.append(words.pop(0))
        found = command.get_command(context, path[-1])
        if found is None:
            return [" ".join(path)]
        command = found
    if command.name == "manage":
        return []
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--version"}
    return [f"{' '.join(path)} {option}" for option in _OPTION.findall(rest) if option not in known]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_exist(page: Page) -> None:
    assert [complaint for line in page.code() for complaint in find_complaints(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_of_a_page_exist(page: Page) -> None:
    named = {setting.removesuffix("_FILE") for line in page.code() for setting in _SETTING.findall(line)}
    assert named - SETTINGS - NO_SETTINGS == set()


def test_first_commands_of_the_readme_are_up_and_test() -> None:
    start = page("README.md").text.partition("## Start")[2]
    assert _MAKE.findall(start)[:2] == ["up", "test"]


def test_command_that_does_not_exist_is_found() -> None:
    line = "make uo; make test; .venv/bin/nightdesk job shw 7 --watch; nightdesk job show 7 --wach --format json"
    assert find_complaints(line) == ["make uo", "nightdesk job shw", "nightdesk job show --wach"]
    assert find_complaints("nightdesk worker --pool prefork -- --unknown-to-us") == []
    assert find_complaints("nightdesk fly") == ["nightdesk fly"]
