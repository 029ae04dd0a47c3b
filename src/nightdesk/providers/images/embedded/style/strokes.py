"""Pictures drawn anew with strokes: brush, dots, and the stones of a mosaic. Each takes its colours from the picture.

Brush and dots after Hertzmann, "Painterly Rendering with Curved Brush Strokes of Multiple Sizes", SIGGRAPH 1998: large
strokes first, smaller ones only where the canvas still differs from the picture.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Pixels, Work

#: Radii of the strokes, in shares of the longer side.
_BRUSHES: Final = (0.016, 0.008, 0.004)
_DOTS: Final = (0.009, 0.006)
#: A place is painted over when it differs by more than this (mean absolute difference of channels).
_TOLERANCE: Final = 14.0
_LENGTH: Final = 4  # of a stroke, in radii
#: Strokes between two looks at whether to stop.
_CHUNK: Final = 2000
_STONE: Final = 0.02  # side of a stone of a mosaic, in shares of the longer side


def paint_brush(rgb: Pixels, seed: int, work: Work) -> Floats:
    """Return the picture painted with strokes along its shapes, with a relief of bristles."""
    import cv2

    random = np.random.default_rng(abs(seed))
    canvas = cv2.GaussianBlur(rgb, (0, 0), max(2.0, 0.02 * max(rgb.shape[:2])))
    relief: Any = np.full(rgb.shape[:2], 128, np.uint8)
    for share in _BRUSHES:
        radius = max(2, round(share * max(rgb.shape[:2])))
        wanted: Any = cv2.GaussianBlur(rgb, (0, 0), radius / 2)
        places = _find_places(canvas, wanted, radius, random)
        _lay_strokes(canvas, relief, wanted, places, radius, random, work)
    embossed = cv2.GaussianBlur(relief, (0, 0), 0.8).astype(np.float32) - 128
    lit: Floats = np.clip(np.asarray(canvas, np.float32) + 0.35 * embossed[..., None], 0, 255)
    return lit


def paint_dots(rgb: Pixels, seed: int, work: Work) -> Floats:
    """Return the picture as dots of pure colour on a pale ground."""
    import cv2

    random = np.random.default_rng(abs(seed))
    canvas: Any = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.02 * max(rgb.shape[:2])), np.float32)
    canvas = (0.55 * canvas + 0.45 * 238).astype(np.uint8)
    for share in _DOTS:
        radius = max(2, round(share * max(rgb.shape[:2])))
        wanted: Any = cv2.GaussianBlur(rgb, (0, 0), radius / 2)
        rows, columns = _jitter_grid(rgb.shape[:2], max(2, round(radius * 1.5)), random)
        colours = _brighten(wanted[rows, columns], random)
        for number, place in enumerate(zip(columns.tolist(), rows.tolist(), strict=True)):
            if number % _CHUNK == 0:
                work.check()
            cv2.circle(canvas, place, radius, colours[number], -1, cv2.LINE_AA)
    return np.asarray(canvas, np.float32)


def lay_mosaic(rgb: Pixels, seed: int, work: Work) -> Floats:
    """Return the picture as stones of one colour each, with dark joints between them."""
    import cv2

    random = np.random.default_rng(abs(seed))
    height, width = rgb.shape[:2]
    side = max(4, round(_STONE * max(height, width)))
    rows, columns = _jitter_grid((height, width), side, random)
    seeds = np.full((height, width), 255, np.uint8)
    seeds[rows, columns] = 0
    work.check()
    distance, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    work.check()
    stones = np.asarray(labels).ravel()
    counts = np.maximum(np.bincount(stones), 1)
    means = np.stack([np.bincount(stones, rgb[..., channel].ravel()) / counts for channel in range(3)], axis=1)
    means += random.normal(0, 5, (len(means), 1))
    tiled = means[labels].astype(np.float32)
    work.check()
    joints = cv2.morphologyEx(np.asarray(labels, np.float32), cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0
    shade = 1.06 - 0.16 * np.clip(np.asarray(distance) / side, 0, 1)[..., None]
    stoned: Floats = np.clip(np.where(joints[..., None], tiled * 0.35 + 12, tiled * shade), 0, 255).astype(np.float32)
    return stoned


def _find_places(canvas: Any, wanted: Any, radius: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return where the canvas still differs, as rows and columns in a random order."""
    import cv2

    apart = cv2.boxFilter(np.abs(canvas.astype(np.float32) - wanted).mean(axis=2), -1, (radius, radius))
    rows, columns = _jitter_grid(apart.shape, radius, random)
    differs = apart[rows, columns] > _TOLERANCE
    if radius >= 0.012 * max(apart.shape):  # the first layer covers everything
        differs[:] = True
    places = np.stack([rows[differs], columns[differs]], axis=1)
    return places[random.permutation(len(places))]


def _lay_strokes(
    canvas: Any, relief: Any, wanted: Any, places: Any, radius: int, random: np.random.Generator, work: Work
) -> None:
    """Draw strokes across the gradient, in place; each has a bright and a dark flank in the relief."""
    import cv2

    grey = cv2.GaussianBlur(cv2.cvtColor(wanted, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 2.0 * radius)
    angle = np.arctan2(cv2.Sobel(grey, cv2.CV_32F, 0, 1), cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.pi / 2
    turned = angle[places[:, 0], places[:, 1]] + random.normal(0, 0.18, len(places))
    reach = np.stack([np.cos(turned), np.sin(turned)], axis=1) * radius * _LENGTH / 2
    starts = np.rint(places[:, ::-1] - reach).astype(int)
    ends = np.rint(places[:, ::-1] + reach).astype(int)
    colours = np.clip(wanted[places[:, 0], places[:, 1]] + random.normal(0, 6, (len(places), 1)), 0, 255).tolist()
    aside = np.rint(np.stack([-np.sin(turned), np.cos(turned)], axis=1) * radius * 0.5).astype(int)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if number % _CHUNK == 0:
            work.check()
        cv2.line(canvas, start.tolist(), end.tolist(), colours[number], radius, cv2.LINE_AA)
        cv2.line(relief, start.tolist(), end.tolist(), 128, radius, cv2.LINE_AA)
        for sign, light in ((-1, 175), (1, 80)):
            shift = sign * aside[number]
            cv2.line(relief, (start + shift).tolist(), (end + shift).tolist(), light, max(1, radius // 5), cv2.LINE_AA)


def _jitter_grid(size: tuple[int, ...], step: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Return rows and columns of places about `step` apart, in a random order."""
    height, width = size[0], size[1]
    rows, columns = (axis.ravel() for axis in np.mgrid[0:height:step, 0:width:step])
    rows = np.clip(rows + random.integers(0, step, len(rows)), 0, height - 1)
    columns = np.clip(columns + random.integers(0, step, len(columns)), 0, width - 1)
    order = random.permutation(len(rows))
    return rows[order], columns[order]


def _brighten(colours: Any, random: np.random.Generator) -> Any:
    """Return colours with more chroma, each a little off: dots mix in the eye."""
    values = colours.astype(np.float32)
    grey = values.mean(axis=1, keepdims=True)
    return np.clip(grey + (values - grey) * 1.35 + random.normal(0, 14, values.shape), 0, 255).tolist()
