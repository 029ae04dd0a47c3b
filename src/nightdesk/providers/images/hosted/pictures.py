"""Pixels out as PNG, bytes in through our own reader, and results of another size put right."""

from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np

from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.hosted.faults import Vendor, explain_no_picture
from nightdesk.providers.images.protocol import Mask, Pixels

if TYPE_CHECKING:
    from PIL import Image

#: Pixels round a mask that a model may change as well, so that no seam shows.
_FEATHER_PX: Final = 3


def write_png(pixels: Pixels | Mask) -> bytes:
    """Write pixels, or a mask as white on black, as PNG."""
    written = BytesIO()
    # Level 1 takes a fifth of the time of the default for a tenth more bytes, which live for one request.
    _open(pixels).save(written, "PNG", compress_level=1)
    return written.getvalue()


def write_mask_as_alpha(mask: Mask) -> bytes:
    """Write a mask as OpenAI wants it: transparent where the picture is to be changed."""
    height, width = mask.shape
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = np.where(mask, 0, 255)
    return write_png(pixels)


def read_result(data: bytes, vendor: Vendor) -> Pixels:
    """Read what a vendor sent, as if a stranger had uploaded it.

    Raises:
        Permanent: it is no picture that we take.
    """
    from nightdesk.providers.images.ingest import read_picture

    try:
        return read_picture(data, field="image")
    except Rejected:
        fault = explain_no_picture(vendor, "is no picture that can be used")
    raise fault


def fit(pixels: Pixels, width: int, height: int) -> tuple[Pixels, tuple[str, ...]]:
    """Bring pixels to a size: scaled until they cover it, then cut evenly at two sides. Says so where it did anything."""
    was_height, was_width = pixels.shape[:2]
    if (was_width, was_height) == (width, height):
        return pixels, ()
    scale = max(width / was_width, height / was_height)
    scaled_width, scaled_height = max(width, round(was_width * scale)), max(height, round(was_height * scale))
    scaled = resize(pixels, scaled_width, scaled_height)
    left, top = (scaled_width - width) // 2, (scaled_height - height) // 2
    cut = " and cut at the edges" if (scaled_width, scaled_height) != (width, height) else ""
    said = f"The model made {was_width} x {was_height}; the result was scaled to {width} x {height}{cut}."
    return np.ascontiguousarray(scaled[top : top + height, left : left + width]), (said,)


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale pixels without regard to their shape."""
    from PIL import Image

    return np.asarray(_open(pixels).resize((width, height), Image.Resampling.LANCZOS))


def resize_mask(mask: Mask, width: int, height: int) -> Mask:
    """Scale a mask; what is partly covered stays covered."""
    from PIL import Image

    grown = _open(mask).resize((width, height), Image.Resampling.BOX)
    return np.asarray(grown) > 0


def drop_alpha(pixels: Pixels) -> Pixels:
    """Lay a picture on white where it is transparent."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def keep_outside(original: Pixels, made: Pixels, mask: Mask) -> Pixels:
    """Take `made` where the mask is, `original` elsewhere, with a soft seam of a few pixels outside the mask."""
    from PIL import ImageFilter

    grown = _open(mask).filter(ImageFilter.MaxFilter(2 * _FEATHER_PX - 1)).filter(ImageFilter.BoxBlur(1))
    soft = np.asarray(grown).astype(np.float32)[..., None] / 255
    soft[mask] = 1.0
    kept = original.copy()
    colours = made[..., :3].astype(np.float32) * soft + original[..., :3].astype(np.float32) * (1 - soft)
    kept[..., :3] = np.rint(colours).astype(np.uint8)
    if original.shape[2] == 4:
        kept[..., 3] = np.where(mask, 255, original[..., 3])
    return kept


def _open(pixels: Pixels | Mask) -> "Image.Image":
    from PIL import Image

    if pixels.dtype == np.bool_:
        return Image.fromarray(np.where(pixels, np.uint8(255), np.uint8(0)))
    return Image.fromarray(pixels)
