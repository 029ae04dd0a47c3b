"""Where the subject may be, at the small size: each clue is 0 to 1 for every pixel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Box, Pixels

FindSubject = Callable[[Pixels], Floats]
#: The second look from nearer sees the subject in the box that the first one corrected.
_LOOKS_FROM_NEARER: Final = 2
#: A subject smaller than this share of the picture is not looked at again from nearer.
_LEAST_SHARE: Final = 0.005
#: A box that fills more than this share gains nothing from a second look.
_MOST_SHARE: Final = 0.75
_MARGIN: Final = 0.15
#: Colour distances in Lab: below this a pixel agrees with the backdrop.
_AGREES: Final = 10.0


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A smooth surface of colour fitted to three edges: each pixel's distance to it, and how many edge pixels agree."""

    distance: Floats
    agreement: float


def look_for_person(rgb: Pixels, find_subject: FindSubject) -> Floats:
    """Ask the model of people, then again on the subject's box: at 256 px it sees small subjects badly."""
    clue = find_subject(rgb)
    for _ in range(_LOOKS_FROM_NEARER):
        box = _frame_subject(clue)
        if box is None:
            break
        nearer = np.zeros_like(clue)
        nearer[box] = find_subject(np.ascontiguousarray(rgb[box]))
        clue = np.where(nearer > 0, 0.3 * clue + 0.7 * nearer, 0.3 * clue).astype(np.float32)
    return clue


def _frame_subject(clue: Floats) -> tuple[slice, slice] | None:
    """Return the box of a subject with some surroundings; None: it is too small, or as good as the whole picture."""
    height, width = clue.shape
    rows, columns = np.nonzero(clue > 0.5)
    if len(rows) < _LEAST_SHARE * height * width:
        return None
    (left, right), (top, bottom) = np.percentile(columns, [0.5, 99.5]), np.percentile(rows, [0.5, 99.5])
    aside, above = _MARGIN * (right - left) + 8, _MARGIN * (bottom - top) + 8
    x0, x1 = int(max(0, left - aside)), int(min(width, right + aside))
    y0, y1 = int(max(0, top - above)), int(min(height, bottom + above))
    if (x1 - x0) * (y1 - y0) > _MOST_SHARE * height * width:
        return None
    return slice(y0, y1), slice(x0, x1)


def look_into_box(rgb: Pixels, box: Box, find_subject: FindSubject) -> Floats:
    """Ask the model of people about a box and a little around it; elsewhere the clue is 0."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = box
    aside, above = int(_MARGIN * (x1 - x0)), int(_MARGIN * (y1 - y0))
    near = (slice(max(0, y0 - above), min(height, y1 + above)), slice(max(0, x0 - aside), min(width, x1 + aside)))
    clue = np.zeros((height, width), np.float32)
    clue[near] = find_subject(np.ascontiguousarray(rgb[near]))
    return clue


def fit_backdrop(rgb: Pixels) -> Backdrop:
    """Fit a quadratic surface of Lab colour to the edges, without the lower one: that is often the subject's."""
    import cv2

    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    height, width = lab.shape[:2]
    rim = max(3, int(0.03 * min(height, width)))
    edge = np.zeros((height, width), bool)
    edge[:rim] = edge[:, :rim] = edge[:, -rim:] = True
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    rows, columns = rows / height, columns / width
    terms = np.stack([np.ones_like(rows), columns, rows, columns * rows, columns**2, rows**2], axis=-1)
    known, wanted = terms[edge].astype(np.float64), lab[edge].astype(np.float64)
    weights = np.ones(len(known))
    surface: Any = None
    residual = weights
    for _ in range(8):  # iteratively reweighted: a subject that reaches the edge loses its say
        weighted = known * (weights**2)[:, None]
        # The normal equations: six unknowns are solved at once, and the terms are of one size, so nothing is lost.
        surface = np.linalg.solve(weighted.T @ known, weighted.T @ wanted)
        residual = np.linalg.norm(known @ surface - wanted, axis=1)
        weights = 1 / (1 + (residual / 6) ** 2)
    apart = terms @ surface.astype(np.float32) - lab
    distance = np.sqrt(np.einsum("yxc,yxc->yx", apart, apart))
    return Backdrop(distance, float((residual < _AGREES).mean()))


def prefer_middle(salient: Floats, person: Floats) -> Floats:
    """Join what stands out with a leaning to the middle and with what little the model of people saw."""
    height, width = salient.shape
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = np.exp(-(columns**2 + rows**2) / (2 * 0.55**2))
    joined = 0.55 * salient * middle + 0.35 * middle * salient**0.5 + 0.4 * person
    scaled: Floats = np.clip(joined / max(0.01, float(np.percentile(joined, 99))), 0, 1).astype(np.float32)
    return scaled
