"""Pictures that tests make themselves."""

import io
from typing import Any

import numpy as np
from PIL import Image

from nightdesk.providers.images.protocol import Pixels


def photo(width: int = 64, height: int = 48) -> Pixels:
    """Draw a picture whose every pixel says where it is: red grows to the right, green downwards."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.dstack([across, down, np.full_like(across, 90)]).round().astype(np.uint8)


def encode(pixels: Pixels, format: str, **options: Any) -> bytes:  # noqa: A002 (Pillow's word)
    """Write pixels with Pillow, which is not what the code under test writes with."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format, **options)
    return buffer.getvalue()
