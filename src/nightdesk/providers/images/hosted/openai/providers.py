"""What OpenAI's image API is asked for: a new picture, an object gone, another style."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.hosted.openai.api import Bought, ImageApi, describe_vendor
from nightdesk.providers.images.hosted.openai.dialect import Dialect, Size, find_dialect, write_files
from nightdesk.providers.images.hosted.options import IMAGE_KEY_SETTING, IMAGE_MODEL_SETTING, IMAGE_URL_SETTING
from nightdesk.providers.images.hosted.pictures import (
    drop_alpha,
    fit,
    keep_outside,
    resize,
    resize_mask,
    write_mask_as_alpha,
    write_png,
)
from nightdesk.providers.images.hosted.styles import describe_style, list_styles
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    CommercialUse,
    GenerationRequest,
    Made,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    ProviderInfo,
    ProviderKind,
    Readiness,
    StyleRequest,
    Work,
)

_ERASE: Final = (
    "Remove what the mask covers and continue the surroundings there as if it had never been. Change nothing else, add no "
    "objects and no text."
)
#: OpenAI's guides speak of up to two minutes; most pictures take a quarter of that.
_EXPECTED_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """A picture laid into the size that a model takes, with rims that repeat its edge, and the way back out."""

    pixels: Pixels
    inner: Size
    left: int
    top: int

    def lay_mask(self, mask: Mask) -> Mask:
        """Lay a mask in the same way; the rims are not in it."""
        height, width = self.pixels.shape[:2]
        laid = np.zeros((height, width), np.bool_)
        laid[self._inside] = resize_mask(mask, *self.inner)
        return laid

    def take_out(self, made: Pixels, width: int, height: int) -> tuple[Pixels, tuple[str, ...]]:
        """Take a result out of its rims, in the picture's own size."""
        outer_height, outer_width = self.pixels.shape[:2]
        fitted, warnings = fit(made, outer_width, outer_height)
        return resize(np.ascontiguousarray(fitted[self._inside]), width, height), warnings

    @property
    def _inside(self) -> tuple[slice, slice]:
        width, height = self.inner
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def _frame(pixels: Pixels, size: Size) -> _Frame:
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, min(size[0], round(width * scale))), max(1, min(size[1], round(height * scale)))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    rims = ((top, size[1] - inner[1] - top), (left, size[0] - inner[0] - left), (0, 0))
    return _Frame(np.pad(resize(drop_alpha(pixels), *inner), rims, mode="edge"), inner, left, top)


class _OpenAI:
    operation: ClassVar[Operation]
    title: ClassVar[str]
    weak_points: ClassVar[tuple[str, ...]] = ()

    def __init__(self, options: ImageOptions) -> None:
        self._options = options.openai

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        vendor = describe_vendor(self._options)
        return ProviderInfo(
            name="openai",
            title=f"{self.title}, {self._options.model or 'a model'} at {vendor.name}",
            operation=self.operation,
            kind=ProviderKind.HOSTED,
            version=self._options.model or "1",
            queue="ai_generation",
            is_generative_ai=True,
            code_licence="not known: it runs at the server",
            weights_licence="as the server's terms say",
            commercial_use=CommercialUse.ASK,
            data_goes_to=self._options.server.host,
            limits={"max_pixels": 100_000_000},
            weak_points=("Gives no seed: the same prompt makes another picture each time.", *self.weak_points),
        )

    def ready(self) -> Readiness:
        """Say whether address, key and model are set."""
        missing = self._options.missing
        if not missing:
            return Readiness(is_ready=True)
        detail = (
            f"Set {IMAGE_URL_SETTING} to the address of a server, or {IMAGE_KEY_SETTING} and {IMAGE_MODEL_SETTING} for "
            "OpenAI, then start Nightdesk again."
            if missing == (IMAGE_URL_SETTING,)
            else f"Set {' and '.join(missing)}, then start Nightdesk again."
        )
        return Readiness(is_ready=False, missing=missing, detail=detail)

    def expected_s(self, pixels: int) -> float | None:
        """Guess from what is known of OpenAI; nothing is known of other servers."""
        return _EXPECTED_S if self._options.is_openai else None

    def _buy(self, work: Work, path: str, fields: dict[str, Any], size: Size, files: Any = None) -> Bought:
        api = ImageApi(self._options, work)
        work.progress(5, f"Waiting for {api.vendor.name}")
        model = {"model": self._options.model} if self._options.model else {}
        given = {**model, **fields, "size": f"{size[0]}x{size[1]}", "n": 1}
        bought = api.buy(path, asks_for_base64=self._dialect.asks_for_base64, fields=given, files=files)
        work.progress(95, "Fitting the result")
        return bought

    def _made(self, bought: Bought, pixels: Pixels, warnings: tuple[str, ...]) -> Made:
        return Made(
            pixels=pixels,
            method=self._options.model,
            warnings=warnings,
            cost_micros=self._options.price_micros,
            model=self._options.model,
            extra={"revised_prompt": bought.revised_prompt} if bought.revised_prompt else {},
        )

    @property
    def _dialect(self) -> Dialect:
        return find_dialect(self._options)


