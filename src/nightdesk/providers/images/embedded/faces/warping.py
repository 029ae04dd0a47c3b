"""Every pixel of the target's face, fetched from the source's by a mesh of triangles."""

from typing import Final

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
    rows, columns = np.mgrid[0:height, 0:width]
    wanted = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
    triangles = mesh.find_simplex(wanted)
    covered = triangles >= 0
    shapes = mesh.transform[triangles[covered]]
    two = np.einsum("nij,nj->ni", shapes[:, :2], wanted[covered] - shapes[:, 2])
    shares = np.c_[two, 1 - two.sum(axis=1)]
    from_where = np.full((height * width, 2), -1, np.float32)
    from_where[covered] = np.einsum("ni,nij->nj", shares, points[mesh.simplices[triangles[covered]]])
    lookup = from_where.reshape(height, width, 2)
    fetched = cv2.remap(picture, lookup[..., 0], lookup[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return fetched.astype(np.float32), covered.reshape(height, width)
