"""Three operations by one pipeline of the operator's: pictures from words, objects filled in, pictures repainted."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.models.describing import describe_model
from nightdesk.providers.images.models.diffusion.folder import inspect_folder, take_folder
from nightdesk.providers.images.models.diffusion.pipelines import Purpose, borrow_pipeline
from nightdesk.providers.images.models.diffusion.running import Share, run_pipeline
from nightdesk.providers.images.models.diffusion.sizes import fit, native_side, working_size
from nightdesk.providers.images.models.diffusion.styles import STYLES, describe_style
from nightdesk.providers.images.models.holes import find_cuttings, put_in
from nightdesk.providers.images.models.masks import check_mask
from nightdesk.providers.images.models.options import DIFFUSION_SETTING, INPAINT_SETTING
from nightdesk.providers.images.models.scaling import scale_floats, scale_pixels
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    GenerationRequest,
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    Readiness,
    StyleRequest,
    Work,
)

_NAME: Final = "diffusers"
#: What stands where an object was, when nobody says it.
_EMPTY_SCENE: Final = "the empty background, continued without a seam"
_ENLARGED: Final = "The model works at {} x {} pixels; the picture was brought from there to its size."


class _Diffusion:
    """What the three have in common."""

    operation: Operation
    purpose: Purpose
    title: str

    def __init__(self, options: ImageOptions) -> None:
        self._options = options.models

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        return describe_model(
            name=_NAME,
            title=self.title,
            operation=self.operation,
            queue="gpu",
            is_generative_ai=True,
            libraries="Apache-2.0 (diffusers), BSD-3-Clause (PyTorch)",
            terms=self._options.diffusion.terms,
            weak_points=("Slow without a graphics card.", "Most models heed only the first 75 or so words."),
        )

    def ready(self) -> Readiness:
        """Say whether the pipeline's folder is there and safe, and its libraries installed."""
        return inspect_folder(self._options, self._folder, setting=self._setting)

    def expected_s(self, pixels: int) -> float | None:
        """Return None: a card takes seconds, a processor many minutes, and which model it is only the operator knows."""
        return None

    @property
    def _folder(self) -> str:
        return self._options.diffusion.folder

    @property
    def _setting(self) -> str:
        return DIFFUSION_SETTING

    def _borrow(self, work: Work) -> Any:
        folder: Path = take_folder(self._options, self._folder, setting=self._setting)
        device = self._options.diffusion.device
        return borrow_pipeline(folder, self.purpose, device=device, setting=self._setting, work=work)

    def _arguments(self, **given: Any) -> dict[str, Any]:
        arguments = {"num_inference_steps": self._options.diffusion.steps, **given}
        if self._options.diffusion.guidance is not None:
            arguments["guidance_scale"] = self._options.diffusion.guidance
        return arguments

    def _made(self, pixels: Pixels, seed: int, *warnings: str, **extra: Any) -> Made:
        return Made(
            pixels=pixels, seed=seed, method=self.purpose.value, model=self._folder, warnings=warnings, extra=extra
        )


