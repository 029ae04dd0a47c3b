"""Styles by name, as words for a prompt: looks that need no artist's name."""

from typing import Final

STYLES: Final[dict[str, str]] = {
    "watercolour": "a watercolour painting on rough paper, soft washes, visible pigment edges",
    "oil": "an oil painting on canvas, thick visible brush strokes, rich colours",
    "ink": "an ink drawing, fine black lines, hatching, white paper",
    "pencil": "a pencil drawing, graphite shading, paper texture",
    "poster": "a flat screen-printed poster, few bold colours, simple shapes",
    "clay": "a clay figure scene, soft studio light, fingerprints in the clay",
    "pixel": "pixel art, small palette, crisp square pixels",
}


def describe_style(style: str) -> str:
    """Return the words of a style that we know, else the style's own words."""
    return STYLES.get(style.strip().lower(), style.strip())
