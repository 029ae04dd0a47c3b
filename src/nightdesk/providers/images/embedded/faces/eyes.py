"""Faces and eyes by OpenCV's cascades: weaker than the models, and always there."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.faces.refusals import refuse_no_face, refuse_several_faces
from nightdesk.providers.images.embedded.pictures import shrink
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.protocol import Pixels, Work

_CASCADES: Final = ("frontalface_alt2", "eye", "eye_tree_eyeglasses")
_SEARCH_SIDE: Final = 640
_RIVAL: Final = 0.5
_LEAST_SHARE: Final = 0.04  # of the picture's shorter side
#: Eyes lie in the upper part of the box that the cascade draws.
_UPPER: Final = 0.6


@dataclass(frozen=True, slots=True)
class EyedFace:
    """A face by its eyes (x, y in pixels; first the one on the left of the picture) and the side of its box."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    side_px: float

    @property
    def distance_px(self) -> float:
        """The distance of the eyes."""
        return float(np.linalg.norm(self.right - self.left))


def find_only_eyes(rgb: Pixels, *, field: str, work: Work) -> EyedFace:
    """Return the face of a picture by its eyes.

    Raises:
        Unsuitable: there is none, there are several, or its eyes are not seen.
    """
    import cv2

    small, factor = shrink(rgb, _SEARCH_SIDE)
    grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    work.check()
    least = max(24, int(_LEAST_SHARE * min(grey.shape)))
    boxes = _load("frontalface_alt2").detectMultiScale(grey, 1.1, 4, minSize=(least, least))
    work.check()
    faces = sorted((tuple(int(value) for value in box) for box in boxes), key=lambda box: -box[2])
    faces = [box for box in faces if box[2] >= _RIVAL * faces[0][2]]
    if not faces:
        raise refuse_no_face(field)
    if len(faces) > 1:
        raise refuse_several_faces(len(faces), field)
    return _find_eyes(grey, faces[0], factor, field, work)


def _find_eyes(grey: Any, box: tuple[int, ...], factor: float, field: str, work: Work) -> EyedFace:
    x, y, side, _ = box
    upper = grey[y : y + int(side * _UPPER), x : x + side]
    found = []
    for name in ("eye", "eye_tree_eyeglasses"):
        work.check()
        found += [tuple(int(value) for value in eye) for eye in _load(name).detectMultiScale(upper, 1.05, 3)]
    centres = [np.array([left + width / 2, top + height / 2]) for left, top, width, height in found]
    left = _nearest(centres, np.array([0.3 * side, 0.4 * side]), 0.16 * side)
    right = _nearest(centres, np.array([0.7 * side, 0.4 * side]), 0.16 * side)
    if left is None or right is None:
        raise Unsuitable("The eyes were not found. Use a picture in which both eyes are open and seen.", field=field)
    corner = np.array([x, y], np.float64)
    return EyedFace((corner + left) / factor, (corner + right) / factor, side / factor)


def _nearest(centres: list[Any], wanted: Any, within: float) -> Any | None:
    near = [centre for centre in centres if np.linalg.norm(centre - wanted) <= within]
    return np.mean(near, axis=0) if near else None


def has_cascades() -> bool:
    """Whether the cascades are where OpenCV's wheel puts them (5.0 carries none). OpenCV is not loaded for it."""
    return all((_find_folder() / f"haarcascade_{name}.xml").is_file() for name in _CASCADES)


@lru_cache(maxsize=len(_CASCADES))
def _load(name: str) -> Any:
    import cv2

    return cv2.CascadeClassifier(str(_find_folder() / f"haarcascade_{name}.xml"))


def _find_folder() -> Path:
    spec = find_spec("cv2")
    return Path(spec.origin if spec is not None and spec.origin else "").parent / "data"
