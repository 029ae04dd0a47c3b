"""Pictures that tests make themselves."""

import io
import struct
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from nightdesk.providers.images.protocol import Pixels


def photo(width: int = 64, height: int = 48) -> Pixels:
    """Draw a picture whose every pixel says where it is: red grows to the right, green downwards."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.dstack([across, down, np.full_like(across, 90)]).round().astype(np.uint8)


def encode(pixels: Pixels, format: str, **options: Any) -> bytes:  # noqa: A002 (Pillow's word)
    """Write pixels with Pillow, which is not what the code under test writes with."""
    buffer = io.BytesIO()
    picture = Image.fromarray(pixels)
    if format == "HEIF":
        pillow_heif.from_pillow(picture).save(buffer, **options)
    else:
        picture.save(buffer, format, **options)
    return buffer.getvalue()


def truncate(data: bytes, share: float) -> bytes:
    """Keep this share of a file, from its start."""
    return data[: int(len(data) * share)]


def frames_of(pixels: Pixels, count: int) -> list[Image.Image]:
    """Draw so many further frames, no two alike."""
    return [Image.fromarray(np.roll(pixels, number + 1, axis=1)) for number in range(count)]


#: What turns an upright picture into what lies in a file of this EXIF orientation.
_STORED = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels, -1),
}


def tag_orientation(pixels: Pixels, format: str, orientation: int) -> bytes:  # noqa: A002 (Pillow's word)
    """Write a picture as a camera held sideways does: turned, with a note of how to turn it back."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {"quality": 95}
    return encode(np.ascontiguousarray(_STORED[orientation](pixels)), format, exif=exif.tobytes(), **options)


def gif_of(frames: int, width: int = 1, height: int = 1, screen: tuple[int, int] = (1, 1)) -> bytes:
    """Write a GIF whose frames are all alike."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    start = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6)
    return start + frame * frames + b";"
