"""The containers of pictures, read as far as their sizes. Each reader gets a stream at its start and may stop anywhere."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from nightdesk.providers.images.ingest.limits import MAX_FRAMES

#: Boxes, segments, chunks and tags looked at before a file counts as broken; real ones have a few dozen.
_MOST_PARTS: Final = 4096
#: Blocks of a GIF; 40 MB in the usual blocks of 255 bytes are 165,000.
_MOST_GIF_BLOCKS: Final = 200_000
_MOST_META_BYTES: Final = 1024 * 1024


class Broken(Exception):
    """The container ends or contradicts itself before it says how large the picture is."""


@dataclass(slots=True)
class Sizes:
    """Size of the picture, how many frames it has (pages of a TIFF), and the largest that any part declares, in pixels.

    Counting frames stops one above the limit, counting pages at it.
    """

    width: int = 0
    height: int = 0
    frames: int = 1
    largest_side: int = 0
    most_pixels: int = 0

    def add(self, width: int, height: int) -> None:
        """Take the size of one part; the picture is as large as the first."""
        if not self.width:
            self.width, self.height = width, height
        self.largest_side = max(self.largest_side, width, height)
        self.most_pixels = max(self.most_pixels, width * height)


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Broken
    return data


# ---- JPEG (ITU T.81, annex B)

_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})


def read_jpeg(stream: BinaryIO) -> Sizes:
    """Read the first start of frame."""
    _read(stream, 2)
    for _ in range(_MOST_PARTS):
        if _read(stream, 1) != b"\xff":
            raise Broken
        marker = _read(stream, 1)[0]
        if marker == 0xFF:  # a fill byte: the next one may be the marker
            stream.seek(-1, 1)
            continue
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack(">H", _read(stream, 2))
        if marker in _START_OF_FRAME:
            height, width = struct.unpack(">xHH", _read(stream, 5))
            sizes = Sizes()
            sizes.add(width, height)
            return sizes
        if marker in {0xD9, 0xDA} or length < 2:  # the end, or pixels, before any size
            raise Broken
        stream.seek(length - 2, 1)
    raise Broken


# ---- PNG (ISO 15948)


def read_png(stream: BinaryIO) -> Sizes:
    """Read IHDR. Of an animated PNG the still picture counts, and is what is decoded."""
    start = _read(stream, 24)
    if start[12:16] != b"IHDR":
        raise Broken
    sizes = Sizes()
    sizes.add(*struct.unpack(">II", start[16:24]))
    return sizes


# ---- GIF (GIF89a specification)


def read_gif(stream: BinaryIO) -> Sizes:
    """Walk the blocks: the screen, and each frame's own size; stop one frame above the limit."""
    width, height, flags = struct.unpack("<6xHHBxx", _read(stream, 13))
    sizes = Sizes(frames=0)
    sizes.add(width, height)
    _skip_colours(stream, flags)
    left_over = _MOST_GIF_BLOCKS
    while sizes.frames <= MAX_FRAMES:
        kind = stream.read(1)
        if kind == b"!":
            _read(stream, 1)
        elif kind == b",":
            left, top, frame_width, frame_height, flags = struct.unpack("<HHHHB", _read(stream, 9))
            sizes.frames += 1
            sizes.add(left + frame_width, top + frame_height)
            _skip_colours(stream, flags)
            _read(stream, 1)
        else:  # the end, or whatever lies behind a file that is cut short
            break
        left_over = _skip_blocks(stream, left_over)
    if not sizes.frames:
        raise Broken
    return sizes


