"""The colours of one picture moved onto those of another: sliced optimal transport in Lab (Pitie 2007, Bonneel 2015)."""

from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Pixels

_SAMPLES: Final = 20_000
_ROUNDS: Final = 24
#: The move is kept as a smooth table of this side, so that no bands appear.
_TABLE: Final = 17


def move_colours(picture: Pixels, example: Pixels, seed: int, strength: float = 1.0) -> Floats:
    """Return the picture, 0 to 255, with its colours moved towards the example's by `strength`."""
    import cv2

    lab: Any = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    wanted = cv2.cvtColor(example.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    generator = np.random.default_rng(abs(seed))
    pixels = lab.reshape(-1, 3)
    before = pixels[generator.integers(0, len(pixels), _SAMPLES)].astype(np.float64)
    after = _transport(before.copy(), wanted[generator.integers(0, len(wanted), _SAMPLES)], generator)
    low, high = before.min(axis=0), before.max(axis=0) + 1e-3
    table = _fit_table(before, after, low, high)
    moved = lab + np.float32(strength) * _look_up(table, lab, low, high)
    rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    scaled: Floats = np.clip(rgb, 0, 1) * np.float32(255)
    return scaled


def _transport(points: Any, wanted: Any, generator: np.random.Generator) -> Any:
    for _ in range(_ROUNDS):
        axes = np.linalg.qr(generator.normal(size=(3, 3)))[0]
        for axis in axes.T:
            along, goal = points @ axis, np.sort(wanted @ axis)
            placed = np.empty_like(along)
            placed[np.argsort(along, kind="stable")] = goal
            points += 0.7 * (placed - along)[:, None] * axis
    return points


def _fit_table(before: Any, after: Any, low: Any, high: Any) -> Any:
    """Return the mean move of the colours in each cell, smoothed."""
    from scipy.ndimage import gaussian_filter

    cells = np.clip(np.rint((before - low) / (high - low) * (_TABLE - 1)).astype(int), 0, _TABLE - 1)
    moves, counts = np.zeros((_TABLE, _TABLE, _TABLE, 3)), np.zeros((_TABLE, _TABLE, _TABLE))
    np.add.at(moves, tuple(cells.T), after - before)
    np.add.at(counts, tuple(cells.T), 1)
    smooth = np.stack([gaussian_filter(moves[..., channel], 1.3) for channel in range(3)], axis=-1)
    return smooth / (gaussian_filter(counts, 1.3)[..., None] + 1e-9)


def _look_up(table: Any, lab: Floats, low: Any, high: Any) -> Floats:
    from scipy.ndimage import map_coordinates

    places = ((lab.reshape(-1, 3) - low) / (high - low) * (_TABLE - 1)).T
    moves = [map_coordinates(table[..., channel], places, order=1, mode="nearest") for channel in range(3)]
    return np.stack(moves, axis=1).reshape(lab.shape).astype(np.float32)
