"""Face swap with nothing configured: by the points of a small model, or by the eyes alone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.faces.blending import blend_face
from nightdesk.providers.images.embedded.faces.eyes import EyedFace, find_only_eyes, has_cascades
from nightdesk.providers.images.embedded.faces.finding import OVAL, Face, find_only_face
from nightdesk.providers.images.embedded.faces.warping import match_scale, warp
from nightdesk.providers.images.embedded.pictures import join_alpha, split_alpha
from nightdesk.providers.images.embedded.threads import prepare_threads
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    FaceSwapRequest,
    Made,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    Work,
)

#: Heads whose turns differ by more than this look wrong together.
_POSE_GAP_DEGREES: Final = 15.0
_MOUTH_GAP: Final = 0.06
_AROUND_PX: Final = 12
#: The ellipse of a face, in eye distances: its middle lies so far below the eyes, and these are its half axes.
_FACE_BELOW_EYES: Final = 0.55
_ELLIPSE: Final = (1.0, 1.35)
_POSE_GAP: Final = "The heads are turned differently by about {gap:.0f} degrees, so the result may look wrong."
_MOUTH_DIFFERS: Final = "One mouth is open and the other closed, so the mouth may look wrong."
_BY_EYES_ONLY: Final = (
    "The faces were matched by their eyes alone. " + people.HOW_TO_INSTALL + " Then whole faces are matched."
)


class LandmarkSwap:
    """Matches faces by 468 points each."""

    info = ProviderInfo(
        name="landmarks",
        title="Face swap by landmarks",
        operation=Operation.FACE_SWAP,
        kind=ProviderKind.EMBEDDED,
        version="1",
        queue="cpu",
        is_generative_ai=False,
        code_licence="MIT",
        weights_licence="Apache-2.0 (MediaPipe's face models)",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
        limits={"max_pixels": 100_000_000, "faces": 1},
        weak_points=(
            "Turned heads, and hair or hands over the face, look wrong.",
            "An open mouth on a closed one looks wrong.",
        ),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say whether the models are installed; there is no setting for it."""
        if people.is_installed():
            return Readiness(is_ready=True)
        return Readiness(is_ready=False, detail=people.HOW_TO_INSTALL)

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores."""
        return 0.3 + 0.05 * pixels / 1e6

    def swap_face(self, request: FaceSwapRequest, work: Work) -> Made:
        """Return the target with the face put in, of the target's size."""
        prepare_threads()
        source, _ = split_alpha(request.face)
        target, alpha = split_alpha(request.target)
        work.progress(5, "Finding the face to put in")
        given = find_only_face(source, field="image")
        work.check()
        work.progress(25, "Finding the face to replace")
        wanted = find_only_face(target, field="target_image")
        work.check()
        work.progress(50, "Fitting the face")
        result = _put_in(source, given, target, wanted, request.strength, work)
        warnings = _compare(given, wanted)
        return Made(pixels=join_alpha(result, alpha), method="landmarks", warnings=warnings, extra=_tell(given, wanted))


