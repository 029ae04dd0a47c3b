"""Pictures and planes of numbers brought to another size."""

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.protocol import Pixels

Floats = NDArray[np.float32]


def scale_pixels(picture: Pixels, width: int, height: int) -> Pixels:
    """Bring a picture to a size: every pixel counts on the way down, edges stay sharp on the way up."""
    import cv2

    if picture.shape[:2] == (height, width):
        return picture
    way = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=way), np.uint8)


def scale_floats(values: Floats, width: int, height: int) -> Floats:
    """Bring a plane of numbers to a size; nothing lies beyond the values it had."""
    import cv2

    way = cv2.INTER_AREA if width < values.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(values), (width, height), interpolation=way), np.float32)
