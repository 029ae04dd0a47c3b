"""Real photographs (those inside scikit-image's wheel), as pixels and as files, and pictures made of them whose truth is known."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nightdesk.providers.images.protocol import Mask, Pixels

Floats = NDArray[np.floating[Any]]

#: Name -> what the file is called. NASA's portrait of Eileen Collins, a cup by Rachel Michetti, a cat by
#: Stefan van der Walt, a rocket by SpaceX; all of them CC0 or in the public domain.
FILES: Final = {"astronaut": "portrait.jpg", "coffee": "coffee.jpg", "chelsea": "cat.jpg", "rocket": "rocket.jpg"}


def photograph(name: str, longest: int | None = None) -> Pixels:
    """Return a photograph of scikit-image as RGB, its longer side shrunk to `longest`."""
    import cv2
    from skimage import data

    picture = getattr(data, name)()
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]
    factor = 1.0 if longest is None else min(1.0, longest / max(rgb.shape[:2]))
    if factor < 1:
        rgb = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.array(rgb, np.uint8)


def write_photograph(name: str, folder: Path) -> Path:
    """Write a photograph as a JPEG file and return where it is."""
    path = folder / FILES[name]
    Image.fromarray(photograph(name)).save(path, quality=90)
    return path


def blob(height: int, width: int, seed: int = 0, share: float = 0.3) -> Floats:
    """Return a smooth, bumpy outline as transparency of 0 to 1 with soft edges, that covers about `share`."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    y, x = rows - height / 2, columns - width / 2
    angle = np.arctan2(y, x)
    random = np.random.default_rng(seed)
    radius = np.sqrt(share * height * width / np.pi)
    rim = sum(random.uniform(0.03, 0.09) * np.cos(k * angle + random.uniform(0, 6)) for k in range(2, 6))
    return np.asarray(np.clip((radius * (1 + rim) - np.hypot(x, y)) / 2 + 0.5, 0, 1))


def lay_over(subject: Pixels, alpha: Floats, ground: Pixels) -> Pixels:
    """Return the subject on another ground."""
    return np.rint(subject * alpha[..., None] + ground * (1 - alpha[..., None])).astype(np.uint8)


def gradient(height: int, width: int) -> Pixels:
    """Return a studio backdrop: smooth, brighter in the middle, with a little noise."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 205 - 45 * (rows**2 + columns**2) / 2
    noise = np.random.default_rng(1).normal(0, 2, (height, width, 1))
    return np.asarray(np.clip(light[..., None] * np.array([0.96, 1.0, 1.03]) + noise, 0, 255), np.uint8)


def overlap(found: Mask, truth: Mask) -> float:
    """Return the intersection over the union."""
    return float((found & truth).sum() / (found | truth).sum())


def psnr(found: Any, truth: Any, where: Mask) -> float:
    """Return the peak signal to noise ratio in dB, of the pixels `where`."""
    apart = np.asarray(found, np.float64)[where] - np.asarray(truth, np.float64)[where]
    return float(10 * np.log10(255**2 / max(1e-9, float((apart**2).mean()))))
