"""Pictures as arrays: the few steps that every operation takes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.protocol import Pixels

#: Values that are worked with; the range is said where it matters.
Floats = NDArray[np.floating[Any]]
#: Transparency, (height, width): 255 is opaque.
Alpha = NDArray[np.uint8]


def split_alpha(pixels: Pixels) -> tuple[Pixels, Alpha | None]:
    """Part a picture into its colours, a copy of its own, and its transparency; None: it is opaque."""
    rgb = np.array(pixels[..., :3], np.uint8, order="C")
    if pixels.shape[2] == 3 or bool((pixels[..., 3] == 255).all()):
        return rgb, None
    return rgb, np.ascontiguousarray(pixels[..., 3])


def join_alpha(rgb: Pixels, alpha: Alpha | None) -> Pixels:
    """Put transparency back; without any the picture has three channels."""
    return rgb if alpha is None else np.dstack([rgb, alpha])


def shrink(picture: Any, longest: int) -> tuple[Any, float]:
    """Scale an array down so that its longer side has `longest` pixels at most; return it with the factor (1: as it was)."""
    import cv2

    height, width = picture.shape[:2]
    factor = min(1.0, longest / max(height, width))
    if factor == 1.0:
        return picture, factor
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA), factor


def to_bytes(values: Any) -> Pixels:
    """Round floats of 0 to 255 to bytes; what lies beyond is cut off."""
    rounded: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded
