"""Uploads made into files: sizes, formats, animation, and nothing of where a picture was taken."""

import io
import zipfile
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image

from nightdesk.providers.images.ingest import Processed, process_picture, read_picture
from nightdesk.providers.images.ingest.decoding import FIRST_FRAME
from tests.support.pictures import encode, frames_of, gif_of, photo, tag_orientation

SIDES = (600, 300, 150)
SECRET = b"Nobody should read this"


def process(data: bytes, **options: Any) -> Processed:
    return process_picture(data, field="image", thumb_sides=SIDES, **options)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=["AVIF", "JPEG", "PNG", "WEBP"])
    picture.load()
    return picture


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif"])
def test_picture_fits_the_size_in_the_format_asked_for(format: str) -> None:  # noqa: A002 (the word of the API)
    made = process(encode(photo(900, 600), "PNG"), max_width=400, max_height=400, format=format)

    assert (opened(made.picture.data).format, opened(made.picture.data).size) == (format.upper(), (400, 267))
    assert [opened(thumb.data).size for thumb in made.thumbs] == [(400, 267), (300, 200), (150, 100)]
    assert {opened(thumb.data).format for thumb in made.thumbs} == {"WEBP"}
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("kind", "kept_as"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("GIF", "png"),
        ("WEBP", "webp"),
        ("AVIF", "jpeg"),
        ("HEIF", "jpeg"),
        ("TIFF", "png"),
    ],
)
def test_without_a_wish_the_size_stays_and_what_was_lossless_stays_so(kind: str, kept_as: str) -> None:
    made = process(encode(photo(), kind))

    assert (made.picture.format, made.picture.width, made.picture.height) == (kept_as, 64, 48)
    if kind in {"PNG", "TIFF"}:
        assert (read_picture(made.picture.data, field="image") == photo()).all()


def test_transparency_is_kept_where_a_jpeg_was_not_asked_for_by_name() -> None:
    given = np.dstack([photo(), np.full((48, 64), 0, np.uint8)])

    kept = process(encode(given, "AVIF"))
    flat = process(encode(given, "PNG"), format="jpeg")

    assert (kept.picture.format, read_picture(kept.picture.data, field="image").shape[2]) == ("png", 4)
    assert read_picture(flat.picture.data, field="image").mean() > 250  # white shows through


def test_shrinking_is_as_good_as_a_full_resize() -> None:
    """Decoders shrink by averaging first, which costs a little: not more than the target allows."""
    photograph = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    large = np.asarray(Image.fromarray(photograph).resize((2048, 2048), Image.Resampling.LANCZOS))
    data = encode(large, "JPEG", quality=95)
    reference = np.asarray(opened(data).resize((256, 256), Image.Resampling.LANCZOS))

    made = read_picture(process(data, max_width=256, max_height=256, format="png").picture.data, field="image")

    similarity = skimage.metrics.structural_similarity(made, reference, channel_axis=2)  # type: ignore[no-untyped-call]
    assert similarity >= 0.955


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_size_is_that_of_the_upright_picture(orientation: int) -> None:
    made = process(tag_orientation(photo(1200, 900), "JPEG", orientation), max_width=400, max_height=300, format="webp")

    assert (made.picture.width, made.picture.height) == (400, 300)
    pixels = read_picture(made.picture.data, field="image").astype(int)
    assert pixels[150, 390, 0] - pixels[150, 5, 0] > 200


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_animation_stays_one_as_webp(kind: str) -> None:
    data = encode(photo(200, 150), kind, save_all=True, append_images=frames_of(photo(200, 150), 4), duration=80)

    made = process(data, max_width=100, max_height=100)
    picture = opened(made.picture.data)

    assert (made.frames, made.picture.format, made.warnings) == (5, "webp", ())
    assert (getattr(picture, "n_frames", 1), picture.size) == (5, (100, 75))
    assert [getattr(opened(thumb.data), "n_frames", 1) for thumb in made.thumbs] == [1, 1, 1]


def test_animation_becomes_its_first_frame_in_other_formats() -> None:
    data = encode(photo(), "GIF", save_all=True, append_images=frames_of(photo(), 4))

    made = process(data, format="png")

    assert (made.frames, made.warnings, opened(made.picture.data).size) == (1, (FIRST_FRAME,), (64, 48))


def test_animation_of_too_many_pixels_becomes_its_first_frame() -> None:
    made = process(gif_of(100, screen=(1300, 1300)), max_width=100, max_height=100)

    assert (made.frames, made.warnings) == (1, (f"{FIRST_FRAME} All of them have more pixels than are read at once.",))


def gps_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Nobody should read this"
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>52,31.2N</exif:GPSLatitude>' + SECRET + b"</x:xmpmeta>"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
@pytest.mark.parametrize("out", ["jpeg", "png", "webp", "avif", None])
def test_nothing_says_where_a_picture_was_taken(kind: str, out: str | None) -> None:
    options: dict[str, Any] = {"exif": gps_exif()}
    if kind != "TIFF":
        options["xmp"] = XMP
    data = encode(photo(300, 200), kind, **options)
    assert SECRET in data

    made = process(data, format=out)

    for file in (made.picture.data, *(thumb.data for thumb in made.thumbs)):
        assert SECRET not in file
        assert not opened(file).getexif()
        assert not opened(file).getexif().get_ifd(0x8825)
        assert "xmp" not in opened(file).info
        assert b"GPS" not in file
        assert "icc_profile" not in opened(file).info


def test_tail_of_a_polyglot_is_gone() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("evil.sh", SECRET)
    data = encode(photo(), "JPEG", comment=SECRET) + archive.getvalue()
    assert zipfile.is_zipfile(io.BytesIO(data))

    made = process(data)

    for file in (made.picture.data, *(thumb.data for thumb in made.thumbs)):
        assert SECRET not in file
        assert not zipfile.is_zipfile(io.BytesIO(file))


def test_webp_is_never_larger_than_webp_can_be() -> None:
    data = encode(np.zeros((10, 20_000, 3), np.uint8), "PNG")

    made = process(data, format="webp")

    assert (made.picture.width, made.picture.format) == (16_383, "webp")


def test_same_file_gives_the_same_bytes() -> None:
    data = encode(photo(700, 500), "JPEG")

    assert process(data) == process(data)
