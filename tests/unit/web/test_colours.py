"""The colours of the style sheet keep their contrast, in light and in dark."""

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
