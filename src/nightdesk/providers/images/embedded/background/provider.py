"""Background removal with nothing configured: several clues, one cut, fine edges."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.background.clues import (
    Backdrop,
    fit_backdrop,
    look_for_person,
    look_into_box,
    prefer_middle,
)
from nightdesk.providers.images.embedded.background.cutting import cut_by_box, cut_from_backdrop, cut_from_clue
from nightdesk.providers.images.embedded.background.edges import clean_colours, refine_alpha
from nightdesk.providers.images.embedded.background.saliency import find_salient
from nightdesk.providers.images.embedded.pictures import Floats, shrink, split_alpha, to_bytes
from nightdesk.providers.images.embedded.threads import prepare_threads
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    Box,
    CommercialUse,
    Made,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    Work,
)

#: The cut is made at this size: GrabCut takes 0.1 s there, and edges are refined at full size anyway.
_WORK_SIDE: Final = 448
#: What stands out is looked for at this size: superpixels and a vague clue take their time.
_SALIENCY_SIDE: Final = 352
#: What a cut by a box is worth: a person has said where the subject is.
_BOX_CONFIDENCE: Final = 0.9
#: Below this no regions can be told apart; OpenCV's superpixels crash the process at a few pixels.
_LEAST_SIDE: Final = 16
#: A backdrop is plain when so many of the edge pixels agree with one smooth surface.
_PLAIN: Final = 0.85
_PLAIN_WITH_SOMEBODY: Final = 0.95  # a sky agrees often enough; the model of people knows better then
#: Somebody is there when the model of people is sure of this share of the picture.
_SOMEBODY: Final = 0.03
#: Below this the result says that a box would help.
_UNSURE: Final = 0.6
_DRAW_A_BOX: Final = "The subject is hard to tell from the background here. Draw a box around it and try again."
_WITHOUT_MODEL: Final = "The small model of people is not installed, so people may be cut out badly."


@dataclass(frozen=True, slots=True)
class _Cut:
    mask: Floats
    method: str
    confidence: float


class Cutout:
    """Cuts out a subject by the clues that the picture gives."""

    info = ProviderInfo(
        name="cutout",
        title="Cut-out",
        operation=Operation.BACKGROUND,
        kind=ProviderKind.EMBEDDED,
        version="1",
        queue="cpu",
        is_generative_ai=False,
        code_licence="MIT",
        weights_licence="Apache-2.0 (MediaPipe's selfie model, where installed)",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
        limits={"max_pixels": 100_000_000},
        weak_points=(
            "Things on a busy background are often cut wrong without a box.",
            "Single hairs are lost.",
        ),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say that it is always ready, and what would make it better."""
        return Readiness(is_ready=True, detail="" if people.is_installed() else people.HOW_TO_INSTALL)

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores: a fixed part at the small size, then the edges."""
        return 0.3 + 0.15 * pixels / 1e6

    def remove_background(self, request: BackgroundRequest, work: Work) -> Made:
        """Return RGBA of the same size. What was see-through before stays so."""
        prepare_threads()
        work.progress(5, "Finding the subject")
        rgb, alpha_before = split_alpha(request.image)
        small, factor = shrink(rgb, _WORK_SIDE)
        if min(small.shape[:2]) < _LEAST_SIDE:
            raise Unsuitable("The picture is too small or too narrow to find a subject in.", field="image")
        cut = _cut_boxed(small, request.box, factor, work) if request.box else _cut_unaided(small, work)
        if not cut.mask.any():
            raise Unsuitable("No subject was found. Draw a box around it and try again.", field="box")
        work.progress(50, "Refining edges")
        alpha = refine_alpha(rgb, cut.mask, work)
        work.progress(75, "Cleaning colours at the edge")
        colours = clean_colours(rgb, alpha, work)
        if alpha_before is not None:
            alpha = alpha * (alpha_before / np.float32(255))
        warnings = [_DRAW_A_BOX] if cut.confidence < _UNSURE and not request.box else []
        if not people.is_installed() and not request.box and cut.method != "plain":
            warnings.append(_WITHOUT_MODEL)
        return Made(
            pixels=np.dstack([colours, to_bytes(alpha * 255)]),
            method=cut.method,
            warnings=tuple(warnings),
            extra={"confidence": round(cut.confidence, 2)},
        )


def _cut_boxed(small: Pixels, box: Box, factor: float, work: Work) -> _Cut:
    x0, y0, x1, y1 = (round(value * factor) for value in box)
    scaled = (x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))
    person = np.zeros(small.shape[:2], np.float32)
    if people.is_installed():
        person = look_into_box(small, scaled, people.load_people().find_subject)
    return _Cut(cut_by_box(small, scaled, person, work), "box", _BOX_CONFIDENCE)


def _cut_unaided(small: Pixels, work: Work) -> _Cut:
    import cv2

    person = np.zeros(small.shape[:2], np.float32)
    if people.is_installed():
        person = look_for_person(small, people.load_people().find_subject)
    work.check()
    backdrop = fit_backdrop(small)
    is_somebody = float((person > 0.7).mean()) >= _SOMEBODY
    if backdrop.agreement > (_PLAIN_WITH_SOMEBODY if is_somebody else _PLAIN):
        return _Cut(cut_from_backdrop(small, backdrop, person, work), "plain", _rate_backdrop(backdrop))
    if is_somebody:
        mask = cut_from_clue(small, person, work, high=0.9, low=0.05, rounds=2)
        return _Cut(mask, "person", _rate_agreement(person, mask))
    work.check()
    smaller, _ = shrink(small, _SALIENCY_SIDE)
    seen = cv2.resize(person, (smaller.shape[1], smaller.shape[0]), interpolation=cv2.INTER_AREA)
    clue = prefer_middle(find_salient(smaller), np.asarray(seen, np.float32))
    work.check()
    mask = cut_from_clue(smaller, clue, work, high=0.8, low=0.12, rounds=3)
    return _Cut(mask, "saliency", 0.7 * _rate_agreement(clue, mask))


def _rate_backdrop(backdrop: Backdrop) -> float:
    return float(min(0.98, backdrop.agreement))


def _rate_agreement(clue: Floats, mask: Floats) -> float:
    """Rate how well the cut and the clue agree, 0 to 1: the share of the clue's weight that lies inside, both ways."""
    inside = float((clue * mask).sum())
    return 2 * inside / (float(clue.sum()) + float(mask.sum()) + 1e-6)
