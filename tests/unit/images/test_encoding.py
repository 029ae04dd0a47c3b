"""Pictures into files, with the line about where they come from."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from nightdesk.providers.images.encoding import (
    DIGITAL_SOURCE_TYPES,
    FORMATS,
    encode_pixels,
    extension_of,
    make_thumbs,
)
from nightdesk.providers.images.ingest import read_picture
from tests.support.pictures import photo

DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


def xmp_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as picture:
        found = picture.info.get("xmp", picture.info.get("XML:com.adobe.xmp", b""))
        return found.decode() if isinstance(found, bytes) else str(found)


@pytest.mark.parametrize("format", FORMATS)
def test_source_type_is_written_as_iptc_wants_it(format: str) -> None:  # noqa: A002 (the word of the API)
    encoded = encode_pixels(photo(), format, digital_source_type="trainedAlgorithmicMedia")

    root = ET.fromstring(xmp_of(encoded.data))
    said = root.find(f".//{DESCRIPTION}/{SOURCE_TYPE}")
    assert said is not None
    assert said.text == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    assert (read_picture(encoded.data, field="image").shape, encoded.width, encoded.height) == ((48, 64, 3), 64, 48)


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_written_where_there_is_nothing_to_say(format: str) -> None:  # noqa: A002 (the word of the API)
    assert xmp_of(encode_pixels(photo(), format).data) == ""


def test_small_copies_say_it_too() -> None:
    thumbs = make_thumbs(photo(400, 300), (300, 150), digital_source_type="compositeSynthetic")

    assert [(thumb.width, thumb.height, thumb.format) for thumb in thumbs] == [(300, 225, "webp"), (150, 113, "webp")]
    assert all("compositeSynthetic" in xmp_of(thumb.data) for thumb in thumbs)


def test_transparency_becomes_white_in_jpeg() -> None:
    clear = np.dstack([photo(), np.zeros((48, 64), np.uint8)])

    assert read_picture(encode_pixels(clear, "jpeg").data, field="image").min() > 250
    assert read_picture(encode_pixels(clear, "png").data, field="image")[..., 3].max() == 0


def test_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no format 'gif'"):
        encode_pixels(photo(), "gif")
    with pytest.raises(ValueError, match="no digital source type"):
        encode_pixels(photo(), "png", digital_source_type="<evil/>")


def test_extensions_and_codes() -> None:
    assert [extension_of(name) for name in FORMATS] == ["jpg", "png", "webp", "avif"]
    assert all(code.isalpha() for code in DIGITAL_SOURCE_TYPES)
