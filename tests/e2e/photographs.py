"""Photographs for tests and pictures of the pages: the free ones that ship inside scikit-image."""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from skimage import data

#: Name -> what the file is called. NASA's portrait of Eileen Collins, a cup by Rachel Michetti, a cat by
#: Stefan van der Walt, a rocket by SpaceX; all of them CC0 or in the public domain.
NAMES: Final = {"astronaut": "portrait.jpg", "coffee": "coffee.jpg", "chelsea": "cat.jpg", "rocket": "rocket.jpg"}


@cache
def load_photograph(name: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Return a photograph as (height, width, 3) RGB."""
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = getattr(data, name)()
    return pixels


def write_photograph(name: str, folder: Path) -> Path:
    """Write a photograph as a JPEG file and return where it is."""
    path = folder / NAMES[name]
    Image.fromarray(load_photograph(name)).save(path, quality=90)
    return path
