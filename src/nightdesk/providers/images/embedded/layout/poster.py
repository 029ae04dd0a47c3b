"""Where what stands, and the ink that can be read there."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from nightdesk.providers.images.embedded.layout.colours import Colour, Palette, measure_contrast
from nightdesk.providers.images.embedded.layout.fonts import load_font
from nightdesk.providers.images.protocol import Pixels

#: WCAG 2.2, level AA, for text of any size.
LEAST_CONTRAST: Final = 4.5
_INKS: Final[tuple[Colour, ...]] = ((255, 255, 255), (18, 18, 24))
_BUSY: Final = 60.0  # spread of luma under the text above which a plate is laid, however good the contrast
_SMALLEST_TYPE_PX: Final = 6
#: The line below the headline is set no larger than this share of the height; the headline at up to 0.16.
_LINE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Placed:
    """A finished poster, and the least contrast of its ink with any pixel under the text block."""

    pixels: Pixels
    contrast: float
    left_out: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one size."""

    lines: tuple[str, ...]
    font: Any
    line_px: int

    @property
    def height_px(self) -> int:
        return self.line_px * len(self.lines)


def set_poster(art: Pixels, headline: str, line: str, palette: Palette, random: np.random.Generator) -> Placed:
    """Set headline and line on the art, with a plate under them where it would be hard to read."""
    from PIL import Image, ImageDraw

    height, width = art.shape[:2]
    margin = max(2, int(min(width, height) * 0.07))
    x0, y0, x1, y1 = _choose_place(width, height, margin, int(random.integers(3)))
    sheet = Image.fromarray(art)
    pen = ImageDraw.Draw(sheet)
    head, sub, all_fits = _set_blocks(pen, headline, line, (x1 - x0, y1 - y0), height)
    ink, plate = _choose_ink(art[y0:y1, x0:x1], palette)
    if plate is not None:
        half = margin // 2
        pen.rectangle((x0 - half, y0 - half, x1 + half, y1 + half), fill=plate)
    under = np.asarray(sheet)[y0:y1, x0:x1]
    contrast = float(measure_contrast(under.reshape(-1, 3), ink).min())
    y = _write(pen, head, (x0, y0), ink)
    y = _write(pen, sub, (x0, y + _leave_gap(head, height)), ink) if sub else y
    rule = min(height - margin // 3, y + margin // 4)
    pen.rectangle((x0, rule, x0 + margin * 2, rule + max(1, margin // 10)), fill=palette.colours[2])
    return Placed(np.asarray(sheet), contrast, not all_fits)


def _choose_place(width: int, height: int, margin: int, kind: int) -> tuple[int, int, int, int]:
    return (
        (margin, margin, width - margin, int(height * 0.55)),
        (margin, int(height * 0.5), width - margin, height - margin),
        (margin, int(height * 0.25), max(int(width * 0.72), margin + 8), int(height * 0.8)),
    )[kind]


def _set_blocks(
    pen: Any, headline: str, line: str, room: tuple[int, int], height: int
) -> tuple[_Block, _Block | None, bool]:
    head, head_fits = _fit(pen, headline, (room[0], int(room[1] * 0.68)), int(height * 0.16), is_bold=True)
    if not line:
        return head, None, head_fits
    left = room[1] - head.height_px - _leave_gap(head, height)
    sub, sub_fits = _fit(pen, line, (room[0], left), max(8, int(height * _LINE_SHARE)), is_bold=False)
    return head, (sub if sub_fits else None), head_fits and sub_fits


def _leave_gap(head: _Block, height: int) -> int:
    """Return the room between headline and line: the headline's lines are set tight, and its g and y hang out below."""
    return max(1, int(head.line_px * 0.14) + int(height * 0.015))


def _fit(pen: Any, text: str, room: tuple[int, int], largest: int, *, is_bold: bool) -> tuple[_Block, bool]:
    """Return the text at the largest size at which it fits; else at the smallest, with what fits."""
    size = max(largest, _SMALLEST_TYPE_PX)
    while True:
        font = load_font(is_bold=is_bold, size_px=size)
        lines = _break_lines(pen, text, font, room[0])
        line_px = int(size * (1.2 if is_bold else 1.36)) + 1
        fits = len(lines) * line_px <= room[1] and all(pen.textlength(line, font) <= room[0] for line in lines)
        if fits:
            return _Block(tuple(lines), font, line_px), True
        if size <= _SMALLEST_TYPE_PX:
            many = max(1, room[1] // line_px)
            return _Block(tuple(lines[:many]), font, line_px), False
        size = max(_SMALLEST_TYPE_PX, size - max(1, size // 16))


def _break_lines(pen: Any, text: str, font: Any, width: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in text.split():
        longer = f"{current} {word}".strip()
        if current and pen.textlength(longer, font) > width:
            lines.append(current)
            current = word
        else:
            current = longer
    return [*lines, current]


def _choose_ink(under: Pixels, palette: Palette) -> tuple[Colour, Colour | None]:
    """Return the ink, and the colour of a plate where the art alone would not let it be read."""
    flat = under.reshape(-1, 3)
    luma = flat @ np.array([0.2126, 0.7152, 0.0722])
    spread = float(np.percentile(luma, 95) - np.percentile(luma, 5))
    best = max(_INKS, key=lambda ink: float(measure_contrast(flat, ink).min()))
    if spread <= _BUSY and float(measure_contrast(flat, best).min()) >= LEAST_CONTRAST:
        return best, None
    return max(_INKS, key=lambda ink: float(measure_contrast(palette.ground, ink))), palette.ground


def _write(pen: Any, block: _Block, place: tuple[int, int], ink: Colour) -> int:
    x, y = place
    for line in block.lines:
        pen.text((x, y), line, font=block.font, fill=ink)
        y += block.line_px
    return y
