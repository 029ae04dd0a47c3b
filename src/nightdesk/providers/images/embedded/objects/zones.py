"""Holes that are filled one at a time, each with a window round it: the cost follows the hole, not the picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nightdesk.providers.images.protocol import Mask

#: A window reaches so far round its hole, in shares of the hole's longer side, but at least in pixels.
_AROUND: Final = 1.0
_LEAST_AROUND_PX: Final = 96
#: Holes nearer to each other than this are filled together.
_TOGETHER_PX: Final = 12
#: A pixel is deep when it is farther from the edge of the hole than this, in pixels and in shares of the shorter side.
_DEEP_PX: Final = 4.0
_DEEP_SHARE: Final = 0.006
#: A hole is a thin mark when no more of it is deep than this: where lines cross, some always is.
_DEEP_PART: Final = 0.05


@dataclass(frozen=True, slots=True)
class Zone:
    """A hole in its window: rows y0 to y1, columns x0 to x1."""

    y0: int
    y1: int
    x0: int
    x1: int
    hole: Mask
    is_thin: bool

    @property
    def window(self) -> tuple[slice, slice]:
        """The window, to index a picture with."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


def find_zones(mask: Mask) -> list[Zone]:
    """Part a mask into zones, the smallest first: what is filled may serve the next one."""
    import cv2

    flat = mask.astype(np.uint8)
    side = 2 * _TOGETHER_PX + 1
    joined = cv2.dilate(flat, np.ones((side, side), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    zones = []
    for number in range(1, count):
        left, top, width, height = (int(value) for value in stats[number, :4])
        inner = (slice(top, top + height), slice(left, left + width))
        hole = mask[inner] & (labels[inner] == number)
        zones.append(_frame(mask, hole, top, left))
    return sorted(zones, key=lambda zone: int(zone.hole.sum()))


def _frame(mask: Mask, hole: Mask, top: int, left: int) -> Zone:
    import cv2

    rows, columns = np.nonzero(hole)
    y0, y1, x0, x1 = rows.min() + top, rows.max() + top + 1, columns.min() + left, columns.max() + left + 1
    around = int(max(_AROUND * max(y1 - y0, x1 - x0), _LEAST_AROUND_PX))
    height, width = mask.shape
    above, below = max(0, int(y0) - around), min(height, int(y1) + around)
    before, after = max(0, int(x0) - around), min(width, int(x1) + around)
    framed = np.zeros((below - above, after - before), bool)
    framed[rows + top - above, columns + left - before] = True
    padded = np.pad(framed, 1).astype(np.uint8)  # beyond the picture there is nothing to remove
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    deep = depth > max(_DEEP_PX, _DEEP_SHARE * min(height, width))
    is_thin = float(deep.sum()) <= _DEEP_PART * len(rows)
    return Zone(above, below, before, after, framed, is_thin)
