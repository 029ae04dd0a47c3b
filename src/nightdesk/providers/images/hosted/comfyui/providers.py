"""What the operator's workflows are asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.hosted.comfyui.prompt import Prompt
from nightdesk.providers.images.hosted.comfyui.workflows import find_slots
from nightdesk.providers.images.hosted.lasting import one_try
from nightdesk.providers.images.hosted.options import COMFYUI_URL_SETTING, name_workflow_setting
from nightdesk.providers.images.hosted.pictures import drop_alpha, fit, keep_outside, write_png
from nightdesk.providers.images.hosted.styles import describe_style, list_styles
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    GenerationRequest,
    Made,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    StyleRequest,
    Work,
)


class _ComfyUI:
    operation: ClassVar[Operation]
    title: ClassVar[str]

    def __init__(self, options: ImageOptions) -> None:
        self._options = options.comfyui

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        return ProviderInfo(
            name="comfyui",
            title=f"{self.title}, a workflow on ComfyUI",
            operation=self.operation,
            kind=ProviderKind.HOSTED,
            version="1",
            queue="ai_generation",
            is_generative_ai=True,
            code_licence="GPL-3.0, at its own server",
            weights_licence="as the models of the workflow say",
            commercial_use=CommercialUse.ASK,
            data_goes_to=self._options.server.host if self._options.url else "your ComfyUI server",
            limits={"max_pixels": 100_000_000},
            weak_points=("Works as well as the workflow does; pictures stay in ComfyUI's own folders as well.",),
        )

    def ready(self) -> Readiness:
        """Say whether the address and a workflow for this operation are set."""
        setting = name_workflow_setting(self.operation)
        given = ((COMFYUI_URL_SETTING, self._options.url), (setting, self._options.workflows.get(self.operation)))
        missing = tuple(name for name, value in given if not value)
        if not missing:
            return Readiness(is_ready=True)
        detail = f"Set {' and '.join(missing)}, then start Nightdesk again."
        return Readiness(is_ready=False, missing=missing, detail=detail)

    def expected_s(self, pixels: int) -> float | None:
        """Guess nothing: it is the workflow's and the machine's affair."""
        return None

    @property
    def _slots(self) -> set[str]:
        return find_slots(self._options.workflows[self.operation])

    @contextmanager
    def _open(self, work: Work) -> Iterator[Prompt]:
        work.progress(2, "Asking ComfyUI")
        with one_try(work) as number:
            yield Prompt(self._options, self.operation, work, number)

    def _made(self, pixels: Pixels, warnings: Sequence[str], seed: int) -> Made:
        used = seed if "seed" in self._slots else None
        return Made(pixels=pixels, seed=used, method="workflow", warnings=tuple(warnings), cost_micros=None)


class ComfyUIGenerator(_ComfyUI):
    """Makes pictures from prompts."""

    operation = Operation.GENERATION
    title = "Generation"

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Make one picture of exactly the size asked for."""
        words = f"{request.prompt}\n\nStyle: {describe_style(request.style)}" if request.style else request.prompt
        values = {"prompt": words, "width": request.width, "height": request.height, "seed": request.seed}
        with self._open(work) as prompt:
            pixels, warnings = fit(drop_alpha(prompt.run(values)), request.width, request.height)
            return self._made(pixels, warnings, request.seed)


class ComfyUIEraser(_ComfyUI):
    """Takes objects out of pictures."""

    operation = Operation.OBJECT
    title = "Object removal"

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture with the masked part painted anew; the rest is the original's."""
        with self._open(work) as prompt:
            values = {
                "image": prompt.upload("image", write_png(drop_alpha(request.image))),
                "mask": prompt.upload("mask", write_png(request.mask)),
                "prompt": request.prompt or "the background, continued, nothing else",
                "seed": request.seed,
            }
            height, width = request.mask.shape
            made, warnings = fit(drop_alpha(prompt.run(values)), width, height)
            return self._made(keep_outside(request.image, made, request.mask), warnings, request.seed)


class ComfyUIStyle(_ComfyUI):
    """Repaints pictures."""

    operation = Operation.STYLE
    title = "Style transfer"

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted, in a style in words or like an example, whichever the workflow takes.

        Raises:
            Unsuitable: there is an example and the workflow has no slot for one, or the other way round.
        """
        if (request.example is not None) != ("example" in self._slots):
            takes = "needs an example picture" if "example" in self._slots else "takes no example picture"
            raise Unsuitable(
                f"The workflow {takes}. Change the request, or choose another provider.", field="target_image"
            )
        with self._open(work) as prompt:
            values: dict[str, Any] = {
                "image": prompt.upload("image", write_png(drop_alpha(request.image))),
                "prompt": f"{describe_style(request.style)}. {request.prompt}".strip(),
                "strength": request.strength,
                "seed": request.seed,
            }
            if request.example is not None:
                values["example"] = prompt.upload("example", write_png(drop_alpha(request.example)))
            height, width = request.image.shape[:2]
            pixels, warnings = fit(drop_alpha(prompt.run(values)), width, height)
            return self._made(pixels, warnings, request.seed)

    def styles(self) -> Sequence[str]:
        """Name the styles that have words of our own; any other text is passed on as it is."""
        return list_styles()