class OpenAIGenerator(_OpenAI):
    """Makes pictures from prompts."""

    operation = Operation.GENERATION
    title = "Generation"

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Make one picture of exactly the size asked for."""
        prompt = f"{request.prompt}\n\nStyle: {describe_style(request.style)}" if request.style else request.prompt
        size = self._dialect.choose_size(request.width, request.height)
        bought = self._buy(work, "/images/generations", {"prompt": prompt}, size)
        pixels, warnings = fit(bought.pixels, request.width, request.height)
        return self._made(bought, pixels, warnings)


class OpenAIEraser(_OpenAI):
    """Takes objects out of pictures."""

    operation = Operation.OBJECT
    title = "Object removal"
    weak_points = ("Paints the hole anew in the model's own size: large holes lose sharpness.",)

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture with the masked part painted anew; the rest is the original's."""
        work.progress(0, "Sending the picture")
        height, width = request.mask.shape
        frame = _frame(request.image, self._dialect.choose_edit_size(width, height))
        files = write_files([write_png(frame.pixels)], write_mask_as_alpha(frame.lay_mask(request.mask)))
        size = frame.pixels.shape[1], frame.pixels.shape[0]
        bought = self._buy(work, "/images/edits", {"prompt": request.prompt or _ERASE}, size, files)
        made, warnings = frame.take_out(drop_alpha(bought.pixels), width, height)
        return self._made(bought, keep_outside(request.image, made, request.mask), warnings)


class OpenAIStyle(_OpenAI):
    """Repaints pictures."""

    operation = Operation.STYLE
    title = "Style transfer"
    weak_points = ("May change what the picture shows: faces and small text above all.",)

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted in a named style, or like an example where the model takes one."""
        if request.example is not None and not self._dialect.takes_examples:
            raise Unsuitable(
                f"{self._options.model or 'This model'} takes no example picture. Name a style, or choose another provider.",
                field="target_image",
            )
        work.progress(0, "Sending the picture")
        height, width = request.image.shape[:2]
        frame = _frame(request.image, self._dialect.choose_edit_size(width, height))
        pictures = [frame.pixels] if request.example is None else [frame.pixels, drop_alpha(request.example)]
        size = frame.pixels.shape[1], frame.pixels.shape[0]
        files = write_files([write_png(one) for one in pictures], None)
        bought = self._buy(work, "/images/edits", {"prompt": _write_style_prompt(request)}, size, files)
        made, warnings = frame.take_out(drop_alpha(bought.pixels), width, height)
        return self._made(bought, made, warnings)

    def styles(self) -> Sequence[str]:
        """Name the styles that have words of our own; any other text is passed on as it is."""
        return list_styles()


def _write_style_prompt(request: StyleRequest) -> str:
    how = "lightly" if request.strength < 0.35 else "clearly" if request.strength < 0.7 else "thoroughly"
    like = (
        "the look of the second picture (its colours, brushwork and texture, nothing of what it shows)"
        if request.example is not None
        else f"this style: {describe_style(request.style)}"
    )
    wish = f" {request.prompt}" if request.prompt else ""
    return f"Repaint the first picture {how} in {like}. Keep its subjects, composition and crop.{wish}"
