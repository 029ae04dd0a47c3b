"""From a network's coarse opinion to a clean cut-out: a matte of the picture's own size, and edges without a halo."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from nightdesk.providers.images.models.scaling import Floats, scale_floats, scale_pixels
from nightdesk.providers.images.protocol import Pixels

#: Longest side in pixels at which edges are fitted: the network saw no more than this either.
_WORKING_SIDE: Final = 1024
#: The same for colours, which change slowly: four times the speed, and no difference that anybody sees.
_COLOUR_SIDE: Final = 512
#: Radius in working pixels in which the matte may follow the picture's edges, and how flat a patch counts as edgeless.
_GUIDE_RADIUS: Final = 4
_GUIDE_FLATNESS: Final = 1e-4
#: Radii in such pixels in which colours of subject and backdrop are gathered: first widely, then close by.
_COLOUR_RADII: Final = (24, 4)
#: Opacities outside these are taken as nothing and everything: networks leave a faint veil over all.
_VEIL: Final = 0.02
#: Full-size pixels are worked on in tiles of this side: they stay in the cache, and most have no edge in them.
_TILE: Final = 256

Tile = tuple[slice, slice]


def refine(coarse: Floats, picture: Pixels) -> Floats:
    """Bring a coarse matte (any size, 0 to 1) to the picture's size, along the picture's own edges.

    A guided filter (He et al., "Guided Image Filtering") whose coefficients are fitted at the working size and spread to
    the full one ("Fast Guided Filter"), tile by tile and only where the coarse matte has an edge.
    """
    height, width = picture.shape[:2]
    size = _working_size(width, height, _WORKING_SIDE)
    opinion = scale_floats(coarse, *size)
    slope, offset = _fit(_to_grey(np.asarray(scale_pixels(picture[..., :3], *size))), opinion)
    factor = size[1] / height, size[0] / width
    full = np.empty((height, width), np.float32)
    for tile in _list_tiles(height, width):
        near = opinion[_under(tile, factor, 2 * _GUIDE_RADIUS + 2)]
        lowest, highest = float(near.min()), float(near.max())
        if highest <= _VEIL or lowest >= 1 - _VEIL:
            full[tile] = highest > _VEIL
            continue
        fine = _enlarge(slope, tile, factor) * _to_grey(picture[tile]) + _enlarge(offset, tile, factor)
        full[tile] = np.clip((fine - _VEIL) / (1 - 2 * _VEIL), 0, 1)
    return full


def cut_out(picture: Pixels, matte: Floats) -> Pixels:
    """Join picture and matte to RGBA; where the matte is partly clear, the backdrop's colour is taken out of the pixel.

    The colours of subject and backdrop come from around the pixel ("blur-fusion": Forte, "Approximate Fast Foreground
    Colour Estimation", 2021). Fully opaque pixels stay as they are.
    """
    import cv2

    height, width = picture.shape[:2]
    result = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2RGBA), np.uint8)
    size = _working_size(width, height, _COLOUR_SIDE)
    small = np.asarray(scale_pixels(picture[..., :3], *size), np.float32)
    subject, backdrop = _estimate_colours(small, scale_floats(matte, *size))
    for tile in _list_tiles(height, width):
        seen_through = matte[tile]
        result[tile][..., 3] = np.rint(seen_through * 255)
        rows, columns = np.nonzero((seen_through > 0) & (seen_through < 1))
        if rows.size == 0:
            continue
        down_rows, down_columns = (
            (rows + tile[0].start) * size[1] // height,
            (columns + tile[1].start) * size[0] // width,
        )
        near_subject, near_backdrop = subject[down_rows, down_columns], backdrop[down_rows, down_columns]
        share = seen_through[rows, columns, None]
        seen = picture[tile][rows, columns, :3].astype(np.float32)
        clean = near_subject + share * (seen - share * near_subject - (1 - share) * near_backdrop)
        result[tile][rows, columns, :3] = np.rint(np.clip(clean, 0, 255))
    return result


def _list_tiles(height: int, width: int) -> Iterator[Tile]:
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            yield slice(top, min(height, top + _TILE)), slice(left, min(width, left + _TILE))


def _under(tile: Tile, factor: tuple[float, float], reach: int) -> Tile:
    """Return what of a smaller plane lies under a tile and `reach` pixels round it."""
    rows, columns = (
        slice(max(0, int(side.start * scale) - reach), int(side.stop * scale) + reach + 1)
        for side, scale in zip(tile, factor, strict=True)
    )
    return rows, columns


def _enlarge(plane: Floats, tile: Tile, factor: tuple[float, float]) -> Floats:
    """Return a smaller plane's part under a tile, at the tile's size."""
    import cv2

    if factor == (1.0, 1.0):
        return plane[tile]
    down, across = (
        (np.arange(side.start, side.stop, dtype=np.float32) + np.float32(0.5)) * np.float32(scale) - np.float32(0.5)
        for side, scale in zip(tile, factor, strict=True)
    )
    columns, rows = np.meshgrid(across, down)
    return np.asarray(cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _to_grey(picture: Pixels) -> Floats:
    import cv2

    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY), np.float32)
    return grey / np.float32(255)


def _working_size(width: int, height: int, longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fit(guide: Floats, matte: Floats) -> tuple[Floats, Floats]:
    mean_guide, mean_matte = _mean(guide, _GUIDE_RADIUS), _mean(matte, _GUIDE_RADIUS)
    spread = _mean(guide * guide, _GUIDE_RADIUS) - mean_guide * mean_guide
    together = _mean(guide * matte, _GUIDE_RADIUS) - mean_guide * mean_matte
    slope = np.asarray(together / (spread + _GUIDE_FLATNESS), np.float32)
    offset = mean_matte - slope * mean_guide
    return _mean(slope, _GUIDE_RADIUS), _mean(offset, _GUIDE_RADIUS)


def _estimate_colours(picture: Floats, matte: Floats) -> tuple[Floats, Floats]:
    share: Floats = matte[..., None]
    subject, backdrop = picture, picture
    for radius in _COLOUR_RADII:
        weight = _mean(matte, radius)[..., None]
        near_subject = _mean(subject * share, radius) / (weight + 1e-5)
        near_backdrop = _mean(backdrop * (1 - share), radius) / (1 - weight + 1e-5)
        subject = near_subject + share * (picture - share * near_subject - (1 - share) * near_backdrop)
        subject, backdrop = np.clip(subject, 0, 255), near_backdrop
    return subject, backdrop


def _mean(values: Floats, radius: int) -> Floats:
    import cv2

    side = 2 * radius + 1
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
