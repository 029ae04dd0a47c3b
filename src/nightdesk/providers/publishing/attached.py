"""Pictures that a short post carries: which of a post's, what to say of them, and files that the platform takes.

Pillow is used here and not libvips, as a post may be published in a process that forks.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.protocol import Complaint, Content, Picture
from nightdesk.providers.publishing.text import pictures_in

#: Longer sides are not shown anywhere on these platforms: Mastodon keeps 8.3 megapixels, Bluesky shows 2,000 a side.
_LONGEST_SIDE: Final = 2_560
#: What is smaller is not made smaller still.
_SMALLEST_SIDE: Final = 64
#: JPEG qualities that are tried in turn, before the picture is made smaller.
_QUALITIES: Final = (88, 80, 70)
_SHRINK: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a platform takes of pictures: how many, of which media types, and how large."""

    most: int
    types: frozenset[str]
    most_bytes: int
    most_alt_chars: int
    most_pixels: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A picture as it is sent. Sizes in pixels."""

    data: bytes = field(repr=False)
    content_type: str
    width: int
    height: int


def choose_pictures(content: Content) -> list[Picture]:
    """Return the pictures of a post in the order in which a short post shows them: the cover, then those of its body."""
    chosen = {content.cover.asset_id: content.cover} if content.cover is not None else {}
    for ref in pictures_in(content.body):
        picture = content.pictures.get(ref.asset_id)
        if picture is None:
            continue
        known = chosen.setdefault(picture.asset_id, replace(picture, alt=ref.alt or picture.alt))
        if not known.alt and ref.alt:
            chosen[picture.asset_id] = replace(known, alt=ref.alt)
    return list(chosen.values())


def list_attached(pictures: Sequence[Picture]) -> list[dict[str, str]]:
    """List pictures for a payload."""
    return [{"asset_id": one.asset_id, "alt": one.alt} for one in pictures]


def complain_of_attached(content: Content, pictures: Sequence[Picture], room: Room, *, name: str) -> list[Complaint]:
    """Complain of pictures that are gone, and of alt texts that are missing or too long."""
    found = []
    if any(ref.asset_id not in content.pictures for ref in pictures_in(content.body)):
        message = "A picture in the body is gone. Choose another one, or take it out."
        found.append(Complaint(part="images", message=message))
    for one in pictures:
        over = len(one.alt) - room.most_alt_chars
        if over > 0:
            message = (
                f"The alt text of a picture has {len(one.alt)} characters; {name} takes {room.most_alt_chars}. "
                f"Shorten it by {over}."
            )
            found.append(Complaint(part="alt", message=message))
    silent = sum(1 for one in pictures if not one.alt.strip())
    if silent:
        what = "A picture has" if silent == 1 else f"{silent} pictures have"
        message = f"{what} no alt text. Describe what they show for those who do not see it."
        found.append(Complaint(part="alt", message=message, is_blocking=False))
    return found


def fit_picture(data: bytes, picture: Picture, room: Room) -> File:
    """Return a picture as the platform takes it: the file itself where it may stay, else a JPEG that is small enough.

    The same file and room always give the same bytes.

    Raises:
        Permanent: it cannot be read, or not be made small enough.
    """
    is_small = len(data) <= room.most_bytes
    fits_pixels = room.most_pixels is None or picture.width * picture.height <= room.most_pixels
    if is_small and fits_pixels and picture.content_type in room.types:
        return File(data=data, content_type=picture.content_type, width=picture.width, height=picture.height)
    return _write_smaller(_read(data), room)


def _read(data: bytes) -> Any:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG is decoded at the size that is needed
            image = _flatten(opened)
            image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
            return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        failure = "A picture of this post cannot be read. Choose another one, then publish it again."
    raise Permanent(failure)


def _flatten(image: Any) -> Any:
    from PIL import Image

    if "transparency" not in image.info and image.mode not in ("RGBA", "LA", "PA"):
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _write_smaller(image: Any, room: Room) -> File:
    while True:
        if room.most_pixels is None or image.width * image.height <= room.most_pixels:
            for quality in _QUALITIES:
                written = io.BytesIO()
                image.save(written, "JPEG", quality=quality, optimize=True)
                if written.tell() <= room.most_bytes:
                    data = written.getvalue()
                    return File(data=data, content_type="image/jpeg", width=image.width, height=image.height)
        if max(image.size) < _SMALLEST_SIDE:
            raise Permanent("A picture of this post cannot be made small enough for the platform. Choose another one.")
        image = image.resize([max(1, int(side * _SHRINK)) for side in image.size])
