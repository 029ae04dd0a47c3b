"""The documents, as the tests read them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path from the root of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """Its fenced blocks of one language, in order."""
        return [body for found, body in _FENCE.findall(self.text) if found == language]

    def code(self) -> Iterator[str]:
        """Everything that is set as code: lines of blocks, fenced or indented, and spans."""
        text = self.text
        for _, body in _FENCE.findall(text):
            yield from body.splitlines()
        prose = _FENCE.sub("", text)
        yield from (line.strip() for line in prose.splitlines() if line.startswith("    "))
        yield from _SPAN.findall(prose)

    def links(self) -> list[str]:
        """Where its links and pictures lead, code left out."""
        return _LINK.findall(_SPAN.sub("", _FENCE.sub("", self.text)))

    def anchors(self) -> set[str]:
        """The fragments under which its headings can be linked to."""
        return {_anchor(heading) for heading in _HEADING.findall(_FENCE.sub("", self.text))}


def _anchor(heading: str) -> str:
    letters = unicodedata.normalize("NFC", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", letters).replace(" ", "-")


def find_broken_links(page: Page) -> list[str]:
    """List the links of a page that lead to no file, or to no heading of one; addresses elsewhere are not asked."""
    return [link for link in page.links() if "://" not in link and not _leads_somewhere(page, link)]


def _leads_somewhere(page: Page, link: str) -> bool:
    path, _, fragment = link.partition("#")
    target = (page.path.parent / path) if path else page.path
    if not target.exists():
        return False
    return not fragment or fragment in Page(target).anchors()


def list_pages() -> list[Page]:
    """List all documents of the repository."""
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"]
    return [Page(path) for path in sorted(paths)]


PAGES: Final = list_pages()


def page(name: str) -> Page:
    """Return one page by its path from the root."""
    return Page(ROOT / name)
