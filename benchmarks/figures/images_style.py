"""Style transfer: how fast, and whether colours follow the example."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.photographs import FreeWork, Plan, enlarge, time_best
from benchmarks.table import Figure
from nightdesk.providers.images.embedded.style.provider import Patchwork
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import Pixels, StyleRequest
from tests.support.photographs import photograph


def measure(plan: Plan) -> Iterator[Figure]:
    """Time an example at 512 px, at 1 MP and at 12 MP, then each named style at 1 MP."""
    example = photograph("immunohistochemistry")
    image = photograph("astronaut")
    took_s, painted = time_best(lambda: _paint(image, example), plan.repetitions)
    yield Figure(what="style after an example, 512 px", reach="<= 2 s", ours=f"{took_s:.2f} s", met=took_s <= 2)
    for megapixels in (1, 12):
        large = np.asarray(enlarge(image, megapixels), np.uint8)
        took_s, _ = time_best(lambda large=large: _paint(large, example), 1)
        yield Figure(
            what=f"style after an example, {megapixels} MP",
            reach="<= 9 s/MP",
            ours=f"{took_s / megapixels:.2f} s/MP",
            met=took_s <= 9 * megapixels,
        )
    before, after = (np.abs(_colours(one) - _colours(example)).mean() for one in (image, painted))
    yield Figure(
        what="style after an example at strength 0.8: distance of its colours (mean and spread in Lab) that is left",
        reach="counted",
        ours=f"{after / before:.0%}",
    )
    large = np.asarray(enlarge(image, 1), np.uint8)
    for style in Patchwork(ImageOptions()).styles():
        took_s, _ = time_best(lambda style=style: _paint(large, None, style), plan.repetitions)
        yield Figure(what=f"style {style}, 1 MP", reach="<= 9 s", ours=f"{took_s:.2f} s", met=took_s <= 9)


def _paint(image: Pixels, example: Pixels | None, style: str = "") -> Pixels:
    request = StyleRequest(image=image, example=example, style=style, strength=0.8)
    return Patchwork(ImageOptions()).transfer_style(request, FreeWork()).pixels


def _colours(picture: Pixels) -> Any:
    import cv2

    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    return np.r_[lab.mean(axis=0), lab.std(axis=0)]
