"""Background removal: how well subjects are cut out, and how fast."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import numpy as np

from benchmarks.photographs import CutCase, FreeWork, Plan, compose_cases, enlarge, read_folder, time_both
from benchmarks.table import Figure
from nightdesk.providers.images.embedded.background.provider import Cutout
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import BackgroundRequest, Box, Mask, Pixels
from tests.support.photographs import overlap, photograph

WANTED_OVERLAP: Final = {"person photo": 0.96, "person busy": 0.87, "plain": 0.96, "thing busy": 0.82}
WANTED_S: Final = {1: 0.5, 12: 2.5}


def measure(plan: Plan) -> Iterator[Figure]:
    """Cut out every case, then time two sizes."""
    cases = [*compose_cases(), *(read_folder(plan.folder) if plan.folder else ())]
    kinds = sorted({case.kind for case in cases})
    for kind in kinds:
        yield _rate(kind, [case for case in cases if case.kind == kind])
    for kind in kinds:
        if kind.startswith("thing"):
            yield _rate_boxed(kind, [case for case in cases if case.kind == kind])
    for megapixels, wanted_s in WANTED_S.items():
        pictures = [enlarge(photograph(name), megapixels) for name in ("astronaut", "coffee")]
        times = [time_both(partial(_cut, picture), plan.repetitions) for picture in pictures]
        yield Figure(
            what=f"background, {megapixels} MP: a person; a thing on a busy ground",
            reach=f"<= {wanted_s:g} s",
            ours="; ".join(f"{took_s:.2f} s ({used_s:.2f} s of processor time)" for took_s, used_s in times),
            met=max(took_s for took_s, _ in times) <= wanted_s,
        )


def _rate(kind: str, cases: list[CutCase]) -> Figure:
    ours = [overlap(_cut(case.image) > 0.5, case.alpha > 0.5) for case in cases]
    peers = [overlap(_grab_by_rim(case.image), case.alpha > 0.5) for case in cases]
    wanted = WANTED_OVERLAP.get(kind)
    return Figure(
        what=f"background, {kind}, {len(cases)} pictures: mean overlap (IoU); peer: GrabCut from a rim",
        reach=f">= {wanted}" if wanted else "counted",
        ours=f"{np.mean(ours):.3f} (worst {min(ours):.2f})",
        peers=f"{np.mean(peers):.3f}",
        met=None if wanted is None else bool(np.mean(ours) >= wanted),
    )


def _rate_boxed(kind: str, cases: list[CutCase]) -> Figure:
    ours = [overlap(_cut(case.image, _frame(case.alpha > 0.5)) > 0.5, case.alpha > 0.5) for case in cases]
    return Figure(
        what=f"background, {kind}, {len(cases)} pictures, with a box drawn round the subject: mean overlap (IoU)",
        reach="counted",
        ours=f"{np.mean(ours):.3f} (worst {min(ours):.2f})",
    )


def _cut(image: Pixels, box: Box | None = None) -> Any:
    request = BackgroundRequest(image=image, box=box)
    return Cutout(ImageOptions()).remove_background(request, FreeWork()).pixels[..., 3] / 255


def _frame(mask: Mask) -> Box:
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    around = max(2, round(0.01 * max(height, width)))
    return (
        max(0, int(columns.min()) - around),
        max(0, int(rows.min()) - around),
        min(width, int(columns.max()) + around + 1),
        min(height, int(rows.max()) + around + 1),
    )


def _grab_by_rim(image: Pixels) -> Mask:
    import cv2

    factor = min(1.0, 448 / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    rect = (width // 20, height // 20, width * 9 // 10, height * 9 // 10)
    cv2.setRNGSeed(0)
    cv2.grabCut(small, mask, rect, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    large = cv2.resize(mask & 1, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(large == 1)
