"""Photographs that ship inside scikit-image (its licence file says whose they are), at the size a test needs."""

from typing import Any, Final

import numpy as np
import skimage.data
import skimage.transform

from nightdesk.providers.images.protocol import Pixels

_FULL: Final = 255
_photographs: Any = skimage.data
_resize: Any = skimage.transform.resize


def astronaut(side: int = 512) -> Pixels:
    """A person before a busy background, looking into the camera."""
    return _shrink(_photographs.astronaut(), side)


def coffee(width: int = 600) -> Pixels:
    """A cup on a table: no face."""
    return _shrink(_photographs.coffee(), width)


def _shrink(photograph: Pixels, width: int) -> Pixels:
    height = round(photograph.shape[0] * width / photograph.shape[1])
    smaller = _resize(photograph, (height, width), anti_aliasing=True)
    shrunk: Pixels = (np.asarray(smaller) * _FULL).round().astype(np.uint8)
    return shrunk