class EyeSwap:
    """Matches faces by their eyes: position, size and tilt, not shape."""

    info = ProviderInfo(
        name="eyes",
        title="Face swap by eyes",
        operation=Operation.FACE_SWAP,
        kind=ProviderKind.EMBEDDED,
        version="1",
        queue="cpu",
        is_generative_ai=False,
        code_licence="MIT",
        weights_licence="Apache-2.0 (OpenCV's cascades)",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
        limits={"max_pixels": 100_000_000, "faces": 1},
        weak_points=("Only eyes are matched: nose and mouth sit where they sat in the other picture.",),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say whether OpenCV's wheel brought its cascades."""
        if has_cascades():
            return Readiness(is_ready=True)
        return Readiness(is_ready=False, detail="Install opencv-contrib-python-headless below version 5.")

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores."""
        return 0.4 + 0.05 * pixels / 1e6

    def swap_face(self, request: FaceSwapRequest, work: Work) -> Made:
        """Return the target with the face put in, of the target's size."""
        prepare_threads()
        source, _ = split_alpha(request.face)
        target, alpha = split_alpha(request.target)
        work.progress(5, "Finding the face to put in")
        given = find_only_eyes(source, field="image", work=work)
        work.progress(30, "Finding the face to replace")
        wanted = find_only_eyes(target, field="target_image", work=work)
        work.progress(60, "Fitting the face")
        result = _lay_over(source, given, target, wanted, request.strength)
        return Made(pixels=join_alpha(result, alpha), method="eyes", warnings=(_BY_EYES_ONLY,))


def _put_in(source: Pixels, given: Face, target: Pixels, wanted: Face, strength: float, work: Work) -> Pixels:
    import cv2

    height, width = target.shape[:2]
    points = wanted.flat
    x0, y0 = (int(value) for value in np.maximum(points.min(axis=0) - _AROUND_PX, 0))
    x1, y1 = (int(value) for value in np.minimum(points.max(axis=0) + _AROUND_PX, (width, height)))
    window = target[y0:y1, x0:x1]
    inner = points - (x0, y0)
    scaled, given_points = match_scale(source, given.flat, points)
    face, covered = warp(scaled, given_points, inner, (y1 - y0, x1 - x0))
    work.check()
    work.progress(75, "Matching the light")
    shape = np.zeros(window.shape[:2], np.uint8)
    cv2.fillPoly(shape, [np.rint(inner[list(OVAL)]).astype(np.int32)], 1)
    result = target.copy()
    result[y0:y1, x0:x1] = blend_face(window, face, shape > 0, covered, wanted.width_px, strength)
    return result


def _lay_over(source: Pixels, given: EyedFace, target: Pixels, wanted: EyedFace, strength: float) -> Pixels:
    """Move the source so that its eyes lie on the target's, and show it within an ellipse."""
    import cv2

    factor = min(1.0, wanted.distance_px / given.distance_px)
    if factor < 1:
        source = np.asarray(cv2.resize(source, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    before, after = (given.right - given.left) * factor, wanted.right - wanted.left
    turn = complex(*after) / complex(*before)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    centre = (wanted.left + wanted.right) / 2 + _FACE_BELOW_EYES * np.array([-after[1], after[0]])
    window, corner = _frame_ellipse(target, centre, wanted.distance_px)
    height, width = window.shape[:2]
    whole = np.c_[matrix, wanted.left - corner - matrix @ (given.left * factor)].astype(np.float32)
    warped = cv2.warpAffine(source, whole, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    covered = cv2.warpAffine(np.ones(source.shape[:2], np.uint8), whole, (width, height), flags=cv2.INTER_NEAREST) > 0
    shape = np.zeros((height, width), np.uint8)
    axes = tuple(round(share * wanted.distance_px) for share in _ELLIPSE)
    place = (round(float(centre[0] - corner[0])), round(float(centre[1] - corner[1])))
    cv2.ellipse(shape, place, axes, float(np.degrees(np.arctan2(after[1], after[0]))), 0, 360, 1, -1)
    result = target.copy()
    result[corner[1] : corner[1] + height, corner[0] : corner[0] + width] = blend_face(
        window, warped.astype(np.float32), shape > 0, covered, 2 * wanted.distance_px, strength
    )
    return result


def _frame_ellipse(target: Pixels, centre: NDArray[np.float64], distance_px: float) -> tuple[Pixels, NDArray[np.int64]]:
    """Return the part of the target that the ellipse can touch, and its upper left corner (x, y)."""
    reach = _ELLIPSE[1] * distance_px + _AROUND_PX
    height, width = target.shape[:2]
    x0, y0 = (int(max(0, value - reach)) for value in centre)
    x1, y1 = int(min(width, centre[0] + reach)), int(min(height, centre[1] + reach))
    return target[y0:y1, x0:x1], np.array([x0, y0])


def _compare(given: Face, wanted: Face) -> tuple[str, ...]:
    gap = abs(given.turn_degrees - wanted.turn_degrees)
    warnings = [_POSE_GAP.format(gap=gap)] if gap > _POSE_GAP_DEGREES else []
    if abs(given.mouth_openness - wanted.mouth_openness) > _MOUTH_GAP:
        warnings.append(_MOUTH_DIFFERS)
    return tuple(warnings)


def _tell(given: Face, wanted: Face) -> dict[str, float]:
    return {"pose_gap_degrees": round(abs(given.turn_degrees - wanted.turn_degrees), 1)}
