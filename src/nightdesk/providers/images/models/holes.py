"""Holes in a picture: where they are, what a model is shown of their surroundings, and how its answer is put in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nightdesk.providers.images.protocol import Box, Mask, Pixels

#: Pixels round a hole that a model sees to go by; what IOPaint found enough for LaMa (its `hd_strategy_crop_margin`).
MARGIN: Final = 128
#: The mask grows by so many pixels, for brushes leave a rim of the object, and the fill fades out over as many more.
_GROWTH: Final = 1
_FEATHER: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """A part of the picture round one hole: x0, y0, x1, y1 in pixels."""

    box: Box

    def of_pixels(self, pixels: Pixels) -> Pixels:
        """Return this part of the picture, as a view."""
        x0, y0, x1, y1 = self.box
        return pixels[y0:y1, x0:x1]

    def of_mask(self, mask: Mask) -> Mask:
        """Return this part of the mask, as a view."""
        x0, y0, x1, y1 = self.box
        return mask[y0:y1, x0:x1]


def find_cuttings(mask: Mask, *, least_side: int) -> list[Cutting]:
    """Find the parts of a picture to be shown to a model: each hole with its margin; parts that overlap are joined.

    A part has at least `least_side` pixels each way where the picture has them.
    """
    import cv2

    height, width = mask.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    boxes: list[Box] = []
    for x, y, wide, high, _area in stats[1:].tolist():
        x0, x1 = _widen(x, x + wide, least_side, width)
        y0, y1 = _widen(y, y + high, least_side, height)
        boxes = _join(boxes, (x0, y0, x1, y1))
    return [Cutting(box=box) for box in sorted(boxes, key=lambda box: (box[1], box[0]))]


def put_in(picture: Pixels, fill: Pixels, mask: Mask, cutting: Cutting) -> None:
    """Put a fill of the cutting's size into the picture, in place; 3 pixels beyond the mask nothing has changed."""
    import cv2

    hole = cutting.of_mask(mask).astype(np.uint8)
    grown = cv2.dilate(hole, np.ones((2 * _GROWTH + 1,) * 2, np.uint8)).astype(np.float32)
    soft = cv2.blur(grown, (2 * _FEATHER + 1,) * 2, borderType=cv2.BORDER_REPLICATE)
    share = np.maximum(soft, hole)[..., None]
    part = cutting.of_pixels(picture)
    mixed = part[..., :3] * (1 - share) + fill[..., :3] * share
    part[..., :3] = np.rint(mixed).astype(np.uint8)
    if part.shape[2] == 4:
        part[..., 3] = np.maximum(part[..., 3], np.rint(share[..., 0] * 255).astype(np.uint8))


def _widen(start: int, end: int, least: int, size: int) -> tuple[int, int]:
    start, end = start - MARGIN, end + MARGIN
    lacking = max(0, least - (end - start))
    start, end = start - lacking // 2, end + lacking - lacking // 2
    if start < 0:
        start, end = 0, end - start
    if end > size:
        start, end = start - (end - size), size
    return max(0, start), min(size, end)


def _join(boxes: list[Box], new: Box) -> list[Box]:
    apart = []
    for box in boxes:
        if box[0] < new[2] and new[0] < box[2] and box[1] < new[3] and new[1] < box[3]:
            new = (min(box[0], new[0]), min(box[1], new[1]), max(box[2], new[2]), max(box[3], new[3]))
        else:
            apart.append(box)
    return [*apart, new] if len(apart) == len(boxes) else _join(apart, new)
