"""Headers: what a file is and how large, before a pixel is decoded; what is refused there."""

import contextlib
import io
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nightdesk.providers.images.errors import Rejected
from nightdesk.providers.images.ingest import MAX_BYTES, Header, read_header
from tests.support.pictures import encode, frames_of, gif_of, photo

#: Well above what a refusal takes (it reads a few dozen bytes), well below what decoding 225 megapixels takes.
REFUSED_WITHIN_S = 0.25


def header_of(data: bytes) -> tuple[str, int, int, int]:
    found = read_header(data, field="image")
    return found.kind, found.width, found.height, found.frames


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0" + bytes(60_000), "icc_profile": bytes(200_000)}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0MM\0*"}),
        ("AVIF", {}),
        ("HEIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
    ],
)
def test_header_says_kind_and_size(kind: str, options: dict[str, Any]) -> None:
    data = encode(photo(128, 64), kind, **options)

    assert header_of(data) == (kind.lower().replace("heif", "heic"), 128, 64, 1)
    assert read_header(io.BytesIO(data), field="image").size_bytes == len(data)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF"])
def test_header_counts_frames_and_pages(kind: str) -> None:
    data = encode(photo(20, 10), kind, save_all=True, append_images=frames_of(photo(20, 10), 6))

    assert header_of(data) == (kind.lower(), 20, 10, 7)


def test_stream_is_left_at_its_start() -> None:
    stream = io.BytesIO(encode(photo(), "PNG"))
    stream.seek(5)

    read_header(stream, field="image")

    assert stream.tell() == 0


def bomb_png(width: int, height: int) -> bytes:
    """Write a PNG of grey zeros, row by row: 15,000 x 15,000 pixels are 225 megapixels in about 30 KB at 1 bit a pixel."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    pixels = b"".join(packer.compress(row * 1000) for _ in range(height // 1000)) + packer.flush()
    start = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(chunk, (b"IHDR", b"IDAT", b"IEND"), (start, pixels, b"")))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff_of(width: int, height: int, tile: int = 0, *, endless: bool = False) -> bytes:
    """Write the first directory of a TIFF, which may name itself as the next page."""
    tags = [(256, width), (257, height), *([(322, tile), (323, tile)] if tile else [])]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 8 if endless else 0)


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def avif_of(*sizes: tuple[int, int]) -> bytes:
    """Write an AVIF as far as the sizes of its items."""
    found = b"".join(box(b"ispe", bytes(4) + struct.pack(">II", *size)) for size in sizes)
    properties = box(b"iprp", box(b"ipco", found))
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"meta", bytes(4) + box(b"hdlr", bytes(20)) + properties)


BOMBS: dict[str, Callable[[], bytes]] = {
    "225 MP PNG": lambda: bomb_png(15_000, 15_000),
    "side of 30,001": lambda: bomb_png(30_008, 1000),
    "10,000 frames": lambda: gif_of(10_000),
    "huge frame on a small screen": lambda: gif_of(1, 60_000, 60_000),
    "huge screen": lambda: gif_of(1, screen=(60_000, 60_000)),
    "TIFF of 4 GP": lambda: tiff_of(65_000, 65_000),
    "TIFF of huge tiles": lambda: tiff_of(100, 100, tile=60_000),
    "AVIF whose second item is huge": lambda: avif_of((64, 64), (65_535, 65_535)),
    "WebP of 268 MP": lambda: b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(20),
    "BMP upside down": lambda: b"BM" + bytes(12) + struct.pack("<Iii", 40, 20_000, -20_000) + bytes(20),
    "JPEG of 4 GP": lambda: b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff" + bytes(40),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_at_its_header(name: str) -> None:
    data = BOMBS[name]()
    started = time.perf_counter()

    with pytest.raises(Rejected, match=r"pixels|frames") as refused:
        read_header(data, field="target_image")

    assert time.perf_counter() - started < REFUSED_WITHIN_S
    assert refused.value.details == {"target_image": [str(refused.value)]}


def test_refusing_and_reading_headers_load_no_decoder() -> None:
    code = (
        "import sys; from nightdesk.providers.images.ingest import read_header\n"
        f"read_header({encode(photo(), 'JPEG')!r}, field='image')\n"
        "print([name for name in ('pyvips', 'PIL', 'cv2', 'pillow_heif') if name in sys.modules])"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "[]\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...............................", "PDF"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<svg onload='alert(1)'>", "SVG"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "web page"),
        (b"PK\x03\x04" + bytes(60), "archive"),
        (b"%!PS-Adobe-3.0 EPSF-3.0 ...............................", "no picture that we take"),
        (b"8BPS\0\x01" + bytes(60), "no picture that we take"),
        (b"BM is how this text begins", "broken|pixels"),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "no picture that we take"),
        (bytes(MAX_BYTES + 1), "MB"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_header(data, field="image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP"])
def test_any_cut_of_a_file_is_read_or_refused(kind: str) -> None:
    data = encode(photo(128, 64), kind)

    for length in {*range(120), *range(120, len(data), max(1, len(data) // 50))}:
        try:
            found = read_header(data[:length], field="image")
        except Rejected:
            continue
        assert (found.width, found.height) == (128, 64)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP"])
def test_noise_in_a_header_ends_in_a_refusal_or_a_size(kind: str) -> None:
    data = encode(photo(20, 10), kind)
    random = np.random.default_rng(7)

    for _ in range(200):
        noisy = bytearray(data)
        for place in random.integers(0, min(400, len(data)), 6):
            noisy[place] = int(random.integers(0, 256))
        try:
            found = read_header(bytes(noisy), field="image")
        except Rejected:
            continue
        assert isinstance(found, Header)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tiff_of(100, 100, endless=True), id="TIFF that names itself as its next page"),
        pytest.param(gif_of(1)[:-1] + b"!\xfe" + b"\x01x" * 300_000, id="GIF of very small blocks"),
        pytest.param(b"\xff\xd8" + b"\xff" * 2_000_000, id="JPEG of fill bytes"),
        pytest.param(
            box(b"ftyp", b"avif\0\0\0\0avifmif1") + box(b"meta", bytes(4) + box(b"free", b"") * 100_000),
            id="AVIF of empty boxes",
        ),
    ],
)
def test_endless_header_ends(data: bytes) -> None:
    started = time.perf_counter()

    with contextlib.suppress(Rejected):
        read_header(data, field="image")

    assert time.perf_counter() - started < 2
