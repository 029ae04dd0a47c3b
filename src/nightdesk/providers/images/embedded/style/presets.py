"""The named styles: filters of OpenCV, and moods that only change colours."""

from collections.abc import Callable
from typing import Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats, to_bytes
from nightdesk.providers.images.protocol import Pixels

Filter = Callable[[Pixels], Floats]


def find_preset(name: str) -> Filter | None:
    """Return the filter of this name; it gives the full look, 0 to 255."""
    return PRESETS.get(name)


def _oil(rgb: Pixels) -> Floats:
    import cv2

    side = max(3, round(0.006 * max(rgb.shape[:2])))
    painted: Floats = cv2.xphoto.oilPainting(rgb, min(side, 10), 1).astype(np.float32)
    return painted


def _watercolour(rgb: Pixels) -> Floats:
    import cv2

    smooth: Floats = cv2.edgePreservingFilter(rgb, flags=cv2.RECURS_FILTER, sigma_s=40, sigma_r=0.45).astype(np.float32)
    return smooth + 0.12 * (255 - smooth)


def _pencil(rgb: Pixels) -> Floats:
    import cv2

    grey, _ = cv2.pencilSketch(rgb, sigma_s=40, sigma_r=0.07, shade_factor=0.05)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def _noir(rgb: Pixels) -> Floats:
    grey = rgb @ np.array([0.3, 0.59, 0.11], np.float32) / 255
    curved = np.clip((grey - 0.5) * 1.35 + 0.48, 0, 1) ** 1.05
    return np.repeat((curved * 255)[..., None], 3, axis=2).astype(np.float32)


def _sepia(rgb: Pixels) -> Floats:
    grey = rgb @ np.array([0.3, 0.59, 0.11], np.float32)
    return np.clip(grey[..., None] * np.array([1.07, 0.9, 0.68], np.float32) + 8, 0, 255).astype(np.float32)


def _warm(rgb: Pixels) -> Floats:
    return np.clip(rgb * np.array([1.1, 1.0, 0.82], np.float32), 0, 255).astype(np.float32)


def _cool(rgb: Pixels) -> Floats:
    return np.clip(rgb * np.array([0.84, 1.0, 1.12], np.float32), 0, 255).astype(np.float32)


PRESETS: Final[dict[str, Filter]] = {
    "oil": _oil,
    "watercolour": _watercolour,
    "pencil": _pencil,
    "noir": _noir,
    "sepia": _sepia,
    "warm": _warm,
    "cool": _cool,
}


def mix(before: Pixels, after: Floats, share: float) -> Pixels:
    """Return a picture between the two; 1 is all of the style."""
    return to_bytes(before * np.float32(1 - share) + after * np.float32(share))
