"""The named styles: drawn anew with strokes, filtered, or only in other colours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.embedded.style.strokes import lay_mosaic, paint_brush, paint_dots
from nightdesk.providers.images.protocol import Pixels, Work

_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


Filter = Callable[[Pixels], Floats]
Drawing = Callable[[Pixels, int, Work], Floats]


@dataclass(frozen=True, slots=True)
class Preset:
    """A style by name: a filter without chance, or a drawing with a seed. `draws_over`: faces would be lost under it."""

    filter: Filter | None = None
    drawing: Drawing | None = None
    draws_over: bool = False

    def apply(self, rgb: Pixels, seed: int, work: Work) -> Floats:
        """Return the full look, 0 to 255."""
        if self.drawing is not None:
            return self.drawing(rgb, seed, work)
        return self.filter(rgb) if self.filter is not None else rgb.astype(np.float32)


def find_preset(style: str, prompt: str) -> tuple[str, Preset] | None:
    """Return the style of this name; without a name the first one that the prompt speaks of."""
    if style:
        name = style.strip().casefold()
        return (name, PRESETS[name]) if name in PRESETS else None
    words = re.findall(r"\w+", prompt.casefold())
    return next(((word, PRESETS[word]) for word in words if word in PRESETS), None)


def _paint_oil(rgb: Pixels) -> Floats:
    import cv2

    side = int(np.clip(round(0.006 * max(rgb.shape[:2])), 3, 8))
    return np.asarray(cv2.xphoto.oilPainting(rgb, side, 1), np.float32)


def _paint_watercolour(rgb: Pixels, seed: int, work: Work) -> Floats:
    """Flat washes, darker where they end, on grained paper."""
    import cv2

    washes: Any = cv2.edgePreservingFilter(rgb, flags=cv2.RECURS_FILTER, sigma_s=50, sigma_r=0.5)
    work.check()
    grey = cv2.cvtColor(washes, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    rim = np.clip(cv2.GaussianBlur(edges, (0, 0), 1.2) / 160, 0, 0.35)[..., None]
    grain = np.random.default_rng(abs(seed)).normal(0, 1, rgb.shape[:2]).astype(np.float32)
    paper = cv2.GaussianBlur(grain, (0, 0), 1.5)[..., None] * 9
    light = 255 - (255 - washes.astype(np.float32)) * 0.82
    return np.asarray(np.clip(light * (1 - rim) + paper, 0, 255), np.float32)


def _draw_pencil(rgb: Pixels, seed: int, work: Work) -> Floats:
    """Lines by dividing a grey picture by its blurred self, shading in hatched strokes."""
    import cv2

    grey: Any = (rgb @ _LUMA).astype(np.float32)
    soft = cv2.GaussianBlur(255 - grey, (0, 0), max(2.0, 0.008 * max(rgb.shape[:2])))
    lines = np.clip(grey * 255 / np.maximum(256 - soft, 1), 0, 255)
    work.check()
    grain = np.random.default_rng(abs(seed)).normal(0, 1, grey.shape).astype(np.float32)
    stroke = np.eye(17, dtype=np.float32)[::-1].copy() / 17
    hatching = cv2.filter2D(grain, -1, stroke) * 130
    dark = np.clip((150 - cv2.GaussianBlur(grey, (0, 0), 2)) / 150, 0, 1)
    drawn = np.clip(lines - dark * (70 + hatching), 0, 255)
    return np.repeat(drawn[..., None], 3, axis=2).astype(np.float32)


def _go_noir(rgb: Pixels) -> Floats:
    grey = rgb @ _LUMA / 255
    curved = np.clip((grey - 0.5) * 1.45 + 0.46, 0, 1)
    return np.repeat((curved * 255)[..., None], 3, axis=2).astype(np.float32)


def _go_sepia(rgb: Pixels) -> Floats:
    tone = (rgb @ _LUMA)[..., None] * np.array([1.07, 0.92, 0.72], np.float32) + 6
    return np.asarray(np.clip(tone, 0, 255), np.float32)


def _go_warm(rgb: Pixels) -> Floats:
    return np.asarray(np.clip(rgb * np.array([1.1, 1.0, 0.8], np.float32) + np.float32(3), 0, 255), np.float32)


def _go_cool(rgb: Pixels) -> Floats:
    return np.asarray(np.clip(rgb * np.array([0.82, 0.99, 1.12], np.float32), 0, 255), np.float32)


def _fade(rgb: Pixels) -> Floats:
    """Lifted blacks, less chroma, warm lights and bluish shadows: a print from a drawer."""
    grey = (rgb @ _LUMA)[..., None]
    pale = grey + (rgb - grey) * np.float32(0.7)
    shadow = 1 - grey / 255
    tint = shadow * np.array([-2, 6, 22], np.float32) + (1 - shadow) * np.array([10, 4, -16], np.float32)
    return np.asarray(np.clip(28 + pale * 0.84 + tint, 0, 255), np.float32)


PRESETS: Final[dict[str, Preset]] = {
    "brush": Preset(drawing=paint_brush, draws_over=True),
    "dots": Preset(drawing=paint_dots, draws_over=True),
    "mosaic": Preset(drawing=lay_mosaic, draws_over=True),
    "oil": Preset(filter=_paint_oil, draws_over=True),
    "watercolour": Preset(drawing=_paint_watercolour, draws_over=True),
    "pencil": Preset(drawing=_draw_pencil),
    "noir": Preset(filter=_go_noir),
    "sepia": Preset(filter=_go_sepia),
    "warm": Preset(filter=_go_warm),
    "cool": Preset(filter=_go_cool),
    "faded": Preset(filter=_fade),
}
