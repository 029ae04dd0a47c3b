"""The table: one line a figure, what it should reach beside what it reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_HEADS: Final = ("what", "reach", "ours", "peers", "ratio", "disk flush", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `met` None: there is nothing to reach, the number is only printed."""

    what: str
    reach: str
    ours: str
    peers: str = ""
    ratio: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """The last cell."""
        return {True: "pass", False: "MISS", None: "printed"}[self.met]


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures that were taken one after the other, and how long the disk took to flush just before."""

    figures: tuple[Figure, ...]
    flush_ms: float
    failed: bool = False


def write_table(groups: Iterable[Measured]) -> str:
    """Write everything as one Markdown table."""
    rows = [_cells(figure, group) for group in groups for figure in group.figures]
    lines = [_HEADS, tuple("---" for _ in _HEADS), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(figure: Figure, group: Measured) -> Sequence[str]:
    verdict = "NOT MEASURED" if group.failed else figure.verdict
    cells = (figure.what, figure.reach, figure.ours, figure.peers, figure.ratio, f"{group.flush_ms:.2f} ms", verdict)
    return [cell.replace("|", "\\|").replace("\n", " ") for cell in cells]
