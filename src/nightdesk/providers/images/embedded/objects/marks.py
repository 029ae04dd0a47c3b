"""Thin marks (scratches, wires, lettering): a smooth membrane meets them better than patches do."""

from typing import Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Mask, Pixels, Work

#: The equations of a tile are solved at once; a tile of this side takes about 0.1 s.
_TILE: Final = 256
_OVERLAP: Final = 24


def fill_thin(window: Pixels, hole: Mask, work: Work) -> Floats:
    """Fill with the biharmonic membrane of scikit-image, tile by tile."""
    from skimage.restoration import inpaint_biharmonic

    filled = window.astype(np.float32)
    height, width = hole.shape
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            core = (slice(top, min(height, top + _TILE)), slice(left, min(width, left + _TILE)))
            if not hole[core].any():
                continue
            work.check()
            y0, x0 = max(0, top - _OVERLAP), max(0, left - _OVERLAP)
            outer = (slice(y0, min(height, top + _TILE + _OVERLAP)), slice(x0, min(width, left + _TILE + _OVERLAP)))
            tile = inpaint_biharmonic(window[outer] / 255.0, hole[outer], channel_axis=-1, split_into_regions=True)
            inner = tile[top - y0 : top - y0 + _TILE, left - x0 : left - x0 + _TILE] * 255
            filled[core] = inner[: core[0].stop - top, : core[1].stop - left]
    return filled
