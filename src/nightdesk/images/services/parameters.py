"""What an image task may be told: the parameters, and which of them and which pictures each operation takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.problems import invalid_input
from nightdesk.images.models import MAX_PROMPT_CHARS
from nightdesk.providers.images.protocol import Operation

#: Sides in pixels of pictures made from words: smaller ones show nothing, larger ones no model makes in one go.
MIN_SIDE: Final = 64
MAX_SIDE: Final = 2048
DEFAULT_SIDE: Final = 1024
#: Seeds of every provider fit: NumPy, PyTorch, ComfyUI and the hosted ones all take 32 bits.
MAX_SEED: Final = 2**32 - 1
DEFAULT_FORMAT: Final = "webp"
DEFAULT_QUALITY: Final = 90
DEFAULT_STRENGTH: Final = {Operation.STYLE: 0.4, Operation.FACE_SWAP: 1.0}

Side = Annotated[int, Field(ge=MIN_SIDE, le=MAX_SIDE)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]


class Parameters(BaseModel):
    """How an image task is done; each operation takes some of these."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    width: Side | None = Field(None, description="Pixels of a generated picture; 1024 unless given.")
    height: Side | None = Field(None, description="Pixels of a generated picture; 1024 unless given.")
    style: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        None, description="A style by name; the providers' list names those that are known without a model."
    )
    strength: float | None = Field(None, ge=0.0, le=1.0, description="How far the result leaves the original.")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="The same seed gives the same picture.")
    box: list[int] | None = Field(
        None, min_length=4, max_length=4, description="x0, y0, x1, y1 in pixels, x1 and y1 outside."
    )
    format: Literal["webp", "png", "jpeg", "avif"] | None = Field(None, description="Of the result; webp unless given.")
    quality: int | None = Field(None, ge=1, le=100, description="Of the result's encoding; 90 unless given.")
    provider: Word | None = Field(
        None, description="Who does it: see /api/v1/providers/. The first ready one unless given."
    )
    fallback: bool = Field(
        default=False,
        description="After a fault of a hosted provider let the next ready one do it. The result says so.",
    )
    consent: bool = Field(default=False, description="Face swaps only: the statement of consent is confirmed.")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one operation takes. `pictures`: the fields it takes, and those of them that it cannot do without."""

    pictures: frozenset[str]
    required: frozenset[str]
    parameters: frozenset[str]
    uses_prompt: bool
    needs_prompt: bool = False


_ALWAYS: Final = frozenset({"seed", "format", "quality", "provider", "fallback"})

RULES: Final[dict[Operation, Rules]] = {
    Operation.GENERATION: Rules(
        pictures=frozenset(),
        required=frozenset(),
        parameters=_ALWAYS | {"width", "height", "style"},
        uses_prompt=True,
        needs_prompt=True,
    ),
    Operation.FACE_SWAP: Rules(
        pictures=frozenset({"image", "target_image"}),
        required=frozenset({"image", "target_image"}),
        parameters=_ALWAYS | {"strength", "consent"},
        uses_prompt=False,
    ),
    Operation.BACKGROUND: Rules(
        pictures=frozenset({"image"}),
        required=frozenset({"image"}),
        parameters=_ALWAYS | {"box"},
        uses_prompt=False,
    ),
    Operation.OBJECT: Rules(
        pictures=frozenset({"image", "mask"}),
        required=frozenset({"image"}),
        parameters=_ALWAYS | {"box"},
        uses_prompt=True,
    ),
    Operation.STYLE: Rules(
        pictures=frozenset({"image", "target_image"}),
        required=frozenset({"image"}),
        parameters=_ALWAYS | {"style", "strength"},
        uses_prompt=True,
    ),
}
_NAMES: Final = {"image": "Image", "target_image": "Target image", "mask": "Mask"}


def read_parameters(given: Mapping[str, Any]) -> Parameters:
    """Read parameters as they were sent.

    Raises:
        InvalidInput: with details by field.
    """
    try:
        return Parameters.model_validate(dict(given))
    except ValidationError as exc:
        raise invalid_input(exc) from None


def check_fields(
    operation: Operation, *, prompt: str, pictures: Mapping[str, str | None], parameters: Parameters
) -> None:
    """Hold what was sent against what the operation takes; nothing is looked up.

    Raises:
        InvalidInput: with details by field, all of them at once.
    """
    rules = RULES[operation]
    wrong: dict[str, list[str]] = {}
    if rules.needs_prompt and not prompt:
        wrong["prompt"] = [f"Prompt is required for {operation}"]
    elif len(prompt) > MAX_PROMPT_CHARS:
        wrong["prompt"] = [f"This must have at most {MAX_PROMPT_CHARS} characters."]
    for field, value in pictures.items():
        if value is None and field in rules.required:
            wrong[field] = [f"{_NAMES[field]} is required for {operation}"]
        elif value is not None and field not in rules.pictures:
            wrong[field] = [f"{operation} does not take this. Leave it out."]
    given = parameters.model_dump(exclude_defaults=True)
    wrong |= {
        name: [f"{operation} does not take this. Leave it out."] for name in sorted(given.keys() - rules.parameters)
    }
    wrong = _check_combinations(operation, prompt, pictures, parameters) | wrong
    if wrong:
        raise InvalidInput(details=wrong)


def _check_combinations(
    operation: Operation, prompt: str, pictures: Mapping[str, str | None], parameters: Parameters
) -> dict[str, list[str]]:
    if operation == Operation.OBJECT and pictures.get("mask") is None and parameters.box is None:
        return {"mask": ["Mask is required for object_removal, unless a box says where the object is"]}
    if operation == Operation.STYLE and not (pictures.get("target_image") or parameters.style or prompt):
        return {"style": ["Style is required for style_transfer, unless a target image or a prompt gives the look"]}
    if operation == Operation.BACKGROUND and parameters.format == "jpeg":
        return {"format": ["JPEG knows no transparency. Choose webp, png or avif."]}
    if operation == Operation.FACE_SWAP and not parameters.consent:
        return {"consent": ["Consent is required for face_swap: everybody whose face is used must have agreed."]}
    return {}


def complete(operation: Operation, parameters: Parameters, *, seed: int) -> dict[str, Any]:
    """Return parameters in which nothing is left open but the provider; `seed` counts where none was given."""
    decided: dict[str, Any] = {"format": DEFAULT_FORMAT, "quality": DEFAULT_QUALITY, "seed": seed}
    if operation == Operation.GENERATION:
        decided |= {"width": DEFAULT_SIDE, "height": DEFAULT_SIDE}
    if operation in DEFAULT_STRENGTH:
        decided["strength"] = DEFAULT_STRENGTH[operation]
    return decided | parameters.model_dump(exclude_defaults=True, exclude_none=True)
