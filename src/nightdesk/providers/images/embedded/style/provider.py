"""Style transfer with nothing configured: patches of an example, or a named style."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats, join_alpha, shrink, split_alpha, to_bytes
from nightdesk.providers.images.embedded.style.colour import move_colours
from nightdesk.providers.images.embedded.style.presets import PRESETS, find_preset, mix
from nightdesk.providers.images.embedded.style.synthesis import repaint
from nightdesk.providers.images.embedded.threads import prepare_threads
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    Made,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    StyleRequest,
    Work,
)

#: Patches are laid at this size at most; the photograph's own fine detail comes back above it.
_WORK_SIDE: Final = 1024


class Patchwork:
    """Repaints a picture from patches of an example."""

    info = ProviderInfo(
        name="patchwork",
        title="Patchwork",
        operation=Operation.STYLE,
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
            "It knows brush and colour, not subjects: nothing is redrawn in the manner of a painter.",
            "Above a strength of 0.7 fine things dissolve.",
        ),
    )

    def __init__(self, options: ImageOptions) -> None:
        """Nothing of it can be configured."""

    def ready(self) -> Readiness:
        """Say that it is always ready."""
        return Readiness(is_ready=True)

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what was measured on two cores."""
        return 0.5 + 6.0 * min(pixels / 1e6, 1.0) + 0.2 * pixels / 1e6

    def styles(self) -> Sequence[str]:
        """Name the styles it knows by itself."""
        return tuple(PRESETS)

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted, of the same size."""
        prepare_threads()
        work.progress(2, "Reading the colours")
        rgb, alpha = split_alpha(request.image)
        if request.example is not None:
            painted = _follow_example(rgb, request.example, request, work)
            return Made(pixels=join_alpha(painted, alpha), seed=request.seed, method="patches")
        preset = find_preset(request.style)
        if preset is None:
            raise Unsuitable(
                f"Give a picture to take the style from, or name one of these styles: {', '.join(self.styles())}.",
                field="style",
            )
        work.progress(10, "Painting")
        work.check()
        painted = mix(rgb, preset(rgb), min(1.0, request.strength * 1.6))
        return Made(pixels=join_alpha(painted, alpha), seed=request.seed, method=request.style)


def _follow_example(rgb: Pixels, example: Pixels, request: StyleRequest, work: Work) -> Pixels:
    import cv2

    small, factor = shrink(rgb, _WORK_SIDE)
    pattern, _ = shrink(split_alpha(example)[0], max(small.shape[:2]))
    content = move_colours(small, pattern, request.seed, min(1.0, request.strength * 2))
    work.check()

    def tell(level: int, levels: int) -> None:
        work.progress(15 + 75 * level // levels, "Painting")

    tell(0, 1)
    painted: Floats = repaint(content, pattern.astype(np.float32), request.strength, request.seed, work, tell)
    if factor < 1:
        size = (rgb.shape[1], rgb.shape[0])
        fine = rgb - cv2.resize(small, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
        painted = cv2.resize(painted, size, interpolation=cv2.INTER_CUBIC) + fine * np.float32(1 - request.strength)
    return to_bytes(painted)
