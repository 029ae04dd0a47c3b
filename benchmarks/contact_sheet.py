"""Draw docs/pictures/contact-sheet.webp: every embedded operation before and after, on scikit-image's photographs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.photographs import FreeWork
from nightdesk.providers.images.embedded.layout.fonts import load_font
from nightdesk.providers.images.protocol import (
    BackgroundRequest,
    Box,
    FaceSwapRequest,
    GenerationRequest,
    Mask,
    ObjectRequest,
    Operation,
    Pixels,
    StyleRequest,
)
from nightdesk.providers.images.registry import find_provider
from tests.support.photographs import photograph

PLACE: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "contact-sheet.webp"
_SIDE: Final = 200
_GAP: Final = 8
_TITLE: Final = 26
_COLUMNS: Final = 6
_POSTERS: Final = (
    'Poster for "Summer Jazz Nights" at the beach, 12 August',
    'neon "Night Market" with food and music',
    '"Grow slow" organic tea from the forest since 1984',
    "ocean cleanup campaign volunteers wanted every Saturday",
    '"Run 10K" autumn running club',
    "mint toothpaste kids love",
)

Row = tuple[str, list[Pixels]]


def main() -> int:
    """Draw the sheet and say where it is."""
    rows = list(draw_rows())
    height = sum(_TITLE + _SIDE + _GAP for _ in rows) + _GAP
    sheet = Image.new("RGB", (_COLUMNS * (_SIDE + _GAP) + _GAP, height), (250, 250, 248))
    pen = ImageDraw.Draw(sheet)
    top = _GAP
    for title, pictures in rows:
        pen.text((_GAP, top), title, font=load_font(is_bold=False, size_px=15), fill=(30, 30, 36))
        for column, pixels in enumerate(pictures[:_COLUMNS]):
            tile = Image.fromarray(pixels)
            tile.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
            sheet.paste(tile, (_GAP + column * (_SIDE + _GAP), top + _TITLE))
        top += _TITLE + _SIDE + _GAP
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(PLACE, quality=82, method=6)
    print(f"{PLACE}: {PLACE.stat().st_size // 1024} KiB")
    return 0


def draw_rows() -> Iterator[Row]:
    """Yield the rows of the sheet."""
    yield "Background removal: a person; a thing with a box; a rocket with a box", _cut_backgrounds()
    yield "Object removal: what is covered, and the filling", _fill_holes()
    named = ("brush", "dots", "mosaic", "watercolour", "pencil")
    yield f"Style transfer by name: {', '.join(named)}", _paint_named(named)
    yield "Style transfer after an example: picture, example, result; twice", _paint_after()
    yield "Face swap: the face to put in, the target, by landmarks, by eyes", _swap_faces()
    yield "Image generation without a model: posters from the words of the prompt (not AI)", _set_posters()


def _cut_backgrounds() -> list[Pixels]:
    cases: tuple[tuple[str, Box | None], ...] = (
        ("astronaut", None),
        ("coffee", (60, 5, 510, 395)),
        ("rocket", (270, 85, 385, 395)),
    )
    shown = []
    for name, box in cases:
        image = photograph(name)
        made = find_provider(Operation.BACKGROUND, "cutout").remove_background(
            BackgroundRequest(image=image, box=box), FreeWork()
        )
        shown += [_outline(image, box), _lay_on_squares(made.pixels)]
    return shown


def _fill_holes() -> list[Pixels]:
    shown = []
    for name, mask in (("rocket", _band(427, 640, 275, 380, 90, 400)), ("coffee", _band(400, 600, 322, 410, 205, 328))):
        image = photograph(name)
        shown += [_tint(image, mask), _fill(image, mask)]
    image = photograph("chelsea")
    wires = np.zeros(image.shape[:2], bool)
    for offset in range(-260, 450, 60):
        rows = np.arange(300)
        columns = np.clip(offset + rows, 0, 447)
        for aside in range(3):
            wires[rows, columns + aside] = True
    return [*shown, _tint(image, wires), _fill(image, wires)]


def _paint_named(styles: tuple[str, ...]) -> list[Pixels]:
    image = photograph("astronaut")
    style = find_provider(Operation.STYLE, "patchwork")
    requests = (StyleRequest(image=image, style=name, strength=0.6) for name in styles)
    return [image, *(style.transfer_style(request, FreeWork()).pixels for request in requests)]


def _paint_after() -> list[Pixels]:
    style = find_provider(Operation.STYLE, "patchwork")
    brushed = style.transfer_style(
        StyleRequest(image=photograph("coffee"), style="brush", strength=1.0), FreeWork()
    ).pixels
    shown = []
    for image, example in (
        (photograph("chelsea"), brushed),
        (photograph("astronaut"), photograph("immunohistochemistry")),
    ):
        request = StyleRequest(image=image, example=example, strength=0.5)
        shown += [image, example, style.transfer_style(request, FreeWork()).pixels]
    return shown


def _swap_faces() -> list[Pixels]:
    import cv2

    target = photograph("astronaut")
    matrix = np.array([[1.0, 0.15, -20], [-0.2, 1.45, 5]], np.float32)
    turned = cv2.warpAffine(target[:300, 90:360][:, ::-1], matrix, (320, 480), borderMode=cv2.BORDER_REPLICATE)
    face = np.clip(turned * np.array([0.7, 0.85, 1.1]), 0, 255).astype(np.uint8)
    request = FaceSwapRequest(face=face, target=target)
    made = [
        find_provider(Operation.FACE_SWAP, name).swap_face(request, FreeWork()).pixels for name in ("landmarks", "eyes")
    ]
    near = (slice(10, 260), slice(95, 345))
    return [face, target[near], *(one[near] for one in made)]


def _set_posters() -> list[Pixels]:
    layout = find_provider(Operation.GENERATION, "layout")
    requests = (
        GenerationRequest(prompt=prompt, width=640, height=640, seed=seed) for seed, prompt in enumerate(_POSTERS, 1)
    )
    return [layout.generate(request, FreeWork()).pixels for request in requests]


def _fill(image: Pixels, mask: Mask) -> Pixels:
    filler = find_provider(Operation.OBJECT, "patchfill")
    filled: Pixels = filler.remove_object(ObjectRequest(image=image, mask=mask), FreeWork()).pixels
    return filled


def _band(height: int, width: int, x0: int, x1: int, y0: int, y1: int) -> Mask:
    mask = np.zeros((height, width), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def _tint(image: Pixels, mask: Mask) -> Pixels:
    tinted = image.copy()
    tinted[mask] = image[mask] // 2 + np.array([115, 10, 40], np.uint8)
    return tinted


def _outline(image: Pixels, box: Box | None) -> Pixels:
    sheet = Image.fromarray(image)
    if box is not None:
        ImageDraw.Draw(sheet).rectangle(box, outline=(255, 40, 90), width=4)
    return np.asarray(sheet)


def _lay_on_squares(rgba: Pixels) -> Pixels:
    rows, columns = np.mgrid[0 : rgba.shape[0], 0 : rgba.shape[1]]
    squares = np.where((rows // 16 + columns // 16) % 2, 232, 204)[..., None]
    share = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * share + squares * (1 - share), np.uint8)


if __name__ == "__main__":
    sys.exit(main())
