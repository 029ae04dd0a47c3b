"""Which input of a model takes what. Every model names its inputs as it likes and publishes a schema of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: What we have to give, and the names under which models ask for it, the plainest first.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "prompt": ("prompt", "text", "instruction", "edit_instruction"),
    "width": ("width",),
    "height": ("height",),
    "seed": ("seed", "random_seed"),
    "image": (
        "image",
        "input_image",
        "img",
        "image_path",
        "input_image_path",
        "image_url",
        "source_image",
        "init_image",
    ),
    "mask": ("mask", "mask_image", "input_mask", "mask_path", "mask_url"),
    "face": ("swap_image", "source_image", "face_image", "source", "swap_face_image", "local_source"),
    "target": ("target_image", "input_image", "target", "base_image", "image", "local_target"),
    "example": ("style_image", "style_reference", "reference_image", "image_prompt", "style_reference_images"),
    "strength": ("prompt_strength", "strength", "style_strength", "denoising_strength"),
    "aspect_ratio": ("aspect_ratio",),
    "output_format": ("output_format",),
}


class NoPlace(Exception):
    """The model has no input for something that it must be given; or asks for something that we do not have."""


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """The inputs of one model."""

    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    enums: Mapping[str, tuple[Any, ...]]

    def fill(self, values: Mapping[str, Any], *, must: tuple[str, ...]) -> dict[str, Any]:
        """Put our values under the model's own names; what it has no name for is left out.

        Raises:
            NoPlace: there is no input for one of `must`, or an input without default would stay empty.
        """
        filled: dict[str, Any] = {}
        for ours, value in values.items():
            name = next((one for one in NAMES[ours] if one in self.properties and one not in filled), None)
            if name is None and ours in must:
                raise NoPlace(f"has no input for {ours}")
            if name is not None and self._takes(name, value):
                filled[name] = [value] if self.properties[name].get("type") == "array" else value
        empty = [name for name in self.required if name not in filled]
        if empty:
            raise NoPlace(f"wants an input {empty[0]!r}, which we do not have")
        return filled

    def _takes(self, name: str, value: Any) -> bool:
        if name in self.enums:
            return value in self.enums[name]
        given = self.properties[name]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return bool(given.get("minimum", value) <= value <= given.get("maximum", value))
        return True

    def choose_aspect_ratio(self, width: int, height: int) -> str | None:
        """Return the model's own word for the shape closest to a size; None: it has none."""
        shapes = {}
        for word in self.enums.get("aspect_ratio", ()):
            left, _, right = str(word).partition(":")
            if left.isdecimal() and right.isdecimal() and int(left) and int(right):
                shapes[str(word)] = int(left) / int(right)
        shape = width / height
        return min(shapes, key=lambda word: max(shape, shapes[word]) / min(shape, shapes[word])) if shapes else None


def read_schema(version: Mapping[str, Any]) -> ModelSchema | None:
    """Read the inputs out of a version as the API describes it; None where it describes none."""
    schemas = _dig(version, "openapi_schema", "components", "schemas")
    inputs = _dig(schemas, "Input")
    properties = {name: one for name, one in _dig(inputs, "properties").items() if isinstance(one, dict)}
    if not properties:
        return None
    required = inputs.get("required")
    return ModelSchema(
        properties=properties,
        required=tuple(map(str, required)) if isinstance(required, list) else (),
        enums={name: found for name, one in properties.items() if (found := _find_enum(name, one, schemas))},
    )


def _find_enum(name: str, given: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Any, ...]:
    """Find the values that an input may have. Replicate writes them beside the inputs, under the input's name."""
    place = given if "enum" in given else _dig(schemas, name) if given.get("allOf") or given.get("$ref") else {}
    values = place.get("enum")
    return tuple(values) if isinstance(values, list) else ()


def _dig(value: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