def _skip_colours(stream: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        stream.seek(3 << ((flags & 7) + 1), 1)


def _skip_blocks(stream: BinaryIO, most: int) -> int:
    """Skip the blocks of one extension or frame; return how many more the file may have."""
    while length := stream.read(1):
        if length == b"\0":
            break
        most -= 1
        if most < 0:
            raise Broken
        stream.seek(length[0], 1)
    return most


# ---- WebP (RFC 9649)


def read_webp(stream: BinaryIO) -> Sizes:
    """Read the first chunk; of an animation count the frames."""
    _read(stream, 12)
    kind, length = _chunk(stream)
    sizes = Sizes()
    if kind == b"VP8 ":
        start = _read(stream, 10)
        if start[3:6] != b"\x9d\x01\x2a":
            raise Broken
        width, height = struct.unpack("<HH", start[6:])
        sizes.add(width & 0x3FFF, height & 0x3FFF)
    elif kind == b"VP8L":
        start = _read(stream, 5)
        (bits,) = struct.unpack("<I", start[1:])
        sizes.add((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    elif kind == b"VP8X":
        start = _read(stream, 10)
        sizes.add(int.from_bytes(start[4:7], "little") + 1, int.from_bytes(start[7:10], "little") + 1)
        if start[0] & 0x02:
            stream.seek(length - 10 + length % 2, 1)
            sizes.frames = _count_webp_frames(stream)
    else:
        raise Broken
    return sizes


def _chunk(stream: BinaryIO) -> tuple[bytes, int]:
    kind, length = struct.unpack("<4sI", _read(stream, 8))
    return kind, length


def _count_webp_frames(stream: BinaryIO) -> int:
    frames = 0
    try:
        for _ in range(_MOST_PARTS):
            kind, length = _chunk(stream)
            frames += kind == b"ANMF"
            if frames > MAX_FRAMES:
                break
            stream.seek(length + length % 2, 1)
    except Broken:
        pass  # the last chunk
    return max(1, frames)


# ---- AVIF and HEIC (ISO 14496-12, ISO 23008-12)


def read_isobmff(stream: BinaryIO) -> Sizes:
    """Take the largest `ispe`: the picture, or the grid that is put together from tiles."""
    data = _find_meta(stream)
    found = sorted(_item_sizes(data), key=lambda size: size[0] * size[1], reverse=True)
    if not found:
        raise Broken
    sizes = Sizes()
    for width, height in found:
        sizes.add(width, height)
    return sizes


def _find_meta(stream: BinaryIO) -> bytes:
    """Return the body of the file's `meta` box."""
    for _ in range(_MOST_PARTS):
        size, kind = struct.unpack(">I4s", _read(stream, 8))
        header = 8
        if size == 1:
            (size,) = struct.unpack(">Q", _read(stream, 8))
            header = 16
        if kind == b"meta":
            if not header + 4 <= size <= _MOST_META_BYTES:
                raise Broken
            return _read(stream, size - header)[4:]  # behind version and flags
        if size < header:
            raise Broken
        stream.seek(size - header, 1)
    raise Broken


def _item_sizes(meta: bytes) -> Iterator[tuple[int, int]]:
    properties = meta
    for name in (b"iprp", b"ipco"):
        properties = next((body for kind, body in _boxes(properties) if kind == name), b"")
    for kind, body in _boxes(properties):
        if kind == b"ispe" and len(body) >= 12:
            yield struct.unpack(">4xII", body[:12])


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    for _ in range(_MOST_PARTS):
        if place + 8 > len(data):
            return
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        if size < 8 or place + size > len(data):
            raise Broken
        yield kind, data[place + 8 : place + size]
        place += size


# ---- TIFF (TIFF 6.0)

_TIFF_WIDTH: Final = 256
_TIFF_HEIGHT: Final = 257
_TIFF_TILE_WIDTH: Final = 322
_TIFF_TILE_HEIGHT: Final = 323
_TIFF_TYPES: Final = {1: "B", 3: "H", 4: "I"}


def read_tiff(stream: BinaryIO) -> Sizes:
    """Read the first page's size and its tiles'; count the pages, as far as frames may go: only the first is decoded."""
    order = "<" if _read(stream, 4)[:2] == b"II" else ">"
    (place,) = struct.unpack(f"{order}I", _read(stream, 4))
    tags = _tags(stream, order, place)
    if _TIFF_WIDTH not in tags or _TIFF_HEIGHT not in tags:
        raise Broken
    sizes = Sizes()
    sizes.add(tags[_TIFF_WIDTH], tags[_TIFF_HEIGHT])
    sizes.add(tags.get(_TIFF_TILE_WIDTH, 0), tags.get(_TIFF_TILE_HEIGHT, 0))
    while sizes.frames < MAX_FRAMES and (place := _next_page(stream, order, place)):
        sizes.frames += 1
    return sizes


def _tags(stream: BinaryIO, order: str, place: int) -> dict[int, int]:
    """Read the numbers of the directory at `place`, by tag."""
    stream.seek(place)
    (count,) = struct.unpack(f"{order}H", _read(stream, 2))
    if count > _MOST_PARTS:
        raise Broken
    tags = {}
    for _ in range(count):
        tag, kind, _, value = struct.unpack(f"{order}HHI4s", _read(stream, 12))
        if kind in _TIFF_TYPES:
            (tags[tag],) = struct.unpack_from(f"{order}{_TIFF_TYPES[kind]}", value)
    return tags


def _next_page(stream: BinaryIO, order: str, place: int) -> int:
    """Return where the directory after the one at `place` lies; 0 behind the last one, and where the file ends early."""
    stream.seek(place)
    count = stream.read(2)
    if len(count) < 2:
        return 0
    stream.seek(struct.unpack(f"{order}H", count)[0] * 12, 1)
    following = stream.read(4)
    return int(struct.unpack(f"{order}I", following)[0]) if len(following) == 4 else 0


# ---- BMP


def read_bmp(stream: BinaryIO) -> Sizes:
    """Read the information header, of OS/2 too; a negative height means top down."""
    start = _read(stream, 26)
    (header_size,) = struct.unpack("<I", start[14:18])
    sizes = Sizes()
    if header_size == 12:
        sizes.add(*struct.unpack("<HH", start[18:22]))
    else:
        width, height = struct.unpack("<ii", start[18:26])
        sizes.add(abs(width), abs(height))
    return sizes
