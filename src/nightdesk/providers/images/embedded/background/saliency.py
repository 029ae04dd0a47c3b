"""What stands out: regions that are poorly connected to the edges of the picture.

After Zhu, Liang, Wei and Sun, "Saliency Optimization from Robust Background Detection", CVPR 2014; the names are theirs.
"""

from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Pixels

#: So many superpixels; the paper takes 200.
_REGIONS: Final = 250
_SPREAD_GEODESIC: Final = 7.0  # of colour distances along a path, in Lab units (paper: 7 to 10)
_SPREAD_PLACE: Final = 0.4  # of places, in shares of the picture
_SPREAD_SMOOTH: Final = 10.0  # of colours whose regions should agree


def find_salient(rgb: Pixels) -> Floats:
    """Return how much each pixel stands out, 0 to 1, for a picture of about 0.2 MP."""
    labels, count = _part_regions(rgb)
    colours, places, border = _describe_regions(rgb, labels, count)
    edges = _find_neighbours(labels, border, count)
    steps = np.linalg.norm(colours[edges[:, 0]] - colours[edges[:, 1]], axis=1)
    backdrop = _score_backdrop(edges, steps, border, count)
    contrast = _score_contrast(colours, places, backdrop)
    values = _smooth(edges, steps, backdrop, contrast)
    spread: Floats = values[labels].astype(np.float32)
    return spread


def _part_regions(rgb: Pixels) -> tuple[Any, int]:
    import cv2

    height, width = rgb.shape[:2]
    side = max(8, int((height * width / _REGIONS) ** 0.5))
    lab = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), (3, 3), 0)
    regions = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLICO, side, 20.0)
    regions.iterate(8)
    regions.enforceLabelConnectivity(25)
    labels = regions.getLabels()
    return labels, int(labels.max()) + 1


def _describe_regions(rgb: Pixels, labels: Any, count: int) -> tuple[Any, Any, Any]:
    """Return the mean Lab colour and the mean place (0 to 1) of each region, and which ones touch the edge."""
    import cv2

    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).astype(np.float32)
    height, width = labels.shape
    rows, columns = np.mgrid[0:height, 0:width]
    flat = labels.ravel()
    sizes = np.bincount(flat, minlength=count).astype(np.float64)

    def mean(values: Any) -> Any:
        return np.bincount(flat, values.ravel(), count) / np.maximum(sizes, 1)

    colours = np.stack([mean(lab[..., channel]) for channel in range(3)], axis=1)
    places = np.stack([mean(columns / width), mean(rows / height)], axis=1)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    return colours, places, border


def _find_neighbours(labels: Any, border: Any, count: int) -> Any:
    """Return pairs of regions that touch; those at the edge of the picture all count as neighbours."""
    first = np.concatenate([labels[:, :-1].ravel(), labels[:-1].ravel()])
    second = np.concatenate([labels[:, 1:].ravel(), labels[1:].ravel()])
    apart = first != second
    touch = np.zeros((count, count), bool)
    touch[first[apart], second[apart]] = touch[second[apart], first[apart]] = True
    touch[np.ix_(border, border)] = True
    return np.argwhere(np.triu(touch, 1))


def _score_backdrop(edges: Any, steps: Any, border: Any, count: int) -> Any:
    """Return how much each region belongs to the backdrop, 0 to 1: "boundary connectivity"."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    lengths = np.maximum(0, steps - np.percentile(steps, 10)) + 1e-6
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    graph = coo_matrix((np.r_[lengths, lengths], (rows, columns)), shape=(count, count)).tocsr()
    near = np.exp(-(dijkstra(graph) ** 2) / (2 * _SPREAD_GEODESIC**2))
    at_edge = np.zeros(count, bool)
    at_edge[border] = True
    connectivity = (near * at_edge).sum(axis=1) / np.sqrt(near.sum(axis=1))
    return 1 - np.exp(-(connectivity**2) / 2)


def _score_contrast(colours: Any, places: Any, backdrop: Any) -> Any:
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    contrast = (distances * np.exp(-(apart**2) / (2 * _SPREAD_PLACE**2)) * backdrop[None]).sum(axis=1)
    return (contrast - contrast.min()) / (np.ptp(contrast) + 1e-6)


def _smooth(edges: Any, steps: Any, backdrop: Any, contrast: Any) -> Any:
    """Solve for values that are 1 where contrast is, 0 where backdrop is, and alike where colours are (eq. 9)."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import spsolve

    count = len(backdrop)
    alike = np.exp(-(steps**2) / (2 * _SPREAD_SMOOTH**2)) + 0.1
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    weights = coo_matrix((np.r_[alike, alike], (rows, columns)), shape=(count, count)).tocsc()
    sure_backdrop = np.where(backdrop < 0.02, 0.0, backdrop)
    own = np.asarray(weights.sum(axis=1)).ravel() + sure_backdrop + contrast + 1e-6
    values = spsolve((diags(own) - weights).tocsc(), contrast)
    return np.clip((values - values.min()) / (np.ptp(values) + 1e-6), 0, 1)
