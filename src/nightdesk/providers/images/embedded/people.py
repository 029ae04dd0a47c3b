"""The small models of people and faces inside the wheel of requirements/people.txt, run by LiteRT.

The wheel is mediapipe 0.10.21 (Apache-2.0), the last one with models inside. It is never imported: it would pin numpy
below 2. What a model expects and gives is written in the model cards of MediaPipe (face detection, face mesh, selfie
segmentation) and in `ssd_anchors_calculator` of its sources.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.pictures import Floats
from nightdesk.providers.images.protocol import Pixels

#: How to install what is looked for here; said by every provider that lacks it.
HOW_TO_INSTALL: Final = (
    "Install the small models of people: pip install --no-deps --require-hashes -r requirements/people.txt."
)
_FILES: Final = (
    "face_detection/face_detection_full_range_sparse.tflite",
    "face_landmark/face_landmark.tflite",
    "selfie_segmentation/selfie_segmentation.tflite",
)
#: A pool that waits by spinning stalled for seconds where other processes wanted the cores; alone a model takes 5 ms.
_THREADS: Final = 1
_DETECTOR_SIDE: Final = 192
_GRID: Final = 48  # the full-range detector has one anchor in each of 48 x 48 cells
_MESH_SIDE: Final = 192
MESH_POINTS: Final = 468
_SELFIE_SIDE: Final = 256
#: Below this a box is no face: the model card's own threshold.
_SURE: Final = 0.5
#: Two boxes whose centres are nearer than this share of the larger side are one face.
_SAME_FACE: Final = 0.4
#: The mesh wants a square of half as much again as the face.
_MESH_MARGIN: Final = 1.5
_LEFT_EYE_CORNER, _RIGHT_EYE_CORNER = 263, 33


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face by its box: centre, then six points (right eye, left eye, nose, mouth, ears), in pixels."""

    points: NDArray[np.float64]
    size: NDArray[np.float64]
    score: float


def find_model_folder() -> Path | None:
    """Return where the installed wheel keeps its models, without importing it; None: not installed, or not that version."""
    spec = find_spec("mediapipe")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "modules"
    return folder if all((folder / name).is_file() for name in _FILES) else None


def is_installed() -> bool:
    """Whether the models and what runs them are here."""
    return find_spec("ai_edge_litert") is not None and find_model_folder() is not None


@lru_cache(maxsize=1)
def load_people() -> "People":
    """Load the models, once per process; call only where `is_installed`."""
    folder = find_model_folder()
    if folder is None:
        raise FileNotFoundError(HOW_TO_INSTALL)
    return People(folder)


