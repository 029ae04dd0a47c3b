"""Decision records have one shape and are listed."""

import re

import pytest

from tests.docs.pages import ROOT, Page, page

RECORDS = [Page(path) for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.path.stem)
def test_record_has_its_four_headings(record: Page) -> None:
    assert re.findall(r"^## (.*)$", record.text, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.path.stem)
def test_record_is_called_by_its_number(record: Page) -> None:
    assert record.text.startswith(f"# {record.path.name[:4]}: ")


def test_numbers_follow_each_other() -> None:
    assert [record.path.name[:4] for record in RECORDS] == [f"{number:04d}" for number in range(1, len(RECORDS) + 1)]


def test_list_names_every_record_with_its_title() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\((.*?)\) \| (.*?) \|$", page("docs/decisions/README.md").text, re.MULTILINE)
    titles = [record.text.partition("\n")[0].partition(": ")[2] for record in RECORDS]
    assert listed == [
        (record.path.name[:4], record.path.name, title) for record, title in zip(RECORDS, titles, strict=True)
    ]
