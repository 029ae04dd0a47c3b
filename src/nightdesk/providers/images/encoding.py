"""Pictures into files: JPEG, PNG, WebP, AVIF. Nothing of a source's metadata gets in; only we write a line of our own.

For tasks only, like everything that touches libvips.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nightdesk.providers.images.protocol import Pixels

FORMATS: Final = ("jpeg", "png", "webp", "avif")
THUMB_FORMAT: Final = "webp"
THUMB_QUALITY: Final = 80
#: WebP keeps sides in 14 bits.
MAX_WEBP_SIDE: Final = 16_383

#: Code values of http://cv.iptc.org/newscodes/digitalsourcetype/ that we may write.
DIGITAL_SOURCE_TYPES: Final = frozenset(
    {
        "trainedAlgorithmicMedia",  # made by a model trained on samples
        "compositeWithTrainedAlgorithmicMedia",  # a picture, edited by such a model
        "algorithmicMedia",  # made by an algorithm without training data
        "compositeSynthetic",  # put together from parts, of which at least one is synthetic
        "composite",  # put together from several pictures
        "compositeCapture",  # put together from captures of real life
        "algorithmicallyEnhanced",  # changed by an algorithm
        "humanEdits",  # changed by people with tools that generate nothing
        "digitalCapture",
        "screenCapture",
        "digitalCreation",  # made by people with tools that generate nothing
        "dataDrivenMedia",
    }
)

_SUFFIXES: Final = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
_EXTENSIONS: Final = {"jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif"}
_CONTENT_TYPES: Final = {name: f"image/{name}" for name in FORMATS}
#: Pillow's encoder at speed 6 takes a third of the time of libvips' at its default effort.
_AVIF_SPEED: Final = 6
#: AVIF looks like JPEG and WebP of a quality 20 points higher.
_AVIF_QUALITY_OFFSET: Final = 20

#: Better Huffman tables save 3 % of a JPEG and hold all of it in memory: 240 MB more at 24 megapixels.
_MOST_OPTIMISED_PIXELS: Final = 4_000_000

_XMP: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/{code}"
    "</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="r"?>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A file that we wrote. Sizes in pixels; of an animation, of one frame."""

    data: bytes = field(repr=False)
    format: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """What its name ends with, without the dot."""
        return _EXTENSIONS[self.format]

    @property
    def sha256(self) -> str:
        """The hash of the file, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


def content_type_of(name: str) -> str:
    """Return the media type of a format of ours."""
    return _CONTENT_TYPES[name]


def extension_of(name: str) -> str:
    """Return what names of a format of ours end with, without the dot."""
    return _EXTENSIONS[name]


def encode_pixels(pixels: Pixels, format: str, *, quality: int = 80, digital_source_type: str = "") -> Encoded:  # noqa: A002 (the word of the API)
    """Write pixels (see `protocol.Pixels`) as a file. Transparency becomes white where the format has none.

    `digital_source_type` is a code value of the IPTC vocabulary, embedded as XMP; empty: nothing is embedded.

    Raises:
        ValueError: no such format or code, or a side of more than 16,383 pixels for WebP.
    """
    from nightdesk.providers.images.ingest.decoding import from_pixels

    return encode_image(from_pixels(pixels), format, quality=quality, digital_source_type=digital_source_type)


def make_thumbs(pixels: Pixels, sides: Sequence[int], *, digital_source_type: str = "") -> tuple[Encoded, ...]:
    """Write small copies of a picture as WebP, with these longest sides; nothing is enlarged."""
    from nightdesk.providers.images.ingest.decoding import from_pixels

    image = from_pixels(pixels)
    return tuple(encode_thumb(image, side, digital_source_type=digital_source_type) for side in sides)


def encode_thumb(image: Any, side: int, *, digital_source_type: str = "") -> Encoded:
    """Write a small copy of a picture of libvips as WebP."""
    small = image.thumbnail_image(side, height=side, size="down")
    return encode_image(small, THUMB_FORMAT, quality=THUMB_QUALITY, digital_source_type=digital_source_type)


def encode_image(image: Any, format: str, *, quality: int = 80, digital_source_type: str = "") -> Encoded:  # noqa: A002
    """Write a picture of libvips, sRGB in 8 bit, as a file; see `encode_pixels`. What it carries besides is dropped."""
    if format not in FORMATS:
        raise ValueError(f"There is no format {format!r} here: {', '.join(FORMATS)}")
    if digital_source_type and digital_source_type not in DIGITAL_SOURCE_TYPES:
        raise ValueError(f"{digital_source_type!r} is no digital source type that we write")
    page_height = image.get("page-height") if image.get_typeof("page-height") else image.height
    if format == "jpeg" and image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    xmp = _XMP.format(code=digital_source_type).encode() if digital_source_type else b""
    data = _encode_avif(image, quality, xmp) if format == "avif" else _encode_vips(image, format, quality, xmp)
    return Encoded(data=data, format=format, width=image.width, height=page_height)


def _encode_vips(image: Any, name: str, quality: int, xmp: bytes) -> bytes:
    import pyvips

    options: dict[str, Any] = {
        "jpeg": {"Q": quality, "optimize_coding": image.width * image.height <= _MOST_OPTIMISED_PIXELS},
        "png": {"compression": 6},
        "webp": {"Q": quality, "effort": 4},
    }[name]
    options["keep"] = "none"
    if xmp:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "xmp-data", xmp)
        options["keep"] = "xmp"
    data: bytes = image.write_to_buffer(_SUFFIXES[name], **options)
    return data


def _encode_avif(image: Any, quality: int, xmp: bytes) -> bytes:
    import numpy as np
    from PIL import Image

    pixels = np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, image.bands)
    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": max(1, quality - _AVIF_QUALITY_OFFSET), "speed": _AVIF_SPEED}
    if xmp:
        options["xmp"] = xmp
    Image.fromarray(pixels).save(buffer, "AVIF", **options)
    return buffer.getvalue()
