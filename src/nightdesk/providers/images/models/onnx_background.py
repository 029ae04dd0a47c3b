"""Backgrounds removed by a matting network in ONNX form: U2Net, IS-Net, BiRefNet and their like."""

from typing import Any, Final

import numpy as np

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.images.models.describing import describe_model
from nightdesk.providers.images.models.files import inspect_file, take_file
from nightdesk.providers.images.models.matte import cut_out, refine
from nightdesk.providers.images.models.options import BACKGROUND_SETTING, ModelOptions, Normalisation
from nightdesk.providers.images.models.scaling import Floats, scale_pixels
from nightdesk.providers.images.models.sessions import open_session, run_session
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    Made,
    Operation,
    Pixels,
    ProviderInfo,
    Readiness,
    Work,
)

_IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)
#: Mean and deviation of the three channels, after the picture's brightest value became 1.
_SCALES: Final = {
    Normalisation.IMAGENET: (_IMAGENET_MEAN, _IMAGENET_DEVIATION),
    Normalisation.DIS: (_IMAGENET_MEAN, (1.0, 1.0, 1.0)),
    Normalisation.HALF: ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0)),
}
#: Below this difference between its brightest and darkest answer the network saw no subject at all.
_LEAST_CONTRAST: Final = 0.05
#: Far beyond certainty, and still far from what overflows.
_MOST_LOGIT: Final = 60.0
#: Reported for U2Net, IS-Net and BiRefNet on processors: 0.8 to 8 s. The side that the network sees decides, not ours.
_EXPECTED_S: Final = 3.0


class OnnxBackground:
    """Asks the operator's matting network, then refines its edges and cleans them of the backdrop's colour."""

    def __init__(self, options: ImageOptions) -> None:
        self._options: ModelOptions = options.models

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        return describe_model(
            name="onnx",
            title="Your own matting model",
            operation=Operation.BACKGROUND,
            queue="cpu",
            is_generative_ai=False,
            libraries="MIT (onnxruntime)",
            terms=self._options.background.terms,
            weak_points=("Sees the picture small: fine gaps may close.",),
        )

    def ready(self) -> Readiness:
        """Say whether the model's file is there and the right one."""
        return inspect_file(self._options, self._options.background, setting=BACKGROUND_SETTING)

    def expected_s(self, pixels: int) -> float | None:
        """Guess the time of one picture: the network's own, and a little for every million pixels."""
        return _EXPECTED_S + pixels / 10_000_000

    def remove_background(self, request: BackgroundRequest, work: Work) -> Made:
        """Return RGBA of the same size; with a box, everything outside it is clear.

        Raises:
            Misconfigured: the file is missing, another one, or no model of this kind.
        """
        work.progress(5, "Loading the model")
        path = take_file(self._options, self._options.background, setting=BACKGROUND_SETTING)
        session = open_session(path, threads=self._options.threads, setting=BACKGROUND_SETTING)
        x0, y0, x1, y1 = request.box or (0, 0, request.image.shape[1], request.image.shape[0])
        part = request.image[y0:y1, x0:x1]
        work.progress(20, "Looking for the subject")
        coarse, contrast = self._ask(session, part, work)
        work.progress(75, "Refining edges")
        matte = refine(coarse, part)
        work.check()
        work.progress(90, "Cleaning edges")
        pixels = _keep_clear(cut_out(part, matte), part)
        if request.box:
            whole = np.zeros((*request.image.shape[:2], 4), np.uint8)
            whole[..., :3] = request.image[..., :3]
            whole[y0:y1, x0:x1] = pixels
            pixels = whole
        return Made(
            pixels=pixels,
            method="onnx",
            model=self._options.background.name,
            warnings=()
            if contrast >= _LEAST_CONTRAST
            else ("No subject was found. Draw a box round it and try again.",),
            extra={"confidence": round(min(1.0, contrast), 3)},
        )

    def _ask(self, session: Any, picture: Pixels, work: Work) -> tuple[Floats, float]:
        """Return the network's opinion, stretched to 0 to 1 as rembg does, and the contrast it had before."""
        entry = session.get_inputs()[0]
        side = self._side_of(entry.shape)
        outputs = run_session(session, {entry.name: self._prepare(picture, side)}, work)
        opinion = np.asarray(outputs[0], np.float32)
        if opinion.ndim != 4:
            raise Misconfigured(
                f"The model that {BACKGROUND_SETTING} names answers in a shape that no matting model has. "
                "Choose one like U2Net, IS-Net or BiRefNet.",
                setting=BACKGROUND_SETTING,
            )
        opinion = opinion[0, 0]
        if not np.isfinite(opinion).all():
            raise Permanent("The model answered with numbers that mean nothing. Choose another provider.")
        if opinion.min() < 0 or opinion.max() > 1:  # before its last sigmoid, as BiRefNet is exported
            opinion = 1 / (1 + np.exp(-np.clip(opinion, -_MOST_LOGIT, _MOST_LOGIT)))
        lowest, highest = float(opinion.min()), float(opinion.max())
        contrast = highest - lowest
        if contrast < _LEAST_CONTRAST:  # stretched, this would be noise
            return opinion, contrast
        return (opinion - lowest) / contrast, contrast

    def _side_of(self, shape: list[Any]) -> int:
        if self._options.background_side:
            return self._options.background_side
        if len(shape) == 4 and isinstance(shape[3], int) and shape[3] > 0:
            return shape[3]
        raise Misconfigured(
            f"The model that {BACKGROUND_SETTING} names takes pictures of any size. Set {BACKGROUND_SETTING}_SIDE to "
            "the side it was trained with, like 1024.",
            setting=f"{BACKGROUND_SETTING}_SIDE",
        )

    def _prepare(self, picture: Pixels, side: int) -> Floats:
        small = scale_pixels(picture[..., :3], side, side)
        mean, deviation = np.asarray(_SCALES[self._options.background_normalisation], np.float32)
        scaled: Floats = (small.astype(np.float32) / max(float(small.max()), 1.0) - mean) / deviation
        return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def _keep_clear(cut: Pixels, picture: Pixels) -> Pixels:
    """Keep clear what was clear before."""
    if picture.shape[2] == 4:
        cut[..., 3] = np.minimum(cut[..., 3], picture[..., 3])
    return cut
