"""The colours of the style sheet keep their contrast, in light and in dark."""

import itertools
import math
import re
from importlib.resources import files

import pytest

CSS = files("nightdesk.web").joinpath("static/nightdesk/nightdesk.css").read_text()
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", CSS))
#: WCAG 2.2: 4.5 for text (1.4.3), 3 for what tells controls and states apart (1.4.11).
TEXT, SHAPE = 4.5, 3.0


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("colour", "ground", "least"),
    [
        *[(text, ground, TEXT) for text in ("text", "muted", "accent") for ground in ("bg", "surface", "sunken")],
        ("text", "added", TEXT),
        ("text", "removed", TEXT),
        ("on-accent", "accent", TEXT),
        ("control", "surface", SHAPE),
        *[(state, "surface", SHAPE) for state in ("waiting", "running", "done", "late", "failed", "unsure")],
    ],
)
def test_colour_stands_out_from_its_ground(colour: str, ground: str, least: float, theme: int) -> None:
    first, second = (TOKENS[name].split(", ")[theme] for name in (colour, ground))
    assert contrast(first, second) >= least


def test_every_colour_of_the_style_sheet_is_a_token() -> None:
    outside = re.sub(r":root \{.*?\n\}", "", CSS, count=1, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", outside) == []
    assert set(re.findall(r"var\(--([\w-]+)\)", CSS)) <= set(re.findall(r"--([\w-]+):", CSS))


#: Shapes tell states apart too; colours alone must still be this far from each other (OKLab), whoever looks.
APART = 0.11
STATES = ("running", "done", "late", "failed", "unsure")
#: Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour: str) -> list[float]:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]


def seen(colour: str, vision: str) -> tuple[float, float, float]:
    """Return a colour in OKLab as somebody with this vision sees it."""
    rgb = linear(colour)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * value for weight, value in zip(row, rgb, strict=True))))
        for row in VISION[vision]
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_colours_of_states_differ_for_every_eye(vision: str, theme: int) -> None:
    colours = {state: seen(TOKENS[state].split(", ")[theme], vision) for state in STATES}
    distances = {pair: math.dist(colours[pair[0]], colours[pair[1]]) for pair in itertools.combinations(STATES, 2)}
    assert {pair: distance for pair, distance in distances.items() if distance < APART} == {}


def test_colours_that_only_some_eyes_tell_apart_are_found() -> None:
    green, orange = (seen(colour, "deutan") for colour in ("#2e7d32", "#9c6a00"))
    assert math.dist(green, orange) < APART
