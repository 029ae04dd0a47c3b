"""What makes a filling fit: light evened at its edge, and a feather of at most three pixels."""

from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats, to_bytes
from nightdesk.providers.images.protocol import Mask, Pixels

#: Steps of light are worked out at this size: they are smooth.
_SMALL_SIDE: Final = 320
#: Of 255: a larger step is an edge of something, which the filling need not follow, and no change of light.
_EDGE: Final = 40.0
#: How far outside the mask pixels may change.
FEATHER_PX: Final = 3


def even_light(before: Floats, filled: Floats, hole: Mask) -> Floats:
    """Spread the step of light at the seam into the hole (a cheap membrane)."""
    import cv2

    height, width = hole.shape
    factor = min(1.0, _SMALL_SIDE / max(height, width))
    size = (max(8, int(width * factor)), max(8, int(height * factor)))

    def small(values: Any) -> Any:
        return cv2.resize(values, size, interpolation=cv2.INTER_AREA)

    inside = small(hole.astype(np.float32)) > 0.5
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    deepest = float(depth.max())
    if deepest < 1:
        return filled
    rim = max(1, int(deepest * 0.12))
    spread = max(1.5, deepest * 0.45)
    around = cv2.dilate(inside.astype(np.uint8), np.ones((2 * rim + 3, 2 * rim + 3), np.uint8)) > 0
    outer = _blur_known(small(before), around & ~inside, spread)
    inner = _blur_known(small(filled), inside & (depth <= rim + 1), spread)
    apart = outer - inner
    largest = np.abs(apart).max(axis=2, keepdims=True)
    step = apart / (1 + (largest / _EDGE) ** 4) * np.exp(-depth / (0.7 * deepest))[..., None]
    grown = cv2.resize(step.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    evened: Floats = np.where(hole[..., None], filled + 0.8 * grown, filled).astype(np.float32)
    return evened


def blend(before: Pixels, filled: Floats, hole: Mask, softness_px: float = 1.0) -> Pixels:
    """Put the filling into the picture; outside the mask it fades within `FEATHER_PX`."""
    import cv2

    near = (
        cv2.dilate(hole.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * FEATHER_PX + 1,) * 2)) > 0
    )
    share = cv2.GaussianBlur(cv2.dilate(hole.astype(np.float32), np.ones((3, 3))), (0, 0), max(1.0, softness_px))
    share = np.where(near, np.maximum(share, hole), 0).astype(np.float32)[..., None]
    mixed = to_bytes(before * (1 - share) + filled * share)
    return np.where(near[..., None], mixed, before)


def _blur_known(values: Floats, known: Mask, spread: float) -> Floats:
    import cv2

    weight = known.astype(np.float32)
    total = cv2.GaussianBlur(values * weight[..., None], (0, 0), spread)
    blurred: Floats = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), spread)[..., None], 1e-4)
    return blurred
