"""What Replicate's models are asked for: each operation by the model that the operator chose for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from nightdesk.core.errors import Permanent
from nightdesk.providers.images.errors import Unsuitable
from nightdesk.providers.images.hosted.lasting import one_try
from nightdesk.providers.images.hosted.options import REPLICATE_KEY_SETTING, name_model_setting
from nightdesk.providers.images.hosted.pictures import drop_alpha, fit, keep_outside, resize, write_png
from nightdesk.providers.images.hosted.replicate.prediction import Account, Predicted
from nightdesk.providers.images.hosted.replicate.schema import NAMES, ModelSchema
from nightdesk.providers.images.hosted.styles import describe_style, list_styles
from nightdesk.providers.images.options import ImageOptions
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    CommercialUse,
    FaceSwapRequest,
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


class _Replicate:
    operation: ClassVar[Operation]
    title: ClassVar[str]

    def __init__(self, options: ImageOptions) -> None:
        self._options = options.replicate

    @property
    def info(self) -> ProviderInfo:
        """Describe it."""
        model = self._options.models.get(self.operation, "")
        return ProviderInfo(
            name="replicate",
            title=f"{self.title}, {model or 'a model'} at Replicate",
            operation=self.operation,
            kind=ProviderKind.HOSTED,
            version=model or "1",
            queue="ai_generation",
            is_generative_ai=True,
            code_licence="not known: it runs at Replicate",
            weights_licence="as the model's page at Replicate says",
            commercial_use=CommercialUse.ASK,
            data_goes_to=self._options.server.host,
            limits={"max_pixels": 100_000_000},
            weak_points=("A model that nobody used lately takes up to two minutes to start.",),
        )

    def ready(self) -> Readiness:
        """Say whether the token and a model for this operation are set."""
        setting = name_model_setting(self.operation)
        given = ((REPLICATE_KEY_SETTING, self._options.key), (setting, self._options.models.get(self.operation)))
        missing = tuple(name for name, value in given if not value)
        if not missing:
            return Readiness(is_ready=True)
        detail = f"Set {' and '.join(missing)}, then start Nightdesk again."
        return Readiness(is_ready=False, missing=missing, detail=detail)

    def expected_s(self, pixels: int) -> float | None:
        """Guess nothing: it is the model's and the hour's affair."""
        return None

    @contextmanager
    def _open(self, work: Work) -> Iterator[Account]:
        work.progress(2, "Asking Replicate for the model")
        with one_try(work) as number:
            yield Account(self._options, self.operation, work, number)

    def _made(
        self, predicted: Predicted, pixels: Pixels, warnings: Sequence[str] = (), seed: int | None = None
    ) -> Made:
        model = self._options.models[self.operation]
        used = any(name in predicted.inputs for name in NAMES["seed"])
        return Made(
            pixels=pixels,
            seed=seed if used else None,
            method=model,
            warnings=tuple(warnings),
            cost_micros=self._options.prices_micros.get(self.operation),
            model=model,
        )


class ReplicateGenerator(_Replicate):
    """Makes pictures from prompts."""

    operation = Operation.GENERATION
    title = "Generation"

    def generate(self, request: GenerationRequest, work: Work) -> Made:
        """Make one picture of exactly the size asked for."""
        with self._open(work) as account:
            version, schema = account.find_schema()
            predicted = account.predict(version, schema, _write_values(request, schema), must=("prompt",))
            pixels, warnings = fit(predicted.pixels, request.width, request.height)
            return self._made(predicted, pixels, warnings, request.seed)


def _write_values(request: GenerationRequest, schema: ModelSchema) -> dict[str, Any]:
    prompt = f"{request.prompt}\n\nStyle: {describe_style(request.style)}" if request.style else request.prompt
    values: dict[str, Any] = {
        "prompt": prompt,
        "width": request.width,
        "height": request.height,
        "seed": request.seed,
        "output_format": "png",
    }
    if "width" not in schema.properties and (shape := schema.choose_aspect_ratio(request.width, request.height)):
        values["aspect_ratio"] = shape
    return values


class ReplicateFaceSwap(_Replicate):
    """Puts faces into other pictures."""

    operation = Operation.FACE_SWAP
    title = "Face swap"

    def swap_face(self, request: FaceSwapRequest, work: Work) -> Made:
        """Return the target with the face put in, of the target's size.

        Raises:
            Unsuitable: the model gave the target back unchanged: it found no face.
        """
        with self._open(work) as account:
            version, schema = account.find_schema()
            values = {
                "face": account.upload("face", write_png(drop_alpha(request.face))),
                "target": account.upload("target", write_png(drop_alpha(request.target))),
                "seed": request.seed,
            }
            predicted = account.predict(version, schema, values, must=("face", "target"))
            height, width = request.target.shape[:2]
            pixels, warnings = fit(drop_alpha(predicted.pixels), width, height)
            if pixels.tobytes() == drop_alpha(request.target).tobytes():
                raise Unsuitable(
                    "The model found no face to put in and gave the picture back unchanged. Use pictures with one clear face "
                    "each.",
                    field="target_image",
                )
            return self._made(predicted, pixels, warnings, request.seed)


class ReplicateBackground(_Replicate):
    """Cuts out subjects."""

    operation = Operation.BACKGROUND
    title = "Background removal"

    def remove_background(self, request: BackgroundRequest, work: Work) -> Made:
        """Return RGBA of the same size. A box is not sent: models of this kind take none; a warning says so.

        Raises:
            Permanent: the model gives no transparency, so it is none for this.
        """
        with self._open(work) as account:
            version, schema = account.find_schema()
            values = {"image": account.upload("image", write_png(drop_alpha(request.image))), "output_format": "png"}
            predicted = account.predict(version, schema, values, must=("image",))
            if predicted.pixels.shape[2] != 4:
                raise Permanent(
                    f"{account.model} gave a picture without transparency. Set {account.vendor.model_setting} to a model that cuts "
                    "subjects out."
                )
            height, width = request.image.shape[:2]
            pixels = predicted.pixels
            warnings = [] if request.box is None else ["The box was not used: the model takes none."]
            if pixels.shape[:2] != (height, width):
                warnings.append(
                    f"The model made {pixels.shape[1]} x {pixels.shape[0]}; it was scaled to {width} x {height}."
                )
                pixels = resize(pixels, width, height)
            return self._made(predicted, pixels, warnings)


class ReplicateEraser(_Replicate):
    """Takes objects out of pictures."""

    operation = Operation.OBJECT
    title = "Object removal"

    def remove_object(self, request: ObjectRequest, work: Work) -> Made:
        """Return the picture with the masked part painted anew; the rest is the original's."""
        with self._open(work) as account:
            version, schema = account.find_schema()
            values: Mapping[str, Any] = {
                "image": account.upload("image", write_png(drop_alpha(request.image))),
                "mask": account.upload("mask", write_png(request.mask)),
                "prompt": request.prompt or "the background, continued, nothing else",
                "seed": request.seed,
                "output_format": "png",
            }
            predicted = account.predict(version, schema, values, must=("image", "mask"))
            height, width = request.mask.shape
            made, warnings = fit(drop_alpha(predicted.pixels), width, height)
            return self._made(predicted, keep_outside(request.image, made, request.mask), warnings, request.seed)


class ReplicateStyle(_Replicate):
    """Repaints pictures."""

    operation = Operation.STYLE
    title = "Style transfer"

    def transfer_style(self, request: StyleRequest, work: Work) -> Made:
        """Return the picture repainted, like an example or in a style in words, whichever the model takes."""
        with self._open(work) as account:
            version, schema = account.find_schema()
            values: dict[str, Any] = {
                "image": account.upload("image", write_png(drop_alpha(request.image))),
                "strength": request.strength,
                "seed": request.seed,
                "output_format": "png",
            }
            must = ["image"]
            if request.example is not None:
                values["example"] = account.upload("example", write_png(drop_alpha(request.example)))
                must.append("example")
            if request.style or request.prompt or request.example is None:
                values["prompt"] = f"Repaint this as {describe_style(request.style)}. {request.prompt}".strip()
                must += ["prompt"] if request.example is None else []
            predicted = account.predict(version, schema, values, must=tuple(must))
            height, width = request.image.shape[:2]
            pixels, warnings = fit(drop_alpha(predicted.pixels), width, height)
            return self._made(predicted, pixels, warnings, request.seed)

    def styles(self) -> Sequence[str]:
        """Name the styles that have words of our own; any other text is passed on as it is."""
        return list_styles()
