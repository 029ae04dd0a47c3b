"""Pixels out of files: upright, in sRGB, 8 bit; what is odd but right is read, what is broken is refused."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from nightdesk.core.errors import Permanent
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import decode_own, decode_picture, read_picture
from nightdesk.providers.images.ingest.decoding import CMYK_GUESSED, FIRST_FRAME, FIRST_PAGE
from tests.support.pictures import encode, frames_of, photo, tag_orientation

#: Mean difference of 8-bit values that a lossy format may bring at quality 90 and above.
CLOSE = 4.0


def distance(first: Any, second: Any) -> float:
    return float(np.abs(np.asarray(first)[..., :3].astype(int) - np.asarray(second)[..., :3].astype(int)).mean())


@pytest.mark.parametrize(
    ("kind", "options", "most"),
    [
        ("PNG", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("BMP", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, CLOSE),
        ("JPEG", {"quality": 95, "progressive": True}, CLOSE),
        ("AVIF", {"quality": 95}, CLOSE),
        ("HEIF", {"quality": 95}, CLOSE),
        ("GIF", {}, 12.0),  # 256 colours
    ],
)
def test_every_kind_is_read(kind: str, options: dict[str, Any], most: float) -> None:
    decoded = decode_picture(encode(photo(), kind, **options), field="image")

    assert (decoded.pixels.shape[:2], str(decoded.pixels.dtype), decoded.warnings) == ((48, 64), "uint8", ())
    assert distance(decoded.pixels, photo()) <= most


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_picture_is_turned_upright(kind: str, orientation: int) -> None:
    stored = tag_orientation(photo(), kind, orientation)

    pixels = read_picture(stored, field="image")

    assert pixels.shape[:2] == (48, 64)
    assert distance(pixels, photo()) <= CLOSE * 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
def test_transparency_stays(kind: str) -> None:
    alpha = np.full((48, 64, 1), 255, np.uint8)
    alpha[:, 32:] = 60
    given = np.concatenate([photo(), alpha], axis=2)

    pixels = read_picture(encode(given, kind), field="image")

    assert pixels.shape == (48, 64, 4)
    assert (pixels[:, 5, 3].mean(), round(pixels[:, 60, 3].mean() / 10)) == (255, 6)


def test_sixteen_bit_grey_is_not_clipped() -> None:
    grey = np.linspace(0, 65_535, 64 * 48).reshape(48, 64).astype(np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG")

    pixels = read_picture(buffer.getvalue(), field="image")

    assert pixels.shape == (48, 64, 3)
    assert abs(float(pixels.mean()) - 127.5) < 1


def test_palette_with_transparency_becomes_colour_and_alpha() -> None:
    palette = Image.fromarray(photo()).quantize(16)
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", transparency=0)

    pixels = read_picture(buffer.getvalue(), field="image")

    assert pixels.shape == (48, 64, 4)
    assert set(np.unique(pixels[..., 3])) == {0, 255}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_grey_becomes_colour(mode: str) -> None:
    grey = Image.fromarray(photo()[..., 0])
    buffer = io.BytesIO()
    (Image.fromarray(photo()[..., 0].astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)).save(
        buffer, "PNG"
    )

    pixels = read_picture(buffer.getvalue(), field="image")

    assert pixels.shape[2] == (4 if mode == "LA" else 3)
    assert (pixels[..., 0] == pixels[..., 1]).all()
    if mode != "1":
        assert np.abs(pixels[..., 0].astype(int) - photo()[..., 0]).max() <= 1


def test_print_colours_without_profile_are_guessed_and_said_to_be() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 20, 3), (200, 40, 40), np.uint8)).convert("CMYK").save(buffer, "JPEG", quality=95)

    decoded = decode_picture(buffer.getvalue(), field="image")

    assert decoded.warnings == (CMYK_GUESSED,)
    red, green, blue = decoded.pixels[10, 10, :3].astype(int)
    assert red > 150 > green + 20 > 20
    assert red > blue + 60


def test_colours_of_another_profile_become_srgb() -> None:
    """The profile says linear light: 188 of sRGB is 128 there."""
    buffer = io.BytesIO()
    linear = np.full((20, 20, 3), 128, np.uint8)
    Image.fromarray(linear).save(buffer, "PNG", icc_profile=linear_profile())

    pixels = read_picture(buffer.getvalue(), field="image")

    assert abs(int(pixels[10, 10, 0]) - 188) <= 2


def linear_profile() -> bytes:
    """Make sRGB's profile with a tone curve of gamma 1."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132])
    for number in range(count):
        entry = 132 + 12 * number
        if bytes(data[entry : entry + 4]) in {b"rTRC", b"gTRC", b"bTRC"}:
            place = int.from_bytes(data[entry + 4 : entry + 8])
            data[place : place + 12] = b"curv" + bytes(8)  # no entries: the identity
            data[entry + 8 : entry + 12] = (12).to_bytes(4)
    return bytes(data)


def test_broken_profile_says_nothing() -> None:
    data = encode(photo(), "PNG", icc_profile=b"no profile at all")

    assert (read_picture(data, field="image") == photo()).all()


@pytest.mark.parametrize(("kind", "said"), [("GIF", FIRST_FRAME), ("WEBP", FIRST_FRAME), ("TIFF", FIRST_PAGE)])
def test_of_several_pictures_the_first_is_taken(kind: str, said: str) -> None:
    data = encode(photo(), kind, save_all=True, append_images=frames_of(photo(), 3))

    decoded = decode_picture(data, field="image")

    assert (decoded.pixels.shape[:2], decoded.warnings) == ((48, 64), (said,))
    assert distance(decoded.pixels, photo()) <= 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP"])
def test_noise_in_the_pixels_is_read_or_refused(kind: str) -> None:
    data = encode(photo(), kind)
    random = np.random.default_rng(3)

    for _ in range(25):
        noisy = bytearray(data)
        for place in random.integers(24, len(data), 12):
            noisy[place] = int(random.integers(0, 256))
        try:
            pixels = read_picture(bytes(noisy), field="image")
        except Rejected as refused:
            assert list(refused.details) == ["image"]  # noqa: PT017 (either end is right)
        else:
            assert pixels.dtype == np.uint8


def test_own_file_that_is_damaged_is_named() -> None:
    assert (decode_own(encode(photo(), "PNG"), "png") == photo()).all()

    with pytest.raises(Permanent, match="damaged"):
        decode_own(encode(photo(), "PNG")[:100], "png")
