"""Styles by name, in words that models understand. A name that is not here is passed on as it is written."""

from collections.abc import Sequence
from typing import Final

_STYLES: Final = {
    "cartoon": "a clean cartoon with bold outlines and flat, bright colours",
    "comic": "a printed comic with ink outlines and halftone dots",
    "ink": "a black ink drawing with brush strokes on white paper",
    "oil": "an oil painting with visible brushwork",
    "pencil": "a graphite pencil drawing on paper",
    "pixel": "pixel art with a small palette",
    "poster": "a screen-printed poster with a few flat colours",
    "watercolour": "a watercolour painting with soft washes on rough paper",
}


def list_styles() -> Sequence[str]:
    """Name them in the order of the alphabet."""
    return tuple(_STYLES)


def describe_style(name: str) -> str:
    """Return the words for a style."""
    return _STYLES.get(name.strip().casefold(), name.strip()) or "as the picture itself suggests"
