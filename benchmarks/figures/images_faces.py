"""Face swap: where the points of the new face lie, and how fast."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from benchmarks.photographs import FreeWork, Plan, read_folder, time_best
from benchmarks.table import Figure
from nightdesk.providers.images.embedded import people
from nightdesk.providers.images.embedded.faces.finding import EYE_CORNERS, find_only_face
from nightdesk.providers.images.embedded.faces.provider import EyeSwap, LandmarkSwap
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import FaceSwapRequest, Pixels
from tests.support.photographs import photograph

WANTED_ERROR = 0.03
WANTED_S = 0.5


def measure(plan: Plan) -> Iterator[Figure]:
    """Swap every pair of faces both ways; the models of people are the judge of where points lie."""
    if not people.is_installed():
        yield Figure(what="face swap", reach="", ours="the models of people are not installed")
        return
    pictures = [*_twist(photograph("astronaut")), *(_faces_of(plan) if plan.folder else ())]
    pairs = list(permutations(pictures, 2))
    for provider in (LandmarkSwap, EyeSwap):
        yield _rate(provider, pairs)
    took_s, _ = time_best(lambda: _swap(LandmarkSwap, *pairs[0]), max(3, plan.repetitions))
    peer_s, _ = time_best(lambda: _swap(EyeSwap, *pairs[0]), plan.repetitions)
    yield Figure(
        what="face swap, 0.26 MP; peer: by eyes",
        reach=f"<= {WANTED_S:g} s",
        ours=f"{took_s:.2f} s",
        peers=f"{peer_s:.2f} s",
        met=took_s <= WANTED_S,
    )


def _rate(provider: type[LandmarkSwap] | type[EyeSwap], pairs: list[tuple[Pixels, Pixels]]) -> Figure:
    errors, refused, warned = [], 0, 0
    for face, target in pairs:
        try:
            made = provider(ImageOptions()).swap_face(FaceSwapRequest(face=face, target=target), FreeWork())
            wanted, found = (find_only_face(one, field="image") for one in (target, made.pixels))
        except Unsuitable:
            refused += 1
            continue
        warned += any("turned differently" in warning for warning in made.warnings)
        eyes = np.linalg.norm(wanted.flat[EYE_CORNERS[0]] - wanted.flat[EYE_CORNERS[1]])
        errors.append(float(np.linalg.norm(found.flat - wanted.flat, axis=1).mean() / eyes))
    name = provider(ImageOptions()).info.name
    is_ours = provider is LandmarkSwap
    return Figure(
        what=f"face swap by {name}, {len(pairs)} pairs: mean error of the points, in eye distances",
        reach=f"<= {WANTED_ERROR:.0%}" if is_ours else "counted",
        ours=f"{np.mean(errors):.1%} (worst {max(errors):.1%}); {refused} refused, {warned} warned of",
        met=bool(np.mean(errors) <= WANTED_ERROR) if is_ours else None,
    )


def _twist(picture: Pixels) -> Iterator[Pixels]:
    """Yield the one face of scikit-image as it is, and as a longer, tilted, mirrored one in another light."""
    import cv2

    yield picture
    matrix = np.array([[1.0, 0.15, -20], [-0.2, 1.45, 5]], np.float32)
    turned = cv2.warpAffine(picture[:300, 90:360][:, ::-1], matrix, (320, 480), borderMode=cv2.BORDER_REPLICATE)
    yield np.asarray(np.clip(turned * np.array([0.7, 0.85, 1.1]), 0, 255), np.uint8)


def _faces_of(plan: Plan) -> Iterator[Pixels]:
    for case in read_folder(plan.folder) if plan.folder else ():
        try:
            find_only_face(case.image, field="image")
        except Unsuitable:
            continue
        if case.kind == "person photo":
            yield case.image


def _swap(provider: type[LandmarkSwap] | type[EyeSwap], face: Pixels, target: Pixels) -> Pixels:
    return provider(ImageOptions()).swap_face(FaceSwapRequest(face=face, target=target), FreeWork()).pixels
