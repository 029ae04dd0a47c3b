"""Pixels out of files, through libvips; HEIC and BMP, which our libvips does not read, through Pillow.

For tasks only. libvips hangs in a forked child whose parent has used it, so nothing here may run in a process that forks.
"""

import io
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.core.errors import Permanent
from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest.headers import Header, read_header
from nightdesk.providers.images.ingest.profiles import is_srgb
from nightdesk.providers.images.protocol import Pixels

CUT_SHORT: Final = "The file is cut short: what is missing is grey or black."
CMYK_GUESSED: Final = "This picture is made for print and has no colour profile: its colours may look different."
FIRST_PAGE: Final = "Only the first page was taken."
FIRST_FRAME: Final = "Only the first frame of the animation was taken."

#: libvips' loader of each kind, by name: left to itself it would choose by content, SVG and PDF too.
_LOADERS: Final = {
    "jpeg": "jpegload_buffer",
    "png": "pngload_buffer",
    "gif": "gifload_buffer",
    "webp": "webpload_buffer",
    "avif": "heifload_buffer",
    "tiff": "tiffload_buffer",
}
_WITH_FRAMES: Final = ("gif", "webp")
#: How the libraries below libvips say that a file ends too early; PNG's says "read error" of any fault.
_CUT_SHORT_WORDS: Final = ("premature", "end of", "truncat", "not enough", "eof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A decoded picture: RGB or RGBA, upright, sRGB; with what people should know about it."""

    pixels: Pixels
    kind: str
    warnings: tuple[str, ...] = ()


class Undecodable(Exception):
    """The pixels cannot be read; the text is the decoder's."""


def is_cut_short(data: bytes, header: Header, error: Undecodable) -> bool:
    """Whether a file could not be read because it ends too early: what there is may be read with less care."""
    if header.kind == "png":
        return b"IEND" not in data[-64 * 1024 :]
    if header.kind == "webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return any(word in str(error).lower() for word in _CUT_SHORT_WORDS)


def read_picture(data: bytes, *, field: str) -> Pixels:
    """Decode the first frame of an untrusted picture: RGB or RGBA, 8 bit, upright, sRGB.

    Raises:
        Rejected: it is none that we take, or too large, or broken; on `field`.
    """
    return decode_picture(data, field=field).pixels


def decode_picture(data: bytes, *, field: str) -> Decoded:
    """Decode like `read_picture`, and say what is odd about the picture.

    Raises:
        Rejected: see `read_picture`.
    """
    header = read_header(data, field=field)
    for is_strict in (True, False):
        try:
            image = open_image(data, header, is_strict=is_strict)
            upright, warnings = straighten(image, header)
            pixels = to_pixels(upright)
        except Undecodable as error:
            if is_strict and is_cut_short(data, header, error):
                continue
            raise undecodable(header, field) from error
        if not is_strict:
            refuse_empty_remains(pixels, field=field)
            warnings += (CUT_SHORT,)
        return Decoded(pixels=pixels, kind=header.kind, warnings=(*warnings, *partial_warnings(header)))
    raise undecodable(header, field)


def decode_own(data: bytes, kind: str) -> Pixels:
    """Decode the first frame of a file that we encoded ourselves, however large it is.

    Raises:
        Permanent: its pixels cannot be read: the store gave back something else than was put in.
    """
    header = Header(kind=kind, width=0, height=0, frames=1, size_bytes=len(data))
    try:
        upright, _ = straighten(open_image(data, header, is_strict=True), header)
        return to_pixels(upright)
    except Undecodable as error:
        raise Permanent("A file in the store of pictures is damaged. Upload or make this picture again.") from error


def partial_warnings(header: Header) -> tuple[str, ...]:
    """Say what of a file with several pictures is left when one is taken."""
    if header.frames == 1:
        return ()
    return (FIRST_PAGE if header.kind == "tiff" else FIRST_FRAME,)


def undecodable(header: Header, field: str) -> Rejected:
    """Build the refusal of a file whose header is right and whose pixels are not."""
    return Rejected(f"This {header.kind.upper()} file is broken and cannot be read. Save it again.", field=field)


def load_vips() -> Any:
    """Import libvips, with its loaders for doubtful formats blocked and its cache off: a worker sees no file twice."""
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.block_untrusted_set(True)  # noqa: FBT003 (its only argument)
    return pyvips


def open_image(data: bytes, header: Header, *, is_strict: bool, shrink: int = 1, frames: int = 1) -> Any:
    """Open a picture without decoding it yet; `shrink` 1, 2, 4 or 8 is done while decoding where the format can do that.

    Raises:
        Undecodable: even the header cannot be read.
    """
    vips = load_vips()
    if header.kind not in _LOADERS:
        return _open_with_pillow(data, header, is_strict=is_strict)
    options: dict[str, Any] = {"access": "sequential", "fail_on": "error" if is_strict else "none"}
    if header.kind in _WITH_FRAMES:
        options["n"] = frames
    if shrink > 1 and header.kind == "jpeg":
        options["shrink"] = shrink
    if shrink > 1 and header.kind == "webp" and frames == 1:
        options["scale"] = 1 / shrink
    try:
        return getattr(vips.Image, _LOADERS[header.kind])(data, **options)
    except vips.Error as error:
        raise Undecodable(str(error)) from error


def _open_with_pillow(data: bytes, header: Header, *, is_strict: bool) -> Any:
    import numpy as np
    from PIL import Image, ImageFile, ImageOps

    if header.kind == "heic":
        from pillow_heif import HeifImageFile

        Image.register_open(HeifImageFile.format, HeifImageFile)
    try:
        with Image.open(io.BytesIO(data), formats=["HEIF" if header.kind == "heic" else "BMP"]) as image:
            ImageFile.LOAD_TRUNCATED_IMAGES = not is_strict
            upright = ImageOps.exif_transpose(image)
            pixels = np.asarray(upright.convert("RGBA" if "A" in upright.getbands() else "RGB"))
            profile = upright.info.get("icc_profile")
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
        raise Undecodable(str(error)) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    opened = from_pixels(pixels)
    if profile:
        vips = load_vips()
        opened.set_type(vips.GValue.blob_type, "icc-profile-data", profile)
    return opened


def from_pixels(pixels: Pixels) -> Any:
    """Show an array to libvips as an sRGB picture; the memory is shared."""
    import numpy as np

    vips = load_vips()
    height, width, bands = pixels.shape
    image = vips.Image.new_from_memory(np.ascontiguousarray(pixels).data, width, height, bands, "uchar")
    return image.copy(interpretation="srgb")


def straighten(image: Any, header: Header) -> tuple[Any, tuple[str, ...]]:
    """Turn a picture upright and bring it to sRGB in 8 bit, RGB or RGBA; say what had to be guessed.

    Raises:
        Undecodable: its pixels cannot be read.
    """
    vips = load_vips()
    warnings = colour_warnings(image)
    try:
        upright = image
        if header.kind in _LOADERS and _is_turned(image):
            upright = image.copy_memory().autorot()  # rows come one by one; turning needs them all
        return _to_srgb(upright), warnings
    except vips.Error as error:
        raise Undecodable(str(error)) from error


def colour_warnings(image: Any) -> tuple[str, ...]:
    """Say what about the colours has to be guessed."""
    is_guessed = image.interpretation == "cmyk" and not image.get_typeof("icc-profile-data")
    return (CMYK_GUESSED,) if is_guessed else ()


def _is_turned(image: Any) -> bool:
    return bool(image.get_typeof("orientation")) and image.get("orientation") != 1


def _to_srgb(image: Any) -> Any:
    vips = load_vips()
    if needs_profile(image):
        try:
            image = image.icc_transform("srgb", embedded=True, input_profile=_assumed_profile(image), depth=8)
        except vips.Error:  # a profile that is broken or of another kind of colour: it says nothing
            image = image.colourspace("srgb")
    else:
        image = image.colourspace("srgb")
    return to_eight_bit(image)


def needs_profile(image: Any) -> bool:
    """Whether a picture's numbers mean something else than sRGB, by a colour profile of its own or an assumed one."""
    if image.interpretation == "cmyk":
        return True
    return bool(image.get_typeof("icc-profile-data")) and not is_srgb(image.get("icc-profile-data"))


def _assumed_profile(image: Any) -> str:
    return "cmyk" if image.interpretation == "cmyk" else "srgb"


def to_eight_bit(image: Any) -> Any:
    """Bring an sRGB picture to three or four bands of 8 bit."""
    if image.format != "uchar":
        image = image.cast("uchar", shift=image.format == "ushort")
    if image.bands > 4:
        image = image[:4] if image.hasalpha() else image[:3]
    if image.bands < 3:
        grey = image[0]
        image = grey.bandjoin([grey, grey, *([image[1]] if image.bands == 2 else [])])
    return image.copy(interpretation="srgb")


def to_pixels(image: Any) -> Pixels:
    """Decode: now every pixel is computed.

    Raises:
        Undecodable: they cannot be read.
    """
    import numpy as np

    vips = load_vips()
    try:
        memory = image.write_to_memory()
    except vips.Error as error:
        raise Undecodable(str(error)) from error
    return np.frombuffer(memory, np.uint8).reshape(image.height, image.width, image.bands)


def refuse_empty_remains(pixels: Pixels, *, field: str) -> None:
    """Refuse what is left of a file that was cut short when more than half of its rows are missing.

    Raises:
        Rejected.
    """
    rows = pixels.reshape(pixels.shape[0], -1)
    # Most files run from the top down, BMP from the bottom up.
    missing = max(_count_same(rows, rows[-1]), _count_same(rows[::-1], rows[0]))
    if missing > pixels.shape[0] / 2:
        raise Rejected("This file is cut short: most of the picture is missing. Send it again.", field=field)


def _count_same(rows: Pixels, last: Pixels) -> int:
    """Count how many rows at the end are all like the last one."""
    import numpy as np

    different = np.flatnonzero((rows != last).any(axis=1))
    return len(rows) - (int(different[-1]) + 1 if different.size else 0)