class People:
    """Finds faces, their 468 points, and people."""

    def __init__(self, folder: Path) -> None:
        """Load three models from the wheel's folder: 3 MB, a few milliseconds."""
        from ai_edge_litert.interpreter import Interpreter

        def load(name: str) -> Any:
            interpreter = Interpreter(str(folder / name), num_threads=_THREADS)
            interpreter.allocate_tensors()
            return interpreter

        self._detector, self._mesh, self._selfie = (load(name) for name in _FILES)
        cells = (np.arange(_GRID) + 0.5) / _GRID
        self._anchors = np.stack([axis.ravel() for axis in np.meshgrid(cells, cells)], axis=1)

    def find_faces(self, rgb: Pixels) -> list[FoundFace]:
        """Find faces, the surest first."""
        import cv2

        height, width = rgb.shape[:2]
        scale = _DETECTOR_SIDE / max(height, width)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        left, top = (_DETECTOR_SIDE - inner[0]) // 2, (_DETECTOR_SIDE - inner[1]) // 2
        framed = np.zeros((_DETECTOR_SIDE, _DETECTOR_SIDE, 3), np.uint8)
        framed[top : top + inner[1], left : left + inner[0]] = cv2.resize(rgb, inner, interpolation=cv2.INTER_AREA)
        boxes, scores = _invoke(self._detector, framed / 127.5 - 1)
        if boxes.shape[-1] != 16:
            boxes, scores = scores, boxes
        sure = 1 / (1 + np.exp(-np.clip(scores[:, 0], -80, 80)))
        chosen = np.nonzero(sure > _SURE)[0]
        chosen = chosen[np.argsort(-sure[chosen], kind="stable")]
        values = boxes[chosen].reshape(-1, 8, 2).astype(np.float64) / _DETECTOR_SIDE
        values[:, 0] += self._anchors[chosen]
        values[:, 2:] += self._anchors[chosen][:, None]
        points = (np.concatenate([values[:, :1], values[:, 2:]], axis=1) * _DETECTOR_SIDE - [left, top]) / scale
        sizes = values[:, 1] * _DETECTOR_SIDE / scale
        return _drop_doubles(points, sizes, sure[chosen])

    def find_mesh(self, rgb: Pixels, face: FoundFace) -> NDArray[np.float64] | None:
        """Return the 468 points of a face in pixels, as (468, 3) with depth in the same unit; None: it is no face."""
        import cv2

        angle = float(np.arctan2(*(face.points[2] - face.points[1])[::-1]))
        centre, size = face.points[0].copy(), float(face.size.max()) * _MESH_MARGIN
        points = np.zeros((MESH_POINTS, 3))
        sure = 0.0
        for _ in range(2):  # the second pass is centred on the points that the first one found
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * size / _MESH_SIDE
            offset = centre - turn @ [_MESH_SIDE / 2, _MESH_SIDE / 2]
            matrix = np.c_[turn, offset].astype(np.float32)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            crop = cv2.warpAffine(rgb, matrix, (_MESH_SIDE, _MESH_SIDE), flags=flags)
            first, second = _invoke(self._mesh, crop / 255.0)[:2]
            found, logit = (first, second) if first.size == MESH_POINTS * 3 else (second, first)
            raw = found.reshape(MESH_POINTS, 3).astype(np.float64)
            points = np.c_[raw[:, :2] @ turn.T + offset, raw[:, 2] * size / _MESH_SIDE]
            sure = float(1 / (1 + np.exp(-float(np.ravel(logit)[0]))))
            angle, centre, size = _frame_points(points[:, :2])
        return points if sure > _SURE else None

    def find_subject(self, rgb: Pixels) -> Floats:
        """Return how sure the selfie model is of a person, 0 to 1, at the size of the picture.

        The model takes squares. It is shown the picture in its own proportions, continued at the sides like in a mirror,
        and once more the other way round: together that misses far fewer people than one look at a stretched picture.
        """
        import cv2

        height, width = rgb.shape[:2]
        side = max(height, width)
        top, left = (side - height) // 2, (side - width) // 2
        framed = cv2.copyMakeBorder(
            rgb,
            top,
            side - height - top,
            left,
            side - width - left,
            cv2.BORDER_REFLECT if min(rgb.shape[:2]) * 2 > side else cv2.BORDER_REPLICATE,
        )
        small = cv2.resize(framed, (_SELFIE_SIDE, _SELFIE_SIDE), interpolation=cv2.INTER_AREA) / np.float32(255)
        found = _invoke(self._selfie, small)[0][..., 0]
        mirrored = _invoke(self._selfie, small[:, ::-1])[0][:, ::-1, 0]
        sure = cv2.resize((found + mirrored) / 2, (side, side))
        inner: Floats = np.ascontiguousarray(sure[top : top + height, left : left + width], np.float32)
        return inner


def _invoke(interpreter: Any, values: Any) -> list[Any]:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values[None].astype(np.float32))
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"])[0] for output in interpreter.get_output_details()]


def _drop_doubles(points: Any, sizes: Any, scores: Any) -> list[FoundFace]:
    kept: list[FoundFace] = []
    for place, size, score in zip(points, sizes, scores, strict=True):
        apart = (
            float(np.linalg.norm(place[0] - other.points[0])) > _SAME_FACE * max(size.max(), other.size.max())
            for other in kept
        )
        if all(apart):
            kept.append(FoundFace(place, size, float(score)))
    return kept


def _frame_points(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64], float]:
    """Return angle, centre and side of the upright square around the points of a face."""
    across = points[_LEFT_EYE_CORNER] - points[_RIGHT_EYE_CORNER]
    angle = float(np.arctan2(across[1], across[0]))
    back = np.array([[np.cos(-angle), -np.sin(-angle)], [np.sin(-angle), np.cos(-angle)]])
    upright = points @ back.T
    middle = (upright.min(axis=0) + upright.max(axis=0)) / 2
    return angle, back.T @ middle, float(np.ptp(upright, axis=0).max()) * _MESH_MARGIN
