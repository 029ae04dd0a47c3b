"""Every pixel of the target's face, fetched from the source's by a mesh of triangles."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Mask, Pixels

#: A source that is so much larger than the target is made smaller first, else thin lines would flicker.
_MUCH_LARGER: Final = 0.7
#: Triangles below this (twice their area, in square pixels) cover no pixel.
_LEAST_AREA: Final = 1e-3

Points = NDArray[np.float64]


def match_scale(picture: Pixels, points: Points, target_points: Points) -> tuple[Pixels, Points]:
    """Shrink the source to the scale of the target's face where it is larger."""
    import cv2

    factor = float(np.ptp(target_points[:, 1]) / max(1.0, float(np.ptp(points[:, 1]))))
    if factor >= _MUCH_LARGER:
        return picture, points
    smaller: Pixels = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return smaller, points * factor


def warp(picture: Pixels, points: Points, target_points: Points, size: tuple[int, int]) -> tuple[Floats, Mask]:
    """Return the source's face in the shape of the target's, for a window of (height, width), and where it has pixels.

    `target_points` are relative to the window.
    """
    import cv2
    from scipy.spatial import Delaunay

    height, width = size
    mesh = Delaunay(target_points).simplices
    triangles = _draw_triangles(target_points[mesh], size)
    rows, columns = np.nonzero(triangles >= 0)
    shares = _share_corners(target_points[mesh], triangles[rows, columns], np.stack([columns, rows], axis=1))
    lookup = np.full((height, width, 2), -1, np.float32)
    lookup[rows, columns] = np.einsum("ni,nij->nj", shares, points[mesh[triangles[rows, columns]]])
    fetched: Any = cv2.remap(picture, lookup[..., 0], lookup[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return fetched.astype(np.float32), triangles >= 0


def _draw_triangles(corners: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.int32]:
    """Return the number of the triangle that each pixel lies in, -1 outside.

    Drawn, and not looked up by SciPy: its `find_simplex` and `transform` solve one small system a triangle with a pool of
    threads, which took from 5 ms to 9 s where other processes wanted the cores.
    """
    import cv2

    numbers = np.full(size, -1, np.int32)
    fine = 4  # bits of the fraction in which cv2 takes coordinates
    scaled = np.rint(corners * (1 << fine)).astype(np.int32)
    for number in np.nonzero(np.abs(_measure_areas(corners)) > _LEAST_AREA)[0]:
        cv2.fillConvexPoly(numbers, scaled[number], int(number), cv2.LINE_8, fine)
    return numbers


def _measure_areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return twice the area of each triangle, with a sign."""
    first, second = corners[:, 0] - corners[:, 2], corners[:, 1] - corners[:, 2]
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]


def _share_corners(
    corners: NDArray[np.float64], chosen: NDArray[np.int32], pixels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how much each corner of its triangle has of each pixel (barycentric coordinates)."""
    first, second = corners[chosen, 0] - corners[chosen, 2], corners[chosen, 1] - corners[chosen, 2]
    apart = pixels - corners[chosen, 2]
    area = _measure_areas(corners)[chosen]
    one = (apart[:, 0] * second[:, 1] - apart[:, 1] * second[:, 0]) / area
    two = (first[:, 0] * apart[:, 1] - first[:, 1] * apart[:, 0]) / area
    return np.stack([one, two, 1 - one - two], axis=1)
