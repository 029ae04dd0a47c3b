"""Palettes in OKLCH (Ottosson 2020) and contrast after WCAG 2.2."""

from dataclasses import dataclass
from typing import Final

import numpy as np

Colour = tuple[int, int, int]
#: Words that ask for a hue, in degrees of OKLCH.
HUES: Final = {
    "red": 29, "crimson": 20, "coral": 35, "orange": 55, "amber": 75, "gold": 85, "yellow": 105, "lime": 125,
    "green": 145, "forest": 150, "teal": 190, "cyan": 205, "turquoise": 190, "sky": 235, "blue": 260, "navy": 265,
    "ocean": 240, "sea": 225, "indigo": 280, "purple": 305, "violet": 300, "lavender": 300, "magenta": 335, "pink": 355,
    "rose": 5, "sunset": 40, "sunrise": 50, "autumn": 50, "fire": 35, "summer": 80, "spring": 140, "winter": 240,
    "night": 275, "space": 285, "coffee": 60, "chocolate": 45, "wood": 60, "earth": 70, "wine": 15, "mint": 165,
    "neon": 330, "tech": 250, "eco": 145, "nature": 140, "luxury": 85, "beach": 210,
}  # fmt: skip
_DARK: Final = frozenset(("night", "dark", "space", "neon", "luxury"))
_CHANNELS: Final = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, slots=True)
class Palette:
    """A ground and four colours that go with it."""

    ground: Colour
    colours: tuple[Colour, ...]


def choose_palette(words: tuple[str, ...], random: np.random.Generator) -> Palette:
    """Take the hue from the words, or draw one; then colours at fixed angles from it."""
    drawn = float(random.uniform(0, 360))
    named = [HUES[stem] for stem in (word.rstrip("s") for word in words) if stem in HUES]
    hue = float(named[0]) if named else drawn
    angles = (0, 25, 180, 150) if random.random() < 0.5 else (0, 35, -35, 120)
    is_dark = bool(random.random() < 0.5) or bool(_DARK.intersection(words))
    ground = make_colour(0.22, 0.06, hue) if is_dark else make_colour(0.95, 0.03, hue)
    colours = tuple(make_colour(0.62 + 0.1 * (place % 2), 0.17, hue + angle) for place, angle in enumerate(angles))
    return Palette(ground, colours)


def make_colour(lightness: float, chroma: float, hue: float) -> Colour:
    """Return the sRGB colour of an OKLCH one; what sRGB cannot show is cut off."""
    a, b = chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))
    cones = (
        (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    matrix = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(matrix @ np.array(cones), 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (round(255 * float(value)) for value in encoded)
    return red, green, blue


def measure_luminance(colours: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the relative luminance of colours, whose last axis is red, green, blue of 0 to 255."""
    values = np.asarray(colours, np.float64) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ _CHANNELS)


def measure_contrast(first: object, second: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the contrast of colours, 1 to 21."""
    one, other = measure_luminance(first), measure_luminance(second)
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)
