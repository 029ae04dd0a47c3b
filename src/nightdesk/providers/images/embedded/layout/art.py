"""Three kinds of backgrounds: clouds of colour, tiles, and contour lines."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.layout.colours import Colour, Palette
from nightdesk.providers.images.embedded.pictures import Floats, to_bytes
from nightdesk.providers.images.protocol import Pixels, Work

Art = Callable[[int, int, Palette, np.random.Generator, Work], Pixels]


def draw_clouds(width: int, height: int, palette: Palette, random: np.random.Generator, work: Work) -> Pixels:
    """Draw soft spots whose outlines are bent by noise, with a fine grain."""
    picture = np.full((height, width, 3), palette.ground, np.float32)
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    bent_x = columns + (_make_noise(width, height, random) - 0.5) * np.float32(0.35)
    bent_y = rows + (_make_noise(width, height, random) - 0.5) * np.float32(0.35)
    for colour in palette.colours * 2:
        work.check()
        x, y, radius = (np.float32(random.uniform(*bounds)) for bounds in ((-0.1, 1.1), (-0.1, 1.1), (0.2, 0.5)))
        share = np.exp(-((bent_x - x) ** 2 + (bent_y - y) ** 2) / radius**2 * 2)[..., None] * np.float32(0.85)
        picture += share * (np.array(colour, np.float32) - picture)
    grain = random.standard_normal((height, width, 1), np.float32) * np.float32(3.5)
    return to_bytes(picture + grain)


def draw_tiles(width: int, height: int, palette: Palette, random: np.random.Generator, work: Work) -> Pixels:
    """Draw a grid of quarter circles, dots and triangles, at twice the size and then shrunk."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (width * 2, height * 2), palette.ground)
    pen = ImageDraw.Draw(sheet)
    side = max(width, height) * 2 // int(random.choice([4, 5, 6])) + 1
    for y in range(0, height * 2, side):
        work.check()
        for x in range(0, width * 2, side):
            ground = palette.ground if random.random() < 0.35 else _choose(palette.colours, random)
            pen.rectangle((x, y, x + side, y + side), fill=ground)
            _draw_tile(pen, (x, y, side), _choose(palette.colours, random), int(random.integers(6)))
    return np.asarray(sheet.resize((width, height), Image.Resampling.LANCZOS))


def draw_contours(width: int, height: int, palette: Palette, random: np.random.Generator, work: Work) -> Pixels:
    """Draw layers of a landscape of noise, with lines between them."""
    steps = 14
    field = _make_noise(width, height, random, octaves=3, start=2) * steps
    work.check()
    ground = np.array(palette.ground, np.float32)
    shares = np.linspace(0.05, 0.95, steps + 1)
    ramp = np.array([ground * (1 - share) + np.array(palette.colours[i % 2]) * share for i, share in enumerate(shares)])
    picture = ramp.astype(np.float32)[np.floor(field).astype(int)]
    work.check()
    slope = np.hypot(*np.gradient(field))
    line = np.clip(1.2 - np.abs(field - np.rint(field)) / np.maximum(slope, 1e-4), 0, 1)[..., None] * np.float32(0.5)
    return to_bytes(picture * (1 - line) + np.array(palette.colours[2], np.float32) * line)


ARTS: Final[tuple[Art, ...]] = (draw_clouds, draw_tiles, draw_contours)


def _make_noise(width: int, height: int, random: np.random.Generator, *, octaves: int = 4, start: int = 3) -> Floats:
    """Return smooth noise of 0 to 1."""
    import cv2

    total: Any = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        side = start * 2**octave + 2
        coarse = random.standard_normal((side, side)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) / np.float32(1.8**octave)
    scaled: Floats = (total - total.min()) / max(1e-6, float(np.ptp(total)))
    return scaled


def _choose(colours: tuple[Colour, ...], random: np.random.Generator) -> Colour:
    return colours[int(random.integers(len(colours)))]


def _draw_tile(pen: Any, place: tuple[int, int, int], colour: Colour, kind: int) -> None:
    x, y, side = place
    if kind < 4:
        left, top = ((x, y), (x - side, y), (x - side, y - side), (x, y - side))[kind]
        start = (180, 270, 0, 90)[kind]
        pen.pieslice((left, top, left + 2 * side, top + 2 * side), start, start + 90, fill=colour)
    elif kind == 4:
        pen.ellipse((x + side * 0.2, y + side * 0.2, x + side * 0.8, y + side * 0.8), fill=colour)
    else:
        pen.polygon([(x, y), (x + side, y), (x, y + side)], fill=colour)