class DiffusionGenerator(_Diffusion):
    """Makes pictures from words."""

    operation = Operation.GENERATION
    purpose = Purpose.GENERATE
    title = "Diffusion model on this machine"

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Make one picture of exactly the size asked for."""
        prompt = ", ".join(filter(None, (request.prompt.strip(), describe_style(request.style))))
        with self._borrow(work) as pipeline:
            width, height = working_size(request.width, request.height, native=native_side(pipeline))
            arguments = self._arguments(prompt=prompt, width=width, height=height)
            picture = run_pipeline(pipeline, work, seed=request.seed, arguments=arguments)
        work.progress(95, "Fitting the size")
        enlarged = width < request.width or height < request.height
        warnings = [_ENLARGED.format(width, height)] if enlarged else []
        return self._made(fit(picture, request.width, request.height), request.seed, *warnings)


class DiffusionStyle(_Diffusion):
    """Repaints pictures by words."""

    operation = Operation.STYLE
    purpose = Purpose.REPAINT
    title = "Diffusion model on this machine"

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted, of the same size; what was clear stays clear.

        Raises:
            Unsuitable: an example picture was given, or neither a style nor a prompt.
        """
        prompt = ", ".join(filter(None, (describe_style(request.style), request.prompt.strip())))
        if request.example is not None:
            raise Unsuitable(
                "This model takes words, not an example picture. Name a style, or choose another provider.",
                field="target_image",
            )
        if not prompt:
            raise Unsuitable("Say which look the picture shall have.", field="prompt")
        height, width = request.image.shape[:2]
        with self._borrow(work) as pipeline:
            size = working_size(width, height, native=native_side(pipeline))
            small = scale_pixels(request.image[..., :3], *size)
            arguments = self._arguments(
                prompt=prompt,
                image=_as_input(small),
                strength=_reachable(request.strength, self._options.diffusion.steps),
            )
            if _takes(pipeline, "width"):
                arguments |= {"width": size[0], "height": size[1]}
            picture = run_pipeline(pipeline, work, seed=request.seed, arguments=arguments)
        work.progress(95, "Fitting the size")
        enlarged = size[0] < width or size[1] < height
        warnings = [_ENLARGED.format(*size)] if enlarged else []
        return self._made(_with_alpha_of(request.image, scale_pixels(picture, width, height)), request.seed, *warnings)

    def styles(self) -> Sequence[str]:
        """Name the styles it knows by itself."""
        return tuple(STYLES)


class DiffusionEraser(_Diffusion):
    """Fills holes with what a prompt says, or with more of what is round them."""

    operation = Operation.OBJECT
    purpose = Purpose.FILL
    title = "Diffusion model on this machine"

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture with every hole of the mask filled; three pixels beyond the mask nothing has changed.

        Raises:
            Unsuitable: the mask has another size than the picture, or covers nothing or everything.
        """
        check_mask(request)
        picture = request.image.copy()
        with self._borrow(work) as pipeline:
            native = native_side(pipeline)
            cuttings = find_cuttings(request.mask, least_side=native)
            for number, cutting in enumerate(cuttings):
                part, hole = cutting.of_pixels(request.image), cutting.of_mask(request.mask)
                size = working_size(part.shape[1], part.shape[0], native=native)
                arguments = self._arguments(
                    prompt=request.prompt.strip() or _EMPTY_SCENE,
                    image=_as_input(scale_pixels(part[..., :3], *size)),
                    mask_image=_as_mask(hole, *size),
                    width=size[0],
                    height=size[1],
                    strength=1.0,
                )
                share = Share(done=number, of=len(cuttings))
                fill = run_pipeline(pipeline, work, seed=request.seed, share=share, arguments=arguments)
                put_in(picture, scale_pixels(fill, part.shape[1], part.shape[0]), request.mask, cutting)
        work.progress(97, "Filling the last edges")
        return self._made(picture, request.seed, holes=len(cuttings))

    @property
    def _folder(self) -> str:
        return self._options.diffusion.inpaint_folder or self._options.diffusion.folder

    @property
    def _setting(self) -> str:
        return INPAINT_SETTING if self._options.diffusion.inpaint_folder else DIFFUSION_SETTING


def _as_input(picture: Pixels) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(picture))


def _as_mask(hole: Mask, width: int, height: int) -> Any:
    from PIL import Image

    scaled = scale_floats(hole.astype(np.float32), width, height) > 0
    return Image.fromarray(scaled.astype(np.uint8) * 255)


def _reachable(strength: float, steps: int) -> float:
    """Keep the strength where at least one step is taken: a run of none would return the picture as it was."""
    return min(1.0, max(strength, 1 / steps + 1e-6))


def _takes(pipeline: Any, name: str) -> bool:
    from inspect import signature

    return name in signature(pipeline.__call__).parameters


def _with_alpha_of(source: Pixels, picture: Pixels) -> Pixels:
    return np.dstack([picture, source[..., 3]]) if source.shape[2] == 4 else picture
