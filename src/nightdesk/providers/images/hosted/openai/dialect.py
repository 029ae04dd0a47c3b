"""What the models behind this API take: they differ in sizes and in how they hand a picture over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.providers.images.hosted.options import OpenAIOptions

Size = tuple[int, int]

_GPT_SIZES: Final[tuple[Size, ...]] = ((1024, 1024), (1536, 1024), (1024, 1536))
_DALLE3_SIZES: Final[tuple[Size, ...]] = ((1024, 1024), (1792, 1024), (1024, 1792))
_DALLE2_SIZES: Final[tuple[Size, ...]] = ((256, 256), (512, 512), (1024, 1024))
#: Pictures that are sent to a server of unknown sizes are scaled down to this: what most models were trained on.
_MOST_SIDE: Final = 1536


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one model takes. No `sizes`: any."""

    sizes: tuple[Size, ...]
    takes_examples: bool  # several pictures in one request
    asks_for_base64: bool  # hands addresses out otherwise; those that always send base64 refuse the question

    def choose_size(self, width: int, height: int) -> Size:
        """Return the size to ask for: the one closest in shape, then the smallest that is large enough."""
        if not self.sizes:
            return width, height
        shape = width / height

        def distance(size: Size) -> tuple[float, bool, int]:
            other = size[0] / size[1]
            is_small = size[0] < width or size[1] < height
            return round(max(shape, other) / min(shape, other), 3), is_small, -size[0] if is_small else size[0]

        return min(self.sizes, key=distance)

    def choose_edit_size(self, width: int, height: int) -> Size:
        """Return the size in which a picture is sent to be changed, which is the size that is asked for."""
        if self.sizes:
            return self.choose_size(width, height)
        scale = min(1.0, _MOST_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


def find_dialect(options: OpenAIOptions) -> Dialect:
    """Return what the operator's model takes, as far as its name tells."""
    name = options.model.rpartition("/")[2].casefold()
    if name.startswith(("gpt-image", "chatgpt-image")):
        return Dialect(_GPT_SIZES, takes_examples=True, asks_for_base64=False)
    if name.startswith("dall-e-3"):
        return Dialect(_DALLE3_SIZES, takes_examples=False, asks_for_base64=True)
    if name.startswith("dall-e-2"):
        return Dialect(_DALLE2_SIZES, takes_examples=False, asks_for_base64=True)
    return Dialect((), takes_examples=False, asks_for_base64=not options.is_openai)


def write_files(pictures: Sequence[bytes], mask: bytes | None) -> list[tuple[str, Any]]:
    """Write pictures as the parts of a form; several go under another name than one."""
    field = "image" if len(pictures) == 1 else "image[]"
    parts: list[tuple[str, Any]] = [
        (field, (f"image-{number}.png", data, "image/png")) for number, data in enumerate(pictures, 1)
    ]
    return parts if mask is None else [*parts, ("mask", ("mask.png", mask, "image/png"))]
