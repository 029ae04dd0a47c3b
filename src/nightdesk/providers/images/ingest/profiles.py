"""Colour profiles (ICC.1:2022) that say sRGB: most photographs carry one, and converting them would change nothing."""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: What sRGB's primaries are under the profiles' own white (IEC 61966-2-1, adapted to D50), as columns of X, Y, Z.
_PRIMARIES: Final = {
    b"rXYZ": (0.4361, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7141),
}
_CURVES: Final = (b"rTRC", b"gTRC", b"bTRC")
#: Tables that would be taken instead of primaries and curves.
_TABLES: Final = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2")
#: Profiles round differently, by a hundredth of these; the nearest other space (Display P3) is ten times as far away.
_NEAR_PRIMARY: Final = 0.003
_NEAR_CURVE: Final = 0.003
_MOST_TAGS: Final = 100


def is_srgb(profile: bytes) -> bool:
    """Whether a profile's numbers mean what sRGB's mean, by its primaries and curves; names are not believed."""
    try:
        tags = _read_tags(profile)
        return (
            profile[16:20] == b"RGB "
            and not any(name in tags for name in _TABLES)
            and all(_is_near(_read_point(tags[name]), wanted) for name, wanted in _PRIMARIES.items())
            and all(_follows_srgb(tags[name]) for name in _CURVES)
        )
    except (KeyError, ValueError, struct.error):  # it lacks something, or is broken: libvips is to judge it
        return False


def _read_tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > _MOST_TAGS:
        raise ValueError(count)
    tags = {}
    for number in range(count):
        name, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        tags[name] = profile[start : start + length]
    return tags


def _read_point(tag: bytes) -> tuple[float, ...]:
    return tuple(value / 65536 for value in struct.unpack_from(">3i", tag, 8))


def _is_near(found: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    return all(abs(one - other) < _NEAR_PRIMARY for one, other in zip(found, wanted, strict=True))


def _follows_srgb(tag: bytes) -> bool:
    steps = np.linspace(0, 1, 65)
    wanted = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    return bool(np.abs(_read_curve(tag, steps) - wanted).max() < _NEAR_CURVE)


def _read_curve(tag: bytes, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what light a curve gives for these numbers. Two ways to write it are in use for sRGB; others are refused."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count < 2:  # straight, or a single power: neither is sRGB's curve
            raise ValueError(count)
        table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / 65535
        read: NDArray[np.float64] = np.interp(steps, np.linspace(0, 1, count), table)
        return read
    if tag[:4] == b"para" and struct.unpack_from(">H", tag, 8) == (3,):
        power, scale, offset, slope, least = (value / 65536 for value in struct.unpack_from(">5i", tag, 12))
        curved: NDArray[np.float64] = np.maximum(0, scale * steps + offset) ** power
        joined: NDArray[np.float64] = np.where(steps >= least, curved, slope * steps)
        return joined
    raise ValueError(tag[:4])
