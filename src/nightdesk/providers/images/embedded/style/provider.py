"""Style transfer with nothing configured: patches of an example, or a named style."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.pictures import Floats, join_alpha, shrink, split_alpha, to_bytes
from nightdesk.providers.images.embedded.style.colour import move_colours
from nightdesk.providers.images.embedded.style.presets import PRESETS, Preset, find_preset
from nightdesk.providers.images.embedded.style.protection import protect_faces
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

#: Patches are laid at this size at most: six seconds.
_WORK_SIDE: Final = 1024
#: Named styles are drawn at this size at most.
_PRESET_SIDE: Final = 2048
#: Strengths from which nothing of the plain photograph is left beneath: of a named style, and of patches.
_PRESET_GAIN: Final = 1.8
_PAINT_GAIN: Final = 3.0
_NO_NAME: Final = "The style's name was not used: the example gives the look."


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
        """Return the picture repainted, of the same size.

        Raises:
            Unsuitable: there is neither an example nor a style that it knows.
        """
        prepare_threads()
        rgb, alpha = split_alpha(request.image)
        found = None if request.example is not None else find_preset(request.style, request.prompt)
        if request.example is None and found is None:
            raise Unsuitable(
                f"Give a picture to take the style from, or name one of these styles: {', '.join(self.styles())}.",
                field="style",
            )
        strength = float(np.clip(request.strength, 0, 1))
        if found is None:
            method = "patches"
            painted, has_faces = _follow_example(rgb, request, strength, work)
        else:
            method, preset = found
            painted, has_faces = _apply_preset(rgb, preset, request.seed, strength, work)
        work.check()
        return Made(
            pixels=join_alpha(to_bytes(painted), alpha),
            seed=request.seed,
            method=method,
            warnings=(_NO_NAME,) if found is None and request.style else (),
            extra={"faces_kept": has_faces},
        )


def _apply_preset(rgb: Pixels, preset: Preset, seed: int, strength: float, work: Work) -> tuple[Floats, bool]:
    """Mix the picture and the full look, which is drawn at a size at which it can be stopped in time."""
    work.progress(5, "Painting")
    work.check()
    small, _ = shrink(rgb, _PRESET_SIDE)
    looked = preset.apply(small, seed, work)
    faces = protect_faces(small) if preset.draws_over else None
    if faces is not None:
        looked = looked + (small - looked) * faces[..., None]
    work.progress(80, "Mixing with the photograph")
    return _mix(rgb, small, looked, min(1.0, strength * _PRESET_GAIN)), faces is not None


def _follow_example(rgb: Pixels, request: StyleRequest, strength: float, work: Work) -> tuple[Floats, bool]:
    work.progress(2, "Reading the colours")
    small, _ = shrink(rgb, _WORK_SIDE)
    example = request.example if request.example is not None else rgb
    pattern, _ = shrink(split_alpha(example)[0], max(small.shape[:2]))
    content = move_colours(small, pattern, request.seed, min(1.0, strength * 2))
    work.check()
    work.progress(15, "Painting")
    painted = repaint(content, pattern.astype(np.float32), strength, request.seed, work, partial(_tell, work))
    faces = protect_faces(small)
    if faces is not None:
        painted = painted + (content - painted) * faces[..., None]
    return _mix(rgb, small, painted, min(1.0, strength * _PAINT_GAIN)), faces is not None


def _mix(rgb: Pixels, small: Pixels, looked: Floats, share: float) -> Floats:
    """Add the change that was worked out at the small size to the picture, which so keeps its finest detail."""
    import cv2

    moved: Any = (looked - small).astype(np.float32) * np.float32(share)
    if moved.shape != rgb.shape:
        moved = cv2.resize(moved, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(rgb + moved, np.float32)


def _tell(work: Work, level: int, levels: int) -> None:
    work.progress(15 + 75 * level // levels, "Painting")
