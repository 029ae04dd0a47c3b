"""Object removal: thin marks and whole objects, beside OpenCV's own inpainting, and how fast."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from benchmarks.photographs import FreeWork, Plan, draw_hole, enlarge, time_best, time_both
from benchmarks.table import Figure
from nightdesk.providers.images.embedded.objects.provider import PatchFill
from nightdesk.providers.images.embedded.objects.seams import FEATHER_PX
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Mask, ObjectRequest, Pixels
from tests.support.photographs import photograph, psnr

THIN: Final = ("astronaut", "coffee", "chelsea", "rocket", "camera", "brick")
WHOLE: Final = ("coffee", "chelsea", "rocket", "astronaut", "grass", "gravel", "brick", "camera", "retina")


def measure(plan: Plan) -> Iterator[Figure]:
    """Thin marks, whole objects, what stays, times."""
    yield _rate_thin()
    yield from _rate_whole()
    yield _look_outside()
    yield from _time(plan)


def _rate_thin() -> Figure:
    ours, peers = [], []
    for number, name in enumerate(THIN):
        truth = photograph(name, 512)
        mask = _scratch(truth.shape[0], truth.shape[1], number)
        image = _paint_over(truth, mask)
        ours.append(psnr(_fill(image, mask), truth, mask))
        peers.append(psnr(_smear(image, mask), truth, mask))
    return Figure(
        what=f"object, thin marks, {len(THIN)} photographs: mean PSNR under the marks; peer: cv2.inpaint TELEA",
        reach=">= 23.5 dB",
        ours=f"{np.mean(ours):.1f} dB",
        peers=f"{np.mean(peers):.1f} dB",
        met=bool(np.mean(ours) >= 23.5),
    )


def _rate_whole() -> Iterator[Figure]:
    from skimage.metrics import structural_similarity

    found: dict[str, list[tuple[float, float, float]]] = {"ours": [], "TELEA": []}
    for number, name in enumerate(WHOLE):
        truth = photograph(name, 512)
        mask = draw_hole(truth.shape[0], truth.shape[1], 0.04 + 0.0075 * number, number)
        image = _paint_over(truth, mask)
        for way, filled in (("ours", _fill(image, mask)), ("TELEA", _smear(image, mask))):
            likeness = structural_similarity(filled, truth, channel_axis=-1, full=True)[1].mean(axis=2)[mask].mean()
            found[way].append(
                (psnr(filled, truth, mask), float(likeness), _roughness(filled, mask) / _roughness(truth, mask))
            )
    ours, peers = (np.mean(found[way], axis=0) for way in ("ours", "TELEA"))
    yield Figure(
        what=f"object, holes of 4 to 10 %, {len(WHOLE)} photographs: mean PSNR and SSIM under the hole; peer: TELEA",
        reach=">= 17.5 dB, >= 0.43",
        ours=f"{ours[0]:.1f} dB, {ours[1]:.2f}",
        peers=f"{peers[0]:.1f} dB, {peers[1]:.2f}",
        met=bool(ours[0] >= 17.5 and ours[1] >= 0.43),
    )
    yield Figure(
        what="object, the same: detail under the hole as a share of the truth's (PSNR and SSIM reward a blur)",
        reach="counted",
        ours=f"{ours[2]:.2f}",
        peers=f"{peers[2]:.2f}",
    )


def _look_outside() -> Figure:
    import cv2

    image = photograph("coffee")
    mask = draw_hole(image.shape[0], image.shape[1], 0.07, 1)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * FEATHER_PX + 1,) * 2, np.uint8)) > 0
    changed = int((_fill(image, mask) != image).any(axis=2)[~near].sum())
    return Figure(
        what=f"object: pixels that changed outside the mask and {FEATHER_PX} px",
        reach="0",
        ours=str(changed),
        met=changed == 0,
    )


def _time(plan: Plan) -> Iterator[Figure]:
    small = np.asarray(enlarge(photograph("rocket"), 0.5), np.uint8)
    mask = draw_hole(small.shape[0], small.shape[1], 0.07, 3)
    took_s, used_s = time_both(lambda: _fill(small, mask), plan.repetitions)
    peer_s, _ = time_best(lambda: _smear(small, mask), plan.repetitions)
    yield Figure(
        what="object, 0.5 MP, hole of 7 %; peer: TELEA",
        reach="<= 1.5 s",
        ours=f"{took_s:.2f} s ({used_s:.2f} s of processor time)",
        peers=f"{peer_s:.2f} s",
        met=took_s <= 1.5,
    )
    large = np.asarray(enlarge(photograph("coffee"), 12), np.uint8)
    hole = np.zeros(large.shape[:2], bool)
    hole[1000:1700, 1500:2200] = True
    took_s, used_s = time_both(lambda: _fill(large, hole), plan.repetitions)
    yield Figure(
        what="object, 12 MP, hole of 700 px",
        reach="<= 5 s",
        ours=f"{took_s:.2f} s ({used_s:.2f} s of processor time)",
        met=took_s <= 5,
    )


def _fill(image: Pixels, mask: Mask) -> Pixels:
    return PatchFill(ImageOptions()).remove_object(ObjectRequest(image=image, mask=mask), FreeWork()).pixels


def _smear(image: Pixels, mask: Mask) -> Any:
    import cv2

    return cv2.inpaint(image, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA)


def _roughness(image: Any, mask: Mask) -> float:
    import cv2

    return float(np.abs(cv2.Laplacian(image, cv2.CV_32F))[mask].mean())


def _paint_over(truth: Pixels, mask: Mask) -> Pixels:
    image = truth.copy()
    image[mask] = (230, 20, 200)
    return image


def _scratch(height: int, width: int, seed: int) -> Mask:
    """Draw wires of 3 to 5 px and a line of lettering."""
    import cv2

    random = np.random.default_rng(seed)
    sheet = np.zeros((height, width), np.uint8)
    for _ in range(8):
        ends = random.integers(0, [width, height], (2, 2)).tolist()
        cv2.line(sheet, ends[0], ends[1], 1, int(random.integers(3, 6)))
    cv2.putText(sheet, "SAMPLE", (width // 8, height * 2 // 3), cv2.FONT_HERSHEY_SIMPLEX, width / 200, 1, 4)
    return np.asarray(sheet > 0)
