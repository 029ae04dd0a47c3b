"""Object removal with nothing configured: patches of the same picture."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np

from nightdesk.providers.images.embedded.objects.marks import fill_thin
from nightdesk.providers.images.embedded.objects.seams import blend, even_light
from nightdesk.providers.images.embedded.objects.synthesis import Filled, OnLevel, synthesize
from nightdesk.providers.images.embedded.objects.zones import Zone, find_zones
from nightdesk.providers.images.embedded.pictures import Alpha, Floats, join_alpha, shrink, split_alpha
from nightdesk.providers.images.embedded.threads import prepare_threads
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    Work,
)

#: Windows are filled at this size; then the offsets that were found fetch the real pixels at full size.
_WORK_SIDE: Final = 640
#: Masks above this share leave too little to take from; the result says so.
_LARGE_SHARE: Final = 0.35
_LARGE: Final = "The hole is large for this picture, so the filling may show."


class PatchFill:
    """Fills what a mask covers with patches from around it."""

    info = ProviderInfo(
        name="patchfill",
        title="Patch fill",
        operation=Operation.OBJECT,
        kind=ProviderKind.EMBEDDED,
        version="1",
        queue="cpu",
        is_generative_ai=False,
        code_licence="MIT",
        weights_licence="",
        commercial_use=CommercialUse.YES,
        data_goes_to="stays on this machine",
        limits={"max_pixels": 100_000_000, "uses_prompt": False},
        weak_points=(
            "Straight lines and regular structure behind the object are often continued wrong.",
            "It may repeat something that is near; another seed gives another filling.",
        ),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say that it is always ready."""
        return Readiness(is_ready=True)

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores with holes of 7 %."""
        return min(5.0, 0.5 + 2.0 * pixels / 1e6)

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture of the same size; outside the mask only three pixels of feather change."""
        prepare_threads()
        work.progress(2, "Looking at the hole")
        _ensure_fillable(request)
        rgb, alpha = split_alpha(request.image)
        zones = find_zones(request.mask)
        ways = _fill_zones(rgb, zones, request.seed, work)
        is_large = float(request.mask.mean()) > _LARGE_SHARE
        if alpha is not None:
            alpha = _fill_alpha(alpha, request.mask)
        return Made(
            pixels=join_alpha(rgb, alpha),
            seed=request.seed,
            method=" + ".join(sorted(ways)),
            warnings=(_LARGE,) if is_large else (),
            extra={"zones": len(zones)},
        )


def _ensure_fillable(request: ObjectRequest) -> None:
    if request.mask.shape != request.image.shape[:2]:
        raise Unsuitable("The mask must have the size of the picture.", field="mask")
    if not request.mask.any():
        raise Unsuitable("The mask is empty. Paint over what is to be removed.", field="mask")
    if request.mask.all():
        raise Unsuitable("The mask covers the whole picture. Leave something to fill the hole from.", field="mask")


def _fill_zones(rgb: Pixels, zones: Sequence[Zone], seed: int, work: Work) -> set[str]:
    """Fill one zone after the other, in place; return the ways that were taken."""
    sizes = [int(zone.hole.sum()) for zone in zones]
    ways = set()
    for number, zone in enumerate(zones):
        message = "Filling the hole" if len(zones) == 1 else f"Filling hole {number + 1} of {len(zones)}"
        span = 90 * sizes[number] / sum(sizes)
        first = 5 + 90 * sum(sizes[:number]) / sum(sizes)
        work.progress(int(first), message)
        rgb[zone.window], way = _fill(
            rgb[zone.window], zone, seed + number, work, partial(_tell, work, first, span, message)
        )
        ways.add(way)
    return ways


def _tell(work: Work, first: float, span: float, message: str, level: int, levels: int) -> None:
    work.progress(int(first + span * level / (levels + 1)), message)


def _fill(window: Pixels, zone: Zone, seed: int, work: Work, on_level: OnLevel) -> tuple[Pixels, str]:
    if zone.is_thin:
        return blend(window, fill_thin(window, zone.hole, work), zone.hole), "biharmonic"
    import cv2

    colours, factor = shrink(window, _WORK_SIDE)
    cover = cv2.resize(zone.hole.astype(np.float32), colours.shape[1::-1], interpolation=cv2.INTER_AREA)
    filled = synthesize(colours.astype(np.float32), cover > 0.02, seed, work, on_level)
    if filled is None:
        return np.asarray(cv2.inpaint(window, zone.hole.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.uint8), "smooth"
    work.check()
    full = filled.colours if factor == 1.0 else _fetch_pixels(window, filled, factor)
    work.check()
    full = even_light(window.astype(np.float32), full, zone.hole)
    return blend(window, full, zone.hole, 0.7 / factor), "patches"


def _fetch_pixels(window: Pixels, filled: Filled, factor: float) -> Floats:
    """Give a filling that was made small the texture of the real pixels that its offsets point at."""
    import cv2

    height, width = window.shape[:2]
    scale = np.array([height, width], np.float32) / np.array(filled.offsets.shape[:2], np.float32)
    offsets = cv2.resize(filled.offsets, (width, height), interpolation=cv2.INTER_NEAREST) * scale
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    picture = window.astype(np.float32)
    fetched = cv2.remap(
        picture, columns + offsets[..., 1], rows + offsets[..., 0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    low = cv2.resize(filled.colours, (width, height), interpolation=cv2.INTER_CUBIC)
    joined: Floats = low + (fetched - cv2.GaussianBlur(fetched, (0, 0), 1.5 / factor))
    return joined


def _fill_alpha(alpha: Alpha, mask: Mask) -> Alpha:
    import cv2

    return np.asarray(cv2.inpaint(alpha, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
