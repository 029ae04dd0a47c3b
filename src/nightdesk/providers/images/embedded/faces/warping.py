"""Every pixel of the target's face, fetched from the source's by a mesh of triangles."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Mask, Pixels

#: A source that is so much larger than the target is made smaller first, else thin lines would flicker.
_MUCH_LARGER: Final = 0.7

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
    mesh = Delaunay(target_points)
    triangles = _draw_triangles(mesh, size)
    rows, columns = np.nonzero(triangles >= 0)
    chosen = triangles[rows, columns]
    wanted = np.stack([columns, rows], axis=1).astype(np.float64)
    shapes = mesh.transform[chosen]
    two = np.einsum("nij,nj->ni", shapes[:, :2], wanted - shapes[:, 2])
    shares = np.c_[two, 1 - two.sum(axis=1)]
    lookup = np.full((height, width, 2), -1, np.float32)
    lookup[rows, columns] = np.einsum("ni,nij->nj", shares, points[mesh.simplices[chosen]])
    fetched: Any = cv2.remap(picture, lookup[..., 0], lookup[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return fetched.astype(np.float32), triangles >= 0


def _draw_triangles(mesh: Any, size: tuple[int, int]) -> NDArray[np.int32]:
    """Return the number of the triangle that each pixel lies in, -1 outside.

    Drawn, not searched: SciPy's `find_simplex` looks through all triangles for every pixel outside, which took seven
    seconds for some faces. Triangles without an area are left out: nothing can be fetched through them.
    """
    import cv2

    numbers = np.full(size, -1, np.int32)
    fine = 4  # bits of the fraction in which cv2 takes coordinates
    corners = np.rint(mesh.points[mesh.simplices] * (1 << fine)).astype(np.int32)
    for number in np.nonzero(np.isfinite(mesh.transform).all(axis=(1, 2)))[0]:
        cv2.fillConvexPoly(numbers, corners[number], int(number), cv2.LINE_8, fine)
    return numbers
