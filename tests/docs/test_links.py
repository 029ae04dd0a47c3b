"""Every link between documents leads somewhere."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, Page, find_broken_links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Page) -> None:
    assert find_broken_links(page) == []


def test_link_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A heading, here\n")
    path = tmp_path / "page.md"
    path.write_text(
        "# Own\n[a](there.md) [b](there.md#a-heading-here) [c](#own) [d](https://example.org/x) `[e](code.md)`\n"
        "[f](missing.md) [g](there.md#missing) ![h](missing.png) [i](#missing)\n"
    )
    assert find_broken_links(Page(path)) == ["missing.md", "there.md#missing", "missing.png", "#missing"]
