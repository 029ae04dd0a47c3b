"""Pictures of short posts: which of a post's they are, and how they are made to fit."""

import io
import os
from dataclasses import replace
from typing import Any, Final

import pytest
from PIL import Image

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.attached import Room, choose_pictures, fit_picture
from nightdesk.providers.publishing.protocol import Content, Picture

COVER, FIRST, SECOND = "c" * 24, "f" * 24, "s" * 24
ROOM: Final = Room(
    most=4, types=frozenset({"image/jpeg", "image/png"}), most_bytes=100_000, most_alt_chars=100, most_pixels=1_000_000
)


def describe(asset_id: str = FIRST, **changes: Any) -> Picture:
    given: dict[str, Any] = {
        "asset_id": asset_id,
        "alt": "",
        "content_type": "image/png",
        "width": 40,
        "height": 30,
        "size_bytes": 100,
        "sha256": "0" * 64,
    }
    return Picture(**{**given, **changes})


def write(image: Image.Image, kind: str) -> bytes:
    written = io.BytesIO()
    image.save(written, kind)
    return written.getvalue()


def make_noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))


def test_cover_comes_first_and_takes_the_words_of_the_body_where_it_has_none() -> None:
    content = Content(
        title="",
        body=f"![One](asset:{FIRST}) ![The harbour](asset:{COVER}) ![](asset:{SECOND})",
        cover=describe(COVER),
        pictures={one: describe(one, alt="Described") for one in (COVER, FIRST, SECOND)},
    )
    assert [(one.asset_id, one.alt) for one in choose_pictures(content)] == [
        (COVER, "The harbour"),
        (FIRST, "One"),
        (SECOND, "Described"),
    ]


def test_picture_that_fits_stays_as_it_is() -> None:
    data = write(Image.new("RGB", (40, 30), "red"), "PNG")
    file = fit_picture(data, describe(), ROOM)

    assert (file.data, file.content_type, file.width, file.height) == (data, "image/png", 40, 30)


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "AVIF"])
def test_picture_of_a_type_that_is_not_taken_becomes_a_jpeg(kind: str) -> None:
    data = write(Image.new("RGB", (40, 30), "red"), kind)
    file = fit_picture(data, describe(content_type=f"image/{kind.lower()}"), ROOM)

    with Image.open(io.BytesIO(file.data)) as image:
        red, green, blue = image.getpixel((20, 15))  # type: ignore[misc]  # of RGB, three numbers
        assert (image.format, image.size, file.content_type) == ("JPEG", (40, 30), "image/jpeg")
        assert red > 230
        assert max(green, blue) < 40


def test_what_is_clear_becomes_white() -> None:
    data = write(Image.new("RGBA", (40, 30), (0, 0, 0, 0)), "WEBP")
    file = fit_picture(data, describe(content_type="image/webp"), ROOM)

    with Image.open(io.BytesIO(file.data)) as image:
        assert image.getpixel((20, 15)) == (255, 255, 255)


@pytest.mark.parametrize(("width", "height"), [(1_400, 1_000), (700, 500), (3_000, 40)])
def test_picture_that_is_too_large_is_made_smaller_and_keeps_its_proportions(width: int, height: int) -> None:
    data = write(make_noise(width, height), "PNG")
    picture = describe(width=width, height=height)
    file = fit_picture(data, picture, ROOM)

    assert len(file.data) <= ROOM.most_bytes
    assert file.width * file.height <= 1_000_000
    assert file.width / file.height == pytest.approx(width / height, rel=0.05)
    assert fit_picture(data, picture, ROOM) == file


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_picture_that_cannot_be_read_is_said_so(data: bytes) -> None:
    with pytest.raises(Permanent, match="cannot be read"):
        fit_picture(data, describe(content_type="image/webp"), ROOM)


def test_room_that_nothing_fits_is_said_so() -> None:
    data = write(make_noise(200, 150), "PNG")
    with pytest.raises(Permanent, match="small enough"):
        fit_picture(data, describe(width=200, height=150), replace(ROOM, most_bytes=50))
