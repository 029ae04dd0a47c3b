"""What somebody asked of a tool: read from its form, one order for each copy."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from nightdesk.core.errors import InvalidInput, NightdeskError
from nightdesk.web.studio.tools import Tool

MOST_COPIES: Final = 4
SIZES: Final = {
    "1080x1080": (1080, 1080),
    "1080x1350": (1080, 1350),
    "1200x628": (1200, 628),
    "1600x900": (1600, 900),
    "1080x1920": (1080, 1920),
}
FORMATS: Final = ("webp", "png", "jpeg", "avif")
#: Names of the box's sides in a form.
BOX: Final = ("x0", "y0", "x1", "y1")
#: Seeds are chosen below this, so that people can read them to each other.
_SEEDS: Final = 1_000_000_000
_MOST_DIGITS: Final = 18
#: Fields beside which a form has room for a complaint.
_PLACES: Final = {
    "prompt",
    "width",
    "height",
    "box",
    "mask",
    "style",
    "strength",
    "seed",
    "format",
    "provider",
    "consent",
}
#: Field -> what to do where it is missing, in the words of the page; the service says it in those of the API.
_MISSING: Final[dict[str, Promise]] = {
    "prompt": _lazy("Say what is to be seen."),
    "mask": _lazy("Paint over what is to go, or draw a box round it."),
    "style": _lazy("Name a style, describe it, or choose a picture to follow."),
    "consent": _lazy("Tick this line: without it no face is swapped."),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is handed to the service: a prompt, and one set of parameters for each copy."""

    prompt: str
    parameters: list[dict[str, Any]]


def first_values(tool: Tool) -> dict[str, Any]:
    """Fill a form that was not sent yet."""
    return {"strength": tool.usual_strength, "copies": "1", "size": "1080x1080", "format": "", "provider": ""}


def sent_values(post: QueryDict) -> dict[str, Any]:
    """Keep what was typed, to show it again."""
    return {name: post.get(name, "") for name in post if name != "csrfmiddlewaretoken"}


def read_order(tool: Tool, post: Mapping[str, str], *, has_mask: bool = False) -> Order:
    """Read the form of a tool; fields that were left empty are left out, and the operation's defaults count.

    A mask takes the box's place: whoever painted has the box in it.

    Raises:
        InvalidInput: with details by field, where a number is none.
    """
    reading = Reading(post)
    parameters: dict[str, Any] = {name: post[name] for name in ("provider", "format", "style") if post.get(name)}
    if tool.has_strength:
        parameters["strength"] = reading.decimal("strength")
    if tool.has_box and not has_mask:
        parameters["box"] = reading.box()
    if tool.operation == "image_generation":
        parameters["width"], parameters["height"] = reading.size()
    if tool.operation == "face_swap":
        parameters["consent"] = post.get("consent") == "yes"
    seed = reading.whole("seed") if tool.has_seed else None
    copies = min(max(reading.whole("copies") or 1, 1), MOST_COPIES) if tool.has_seed else 1
    reading.finish()
    asked = {name: value for name, value in parameters.items() if value is not None}
    return Order(post.get("prompt", "").replace("\r\n", "\n").strip(), _with_seeds(asked, seed, copies))


def describe_refusal(tool: Tool, refusal: NightdeskError) -> dict[str, Any]:
    """Say what a form shows of a refusal: complaints beside their fields, and above it what has no field there."""
    places = _PLACES | ({"image", "target_image", "other"} if tool.other else set())
    loose = [sentence for field, said in refusal.details.items() if field not in places for sentence in said]
    alone = [] if refusal.details else [refusal.public_message]
    complaints = {field: [_in_words_of_the_page(field, one) for one in said] for field, said in refusal.details.items()}
    return {"complaints": complaints, "refusal": " ".join(loose or alone)}


def _in_words_of_the_page(field: str, complaint: str) -> str:
    return str(_MISSING[field]) if field in _MISSING and " is required for " in complaint else complaint


def new_seed() -> int:
    """Choose a seed."""
    return secrets.randbelow(_SEEDS)


def _with_seeds(parameters: dict[str, Any], seed: int | None, copies: int) -> list[dict[str, Any]]:
    """Let each copy have a seed of its own, one after the other, so that each can be made again."""
    if seed is None and copies == 1:
        return [parameters]
    first = new_seed() if seed is None else seed
    return [{**parameters, "seed": first + number} for number in range(copies)]


class Reading:
    """Reads numbers out of a form and keeps what was wrong with them."""

    def __init__(self, post: Mapping[str, str]) -> None:
        """Read from what was posted."""
        self._post = post
        self.complaints: dict[str, list[str]] = {}

    def finish(self) -> None:
        """Raise `InvalidInput` with what was wrong, field by field; nothing when all was right."""
        if self.complaints:
            raise InvalidInput(details=self.complaints)

    def whole(self, name: str) -> int | None:
        """Read a whole number; None where the field was left empty."""
        text = self._post.get(name, "").strip()
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS:
            return int(text)
        self.complaints[name] = [_("Type a whole number, or leave it empty.")]
        return None

    def decimal(self, name: str) -> float | None:
        """Read a number with decimals; None where the field was left empty."""
        text = self._post.get(name, "").strip().replace(",", ".")
        if not text:
            return None
        digits = text.replace(".", "", 1)
        if digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS:
            return float(text)
        self.complaints[name] = [_("Type a number such as 0.4, or leave it empty.")]
        return None

    def box(self) -> list[int] | None:
        """Read the four sides; all empty: there is no box."""
        texts = [self._post.get(name, "").strip() for name in BOX]
        if not any(texts):
            return None
        if all(text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS for text in texts):
            return [int(text) for text in texts]
        self.complaints["box"] = [_("Type all four sides as whole numbers of pixels, or leave all of them empty.")]
        return None

    def size(self) -> tuple[int | None, int | None]:
        """Read width and height: those of the chosen size, else the typed ones."""
        chosen = SIZES.get(self._post.get("size", ""))
        return chosen or (self.whole("width"), self.whole("height"))
