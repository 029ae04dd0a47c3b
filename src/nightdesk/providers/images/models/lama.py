"""Objects removed by LaMa in ONNX form (Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions")."""

from typing import Any, Final

import numpy as np

from nightdesk.core.errors import Misconfigured, Permanent
from nightdesk.providers.images.models.describing import describe_model
from nightdesk.providers.images.models.files import inspect_file, take_file
from nightdesk.providers.images.models.holes import find_cuttings, put_in
from nightdesk.providers.images.models.masks import check_mask
from nightdesk.providers.images.models.options import LAMA_SETTING, ModelOptions
from nightdesk.providers.images.models.scaling import Floats, scale_floats, scale_pixels
from nightdesk.providers.images.models.sessions import open_session, run_session
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    Readiness,
    Work,
)

#: The network halves its input three times.
_MULTIPLE: Final = 8
#: Longest side in pixels of what a model of any size is shown at once: beyond, memory grows to gigabytes.
_MOST_SIDE: Final = 1536
#: What the model is shown where it takes any size; the size it was trained and is exported with.
_LEAST_SIDE: Final = 512
#: The model card says 1.5 to 2.7 s for one hole at 512 x 512 on a processor.
_EXPECTED_S: Final = 2.5


class Lama:
    """Asks the operator's LaMa for each hole, and puts in only the holes."""

    def __init__(self, options: ImageOptions) -> None:
        self._options: ModelOptions = options.models

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        return describe_model(
            name="lama",
            title="LaMa on this machine",
            operation=Operation.OBJECT,
            queue="cpu",
            is_generative_ai=True,
            libraries="MIT (onnxruntime)",
            terms=self._options.lama.terms,
            weak_points=("Very large holes look soft.",),
        )

    def ready(self) -> Readiness:
        """Say whether the model's file is there and the right one."""
        return inspect_file(self._options, self._options.lama, setting=LAMA_SETTING)

    def expected_s(self, pixels: int) -> float | None:
        """Guess the time of one hole; the picture's size hardly matters."""
        return _EXPECTED_S

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture with every hole of the mask filled; three pixels beyond the mask nothing has changed.

        Raises:
            Misconfigured: the file is missing, another one, or no model of this kind.
            Unsuitable: the mask has another size than the picture, or covers nothing or everything.
        """
        check_mask(request)
        work.progress(5, "Loading the model")
        path = take_file(self._options, self._options.lama, setting=LAMA_SETTING)
        session = open_session(path, threads=self._options.threads, setting=LAMA_SETTING)
        network = _Network(session)
        picture = request.image.copy()
        cuttings = find_cuttings(request.mask, least_side=network.side or _LEAST_SIDE)
        for number, cutting in enumerate(cuttings):
            work.progress(15 + 80 * number // len(cuttings), f"Filling hole {number + 1} of {len(cuttings)}")
            part, hole = cutting.of_pixels(request.image), cutting.of_mask(request.mask)
            fill = network.fill(part[..., :3], hole, work)
            put_in(picture, fill, request.mask, cutting)
        work.progress(97, "Filling the last edges")
        return Made(pixels=picture, method="lama", model=self._options.lama.name, extra={"holes": len(cuttings)})


class _Network:
    """The model as one function. `side` is the only size it takes, in pixels; None: any multiple of 8."""

    def __init__(self, session: Any) -> None:
        self._session = session
        entries = {len(entry.shape) == 4 and entry.shape[1]: entry for entry in session.get_inputs()}
        if set(entries) != {3, 1}:
            raise Misconfigured(
                f"The model that {LAMA_SETTING} names does not take a picture and a mask. Choose LaMa in ONNX form.",
                setting=LAMA_SETTING,
            )
        self._picture, self._mask = entries[3].name, entries[1].name
        side = entries[3].shape[3]
        self.side: int | None = side if isinstance(side, int) and side > 0 else None

    def fill(self, part: Pixels, hole: Mask, work: Work) -> Pixels:
        """Return the part as the model completes it, of the same size."""
        height, width = part.shape[:2]
        scale = min(1.0, (self.side or _MOST_SIDE) / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small_hole: Mask = scale_floats(hole.astype(np.float32), *size) > 0
        return scale_pixels(self._ask(scale_pixels(part, *size), small_hole, work), width, height)

    def _ask(self, picture: Pixels, hole: Mask, work: Work) -> Pixels:
        height, width = hole.shape
        down = (self.side or -(-height // _MULTIPLE) * _MULTIPLE) - height
        right = (self.side or -(-width // _MULTIPLE) * _MULTIPLE) - width
        padded: Floats = np.pad(picture, ((0, down), (0, right), (0, 0)), mode="symmetric").astype(
            np.float32
        ) / np.float32(255)
        covered = np.pad(hole, ((0, down), (0, right)), mode="symmetric").astype(np.float32)
        inputs: dict[str, Floats] = {
            self._picture: np.ascontiguousarray(padded.transpose(2, 0, 1)[None]),
            self._mask: np.ascontiguousarray(covered[None, None]),
        }
        output = np.asarray(run_session(self._session, inputs, work)[0], np.float32)
        if output.shape != (1, 3, *covered.shape) or not np.isfinite(output).all():
            raise Permanent("The model answered with something that is no picture. Choose another provider.")
        answer = output[0].transpose(1, 2, 0) * _unit_of(output[0], padded, covered)
        whole: Pixels = np.rint(np.clip(answer, 0, 255)).astype(np.uint8)
        return whole[:height, :width]


def _unit_of(output: Floats, picture: Floats, hole: Floats) -> float:
    """Return by what to multiply the answer: exports of LaMa answer up to 1 or up to 255, and show what they know."""
    known = hole == 0
    answered, given = output.transpose(1, 2, 0)[known], picture[known]
    return 255.0 if np.abs(answered - given).sum() <= np.abs(answered / 255 - given).sum() else 1.0
