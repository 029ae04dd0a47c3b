"""A post as Mastodon wants it, within what its server said that it takes."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from nightdesk.providers.publishing.attached import Room, choose_pictures, complain_of_attached, list_attached
from nightdesk.providers.publishing.mastodon.weighing import ADDRESS_CHARS, weigh
from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Rendering, Unit
from nightdesk.providers.publishing.showing import show_pictures, show_text
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    compose_short,
    count_parts,
)

NAME: Final = "Mastodon"
VISIBILITIES: Final = (
    ("public", "Everybody"),
    ("unlisted", "Everybody, but not in public timelines"),
    ("private", "Followers only"),
)
#: ISO 639: two or three letters, with a region where it matters (zh-CN).
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
#: What an unchanged Mastodon takes; most servers say so themselves (`GET /api/v2/instance`).
_DEFAULTS: Final = {
    "most_chars": 500,
    "address_chars": ADDRESS_CHARS,
    "most_pictures": 4,
    "most_picture_bytes": 16 * 1024 * 1024,
    "most_picture_pixels": 33_177_600,
    "most_alt_chars": 1_500,
}
_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")


def learn_limits(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a server says that it takes, under names of ours."""
    configuration = _object(instance, "configuration")
    statuses, media = _object(configuration, "statuses"), _object(configuration, "media_attachments")
    said = {
        "most_chars": statuses.get("max_characters"),
        "address_chars": statuses.get("characters_reserved_per_url"),
        "most_pictures": statuses.get("max_media_attachments"),
        "most_picture_bytes": media.get("image_size_limit"),
        "most_picture_pixels": media.get("image_matrix_limit"),
        "most_alt_chars": media.get("description_limit"),
    }
    learned: dict[str, Any] = {name: number for name, number in said.items() if _is_number(number)}
    types = media.get("supported_mime_types")
    if isinstance(types, list):
        learned["types"] = [one for one in types if isinstance(one, str) and one.startswith("image/")]
    return learned


def read_number(learned: Mapping[str, Any], name: str) -> int:
    """Return one of the server's numbers, or what an unchanged Mastodon has."""
    found: Any = learned.get(name)
    return int(found) if _is_number(found) else _DEFAULTS[name]


def find_room(learned: Mapping[str, Any]) -> Room:
    """Return what the server takes of pictures."""
    return Room(
        most=read_number(learned, "most_pictures"),
        types=frozenset(learned.get("types") or _TYPES),
        most_bytes=read_number(learned, "most_picture_bytes"),
        most_alt_chars=read_number(learned, "most_alt_chars"),
        most_pixels=read_number(learned, "most_picture_pixels"),
    )


def find_limits(learned: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Return the server's limits. The body's is counted as `weighing` says, with the content warning."""
    room = find_room(learned)
    return (
        Limit(part="body", unit=Unit.GRAPHEMES, most=read_number(learned, "most_chars")),
        Limit(part="images", unit=Unit.ITEMS, most=room.most),
        Limit(part="alt", unit=Unit.CHARACTERS, most=room.most_alt_chars),
        Limit(part="image_bytes", unit=Unit.BYTES, most=room.most_bytes),
    )


def render(content: Content, learned: Mapping[str, Any]) -> Rendering:
    """Write the post: its text where that fits, else title, excerpt and link; with as many pictures as are taken."""
    limits, room = find_limits(learned), find_room(learned)
    warning = content.options.get("spoiler_text", "").strip()
    count_as = partial(_count_as, warning=warning, address_chars=read_number(learned, "address_chars"))
    short = compose_short(content, limits=limits, hashtags=True, written=count_as)
    chosen = choose_pictures(content)
    # Of an article that is only announced, some pictures are enough.
    pictures = chosen[: room.most] if short.is_shortened else chosen
    counts = count_parts(limits, body=count_as(short.text), images=len(pictures))
    payload = {
        "status": short.text,
        "spoiler_text": warning,
        "visibility": content.options.get("visibility", "").strip() or "public",
        "language": content.options.get("language", "").strip(),
        "pictures": list_attached(pictures),
    }
    complaints = (
        *complain_of_emptiness(content),
        *complain_of_counts(counts, name=NAME),
        *complain_of_attached(content, pictures, room, name=NAME),
        *_complain_of_options(payload),
    )
    preview = (show_text(f"{warning} ▾") if warning else "") + show_text(short.text) + show_pictures(pictures)
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=preview)


def _count_as(text: str, *, warning: str, address_chars: int) -> str:
    return warning + weigh(text, address_chars=address_chars)


def _complain_of_options(payload: Mapping[str, Any]) -> list[Complaint]:
    found = []
    if payload["visibility"] not in dict(VISIBILITIES):
        message = f"Choose who sees the post on Mastodon: {', '.join(value for value, _ in VISIBILITIES)}."
        found.append(Complaint(part="visibility", message=message))
    if payload["language"] and not _LANGUAGE.fullmatch(payload["language"]):
        message = "Write the language as two or three letters, as en or de."
        found.append(Complaint(part="language", message=message))
    return found


def _object(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = source.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
