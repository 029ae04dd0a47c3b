"""Colour profiles that say sRGB are told from those that do not, whatever their names."""

import struct

import pytest
from PIL import ImageCms

from nightdesk.providers.images.ingest.profiles import is_srgb


def srgb() -> bytes:
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def place_of(profile: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * number) for number in range(count))
    return next(int(start) for tag, start, _ in entries if tag == name)


def write(profile: bytes, place: int, values: bytes) -> bytes:
    return profile[:place] + values + profile[place + len(values) :]


def with_table(entries: int) -> bytes:
    """Write the curves as a table, as older profiles do."""
    steps = [number / (entries - 1) for number in range(entries)]
    light = [step / 12.92 if step <= 0.04045 else ((step + 0.055) / 1.055) ** 2.4 for step in steps]
    table = (
        b"curv" + bytes(4) + struct.pack(">I", entries) + b"".join(struct.pack(">H", round(x * 65535)) for x in light)
    )
    profile = srgb()
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        entry = profile.index(name)
        profile = write(profile, entry + 4, struct.pack(">II", len(srgb()), len(table)))
    return profile + table


def test_srgb_is_known_with_a_formula_and_with_a_table() -> None:
    assert is_srgb(srgb())
    assert is_srgb(with_table(1024))
    assert not is_srgb(with_table(2))  # a straight line: linear light


def test_other_primaries_and_another_curve_are_another_space() -> None:
    display_p3_red = struct.pack(">3i", 0x83DF, 0x3DBF, 0)
    assert not is_srgb(write(srgb(), place_of(srgb(), b"rXYZ") + 8, display_p3_red))
    gamma_1_8 = struct.pack(">i", round(1.8 * 65536))
    assert not is_srgb(write(srgb(), place_of(srgb(), b"gTRC") + 12, gamma_1_8))
    assert not is_srgb(write(srgb(), 16, b"CMYK"))


def test_tables_that_would_be_taken_instead_are_not_ignored() -> None:
    profile = srgb()
    assert not is_srgb(write(profile, profile.index(b"chrm"), b"A2B0"))


@pytest.mark.parametrize("kept", [0, 10, 130, 200, 300, 470, 530])
def test_what_is_cut_short_is_left_to_the_converter(kept: int) -> None:
    assert not is_srgb(srgb()[:kept])


def test_profile_that_counts_more_tags_than_it_has_is_left_to_the_converter() -> None:
    assert not is_srgb(write(srgb(), 128, struct.pack(">I", 2**32 - 1)))
