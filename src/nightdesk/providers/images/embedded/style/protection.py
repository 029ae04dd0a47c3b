"""Faces stay nearer to the photograph: a face that dissolves is the first thing that people see."""

from typing import Final

import numpy as np

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Pixels

#: How much of the photograph shows through in the middle of a face.
_SHOWN: Final = 0.65


def protect_faces(rgb: Pixels) -> Floats | None:
    """Return how much of each pixel is to stay, 0 to 1; None: no face was found, or the models are not installed."""
    import cv2

    if not people.is_installed():
        return None
    faces = people.load_people().find_faces(rgb)
    if not faces:
        return None
    kept = np.zeros(rgb.shape[:2], np.float32)
    for face in faces:
        x, y = (round(float(value)) for value in face.points[0])
        side = float(face.size.max())
        spot = np.zeros_like(kept)
        cv2.ellipse(spot, (x, y), (round(side * 0.5), round(side * 0.62)), 0, 0, 360, 1, -1)
        kept = np.maximum(kept, cv2.GaussianBlur(spot, (0, 0), max(1.0, side * 0.12)))
    return kept * np.float32(_SHOWN)
