"""What a file is, and how large a picture it declares, from its first bytes; not a pixel is decoded.

The sizes that count are the largest that any part of the file declares: a small canvas may announce huge frames.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import containers
from nightdesk.providers.images.ingest.containers import Broken, Sizes
from nightdesk.providers.images.ingest.limits import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, MAX_SIDE

TAKEN: Final = "JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP"

_MAGIC_BYTES: Final = 32
_AVIF_BRANDS: Final = (b"avif", b"avis")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

#: Kinds with the bytes that they have at which place.
_MAGIC: Final = (
    ("jpeg", ((0, b"\xff\xd8\xff"),)),
    ("png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("gif", ((0, b"GIF87a"),)),
    ("gif", ((0, b"GIF89a"),)),
    ("webp", ((0, b"RIFF"), (8, b"WEBP"))),
    ("tiff", ((0, b"II*\0"),)),
    ("tiff", ((0, b"MM\0*"),)),
    ("bmp", ((0, b"BM"),)),
)
#: No picture has fewer bytes; a text that begins with BM does.
_SHORTEST: Final = 25

_READERS: Final[dict[str, Callable[[BinaryIO], Sizes]]] = {
    "jpeg": containers.read_jpeg,
    "png": containers.read_png,
    "gif": containers.read_gif,
    "webp": containers.read_webp,
    "avif": containers.read_isobmff,
    "heic": containers.read_isobmff,
    "tiff": containers.read_tiff,
    "bmp": containers.read_bmp,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of itself. `kind`: jpeg png gif webp avif heic tiff bmp; sizes in pixels, before turning."""

    kind: str
    width: int
    height: int
    frames: int
    size_bytes: int


def read_header(source: BinaryIO | bytes, *, field: str) -> Header:
    """Say what a picture is and how large, and refuse what is not taken; `source` is left at its start.

    Raises:
        Rejected: empty, over 40 MiB, of no type that we take (whatever its name says), larger than 100 megapixels or
            30,000 pixels on a side, of more than 300 frames, or broken; on `field`.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    size_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        _check_bytes(size_bytes, field)
        kind = sniff(stream.read(_MAGIC_BYTES), field=field)
        stream.seek(0)
        try:
            sizes = _READERS[kind](stream)
        except Broken:
            raise Rejected(
                f"This {kind.upper()} file is broken: it does not say how large the picture is. Save it again.",
                field=field,
            ) from None
        _check_sizes(sizes, field)
    finally:
        stream.seek(0)
    return Header(kind=kind, width=sizes.width, height=sizes.height, frames=sizes.frames, size_bytes=size_bytes)


def sniff(start: bytes, *, field: str) -> str:
    """Say what a file is by its first bytes.

    Raises:
        Rejected: nothing that we take.
    """
    if start[4:8] == b"ftyp" and start[8:12] in _AVIF_BRANDS + _HEIC_BRANDS:
        return _sniff_isobmff(start)
    for kind, places in _MAGIC:
        if all(start.startswith(magic, place) for place, magic in places) and len(start) > _SHORTEST:
            return kind
    raise Rejected(f"{_name_stranger(start)} Send {TAKEN}.", field=field)


def _sniff_isobmff(start: bytes) -> str:
    """Tell AVIF from HEIC; where the first brand is neutral (mif1), the compatible ones decide."""
    brands = [start[8:12], *(start[place : place + 4] for place in range(16, len(start), 4))]
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "avif"
    return "heic"


def _name_stranger(start: bytes) -> str:
    """Name what people often send by mistake."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"%pdf"):
        return "This is a PDF, whatever its name says."
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return "This is an SVG drawing, whatever its name says."
    if text.startswith((b"pk\x03\x04", b"rar!", b"7z\xbc\xaf")):
        return "This is an archive, whatever its name says."
    if text.startswith((b"<!doctype html", b"<html")):
        return "This is a web page, whatever its name says."
    return "This is no picture that we take."


def _check_bytes(size_bytes: int, field: str) -> None:
    if size_bytes == 0:
        raise Rejected("This file is empty. Send a picture.", field=field)
    if size_bytes > MAX_BYTES:
        megabytes = size_bytes / 1024 / 1024
        raise Rejected(
            f"This file has {megabytes:.0f} MB; {MAX_BYTES // 1024 // 1024} MB are the most. Save it smaller.",
            field=field,
        )


def _check_sizes(sizes: Sizes, field: str) -> None:
    width, height = sizes.width, sizes.height
    if width < 1 or height < 1:
        raise Rejected("This picture has no pixels. Save it again.", field=field)
    if sizes.largest_side > MAX_SIDE or sizes.most_pixels > MAX_PIXELS:
        raise Rejected(
            f"This picture declares {width:,} x {height:,} pixels; {MAX_PIXELS // 1_000_000} megapixels and "
            f"{MAX_SIDE:,} on a side are the most. Make it smaller.",
            field=field,
        )
    if sizes.frames > MAX_FRAMES:
        raise Rejected(f"This animation has more than {MAX_FRAMES} frames. Make it shorter.", field=field)
