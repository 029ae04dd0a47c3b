"""The one face of a picture, by its 468 points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded.faces.refusals import refuse_no_face, refuse_several_faces
from nightdesk.providers.images.embedded.people import FoundFace, load_people
from nightdesk.providers.images.protocol import Pixels

#: Points of MediaPipe's mesh, by its own numbering.
OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
INNER_LIPS: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
NOSE_TIP: Final = 1
EYE_CORNERS: Final = (33, 263)
CHEEKS: Final = (234, 454)
UPPER_LIP, LOWER_LIP, FOREHEAD, CHIN = 13, 14, 10, 152
#: A second face counts when it is at least this large beside the largest one; smaller ones are people in the crowd.
_RIVAL: Final = 0.5
#: The crop from which a small face is read has this side at least.
_CROP_SIDE: Final = 320


@dataclass(frozen=True, slots=True)
class Face:
    """A face: 468 points in pixels (x, y, depth)."""

    points: NDArray[np.float64]

    @property
    def flat(self) -> NDArray[np.float64]:
        """The points without their depth."""
        return self.points[:, :2]

    @property
    def width_px(self) -> float:
        """Its width in pixels."""
        return float(np.ptp(self.points[:, 0]))

    @property
    def turn_degrees(self) -> float:
        """How far the head is turned aside: 0 looks at the camera, the sign tells the side."""
        left, right = self.points[CHEEKS[0]], self.points[CHEEKS[1]]
        across = right - left
        return float(np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1]))))

    @property
    def mouth_openness(self) -> float:
        """How far the lips are apart, in shares of the height of the face."""
        gap = np.linalg.norm(self.flat[UPPER_LIP] - self.flat[LOWER_LIP])
        return float(gap / np.linalg.norm(self.flat[FOREHEAD] - self.flat[CHIN]))


def find_only_face(rgb: Pixels, *, field: str) -> Face:
    """Return the face of a picture.

    Raises:
        Unsuitable: there is none, or several that could be meant; the message says what to do.
    """
    people = load_people()
    found = sorted(people.find_faces(rgb), key=lambda face: -float(face.size.max()))
    rivals = [face for face in found if face.size.max() >= _RIVAL * found[0].size.max()]
    faces = [face for face in (_read_points(rgb, one) for one in rivals) if face is not None]
    if not faces:
        raise refuse_no_face(field)
    if len(faces) > 1:
        raise refuse_several_faces(len(faces), field)
    return faces[0]


def _read_points(rgb: Pixels, found: FoundFace) -> Face | None:
    points = load_people().find_mesh(rgb, found)
    return None if points is None else Face(points)
