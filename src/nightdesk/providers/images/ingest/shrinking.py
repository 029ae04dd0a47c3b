"""An uploaded picture, made into the files that are kept: as large as asked for, and small copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.providers.images.encoding import MAX_WEBP_SIDE, Encoded, encode_image, encode_thumb
from nightdesk.providers.images.ingest.decoding import (
    CUT_SHORT,
    FIRST_FRAME,
    Undecodable,
    colour_warnings,
    is_cut_short,
    load_vips,
    needs_profile,
    open_image,
    partial_warnings,
    refuse_empty_remains,
    to_eight_bit,
    to_pixels,
    undecodable,
)
from nightdesk.providers.images.ingest.headers import Header, read_header
from nightdesk.providers.images.ingest.limits import MAX_FRAME_PIXELS, MAX_SIDE

#: What a picture is kept as when nobody asks for a format: what was lossless stays so.
_KEPT_AS: Final = {
    "jpeg": "jpeg",
    "heic": "jpeg",
    "avif": "jpeg",
    "webp": "webp",
    "gif": "png",
    "png": "png",
    "bmp": "png",
    "tiff": "png",
}
#: Below this the shrunk picture is held in memory (12 MB) and the small copies are made from it; above, each is decoded
#: again at a fraction of the size, which costs less than keeping it.
_MOST_HELD_PIXELS: Final = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """The files of a picture, ready to be stored. `frames` is above 1 where it is still an animation."""

    picture: Encoded
    thumbs: tuple[Encoded, ...]
    frames: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    max_width: int
    max_height: int
    quality: int
    format: str
    thumb_sides: Sequence[int]
    frames: int
    keeps_alpha: bool  # nobody asked for the format, so it gives way to transparency


def process_picture(
    data: bytes,
    *,
    field: str,
    thumb_sides: Sequence[int],
    max_width: int = MAX_SIDE,
    max_height: int = MAX_SIDE,
    quality: int = 80,
    format: str | None = None,  # noqa: A002 (the word of the API)
) -> Processed:
    """Make an untrusted picture fit the size, upright, in sRGB and without metadata, and its small copies as WebP.

    Never enlarged. `format` jpeg, png, webp or avif; None keeps what was lossless lossless. An animated GIF or WebP stays
    one only as WebP, up to 150 megapixels over all frames.

    Raises:
        Rejected: it is none that we take, or too large, or broken; on `field`.
    """
    header = read_header(data, field=field)
    order, warnings = _plan(header, max_width, max_height, quality, format, thumb_sides)
    for is_strict in (True, False):
        try:
            return _process(data, header, order, warnings, is_strict=is_strict, field=field)
        except Undecodable as error:
            if not (is_strict and is_cut_short(data, header, error)):
                raise undecodable(header, field) from error
    raise undecodable(header, field)


def _plan(
    header: Header, max_width: int, max_height: int, quality: int, wanted: str | None, thumb_sides: Sequence[int]
) -> tuple[_Order, tuple[str, ...]]:
    is_animated = header.frames > 1 and header.kind in {"gif", "webp"}
    chosen = wanted or ("webp" if is_animated else _KEPT_AS[header.kind])
    fits = header.frames * header.width * header.height <= MAX_FRAME_PIXELS
    keeps_moving = is_animated and chosen == "webp" and fits
    warnings = () if keeps_moving else partial_warnings(header)
    if is_animated and chosen == "webp" and not fits:
        warnings = (f"{FIRST_FRAME} All of them have more pixels than are read at once.",)
    if chosen == "webp":
        max_width, max_height = min(max_width, MAX_WEBP_SIDE), min(max_height, MAX_WEBP_SIDE)
    order = _Order(
        max_width=max_width,
        max_height=max_height,
        quality=quality,
        format=chosen,
        thumb_sides=thumb_sides,
        frames=header.frames if keeps_moving else 1,
        keeps_alpha=wanted is None,
    )
    return order, warnings


def _process(
    data: bytes, header: Header, order: _Order, warnings: tuple[str, ...], *, is_strict: bool, field: str
) -> Processed:
    vips = load_vips()
    try:
        main, said = _shrink(data, header, order.max_width, order.max_height, order.frames, is_strict=is_strict)
        page_height = main.get("page-height") if order.frames > 1 else main.height
        is_held = order.frames > 1 or main.width * main.height <= _MOST_HELD_PIXELS
        if is_held:
            main = main.copy_memory()
        frames = main.height // page_height
        largest, *_ = order.thumb_sides
        if is_held:
            first = main.crop(0, 0, main.width, page_height) if frames > 1 else main
        else:
            first, _ = _shrink(data, header, largest, largest, 1, is_strict=is_strict)
        first = first.thumbnail_image(largest, height=largest, size="down").copy_memory()
        if not is_strict:
            refuse_empty_remains(to_pixels(first), field=field)
            said += (CUT_SHORT,)
        chosen = "png" if order.format == "jpeg" and order.keeps_alpha and main.hasalpha() else order.format
        picture = encode_image(main, chosen, quality=order.quality)
        thumbs = tuple(encode_thumb(first, side) for side in order.thumb_sides)
    except vips.Error as error:
        raise Undecodable(str(error)) from error
    return Processed(picture=picture, thumbs=thumbs, frames=frames, warnings=(*warnings, *said))


def _shrink(
    data: bytes, header: Header, max_width: int, max_height: int, frames: int, *, is_strict: bool
) -> tuple[Any, tuple[str, ...]]:
    """Open a picture that fits the size, upright and in sRGB; nothing is decoded yet."""
    factor = _decoder_shrink(header, max_width, max_height)
    opened = open_image(data, header, is_strict=is_strict, shrink=factor, frames=-1 if frames > 1 else 1)
    # Where there is nothing to convert from, the conversion would cost three quarters of the time.
    options = {"export_profile": "srgb"} if needs_profile(opened) else {}
    fitted = opened.thumbnail_image(max_width, height=max_height, size="down", **options)
    return to_eight_bit(fitted), colour_warnings(opened)


def _decoder_shrink(header: Header, max_width: int, max_height: int) -> int:
    """Choose what the decoder may shrink by itself: it averages blocks, so at least half the work is left to resampling."""
    # The longer side into the longer bound: the picture may still have to be turned.
    longer, shorter = max(header.width, header.height), min(header.width, header.height)
    wanted = max(longer / max(max_width, max_height), shorter / min(max_width, max_height))
    if header.width < header.height or header.kind == "jpeg":
        wanted = min(longer / max(max_width, max_height), wanted)
    return next((factor for factor in (8, 4, 2) if wanted >= 2 * factor), 1)
