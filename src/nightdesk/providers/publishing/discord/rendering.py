"""A post as Discord wants it: its own Markdown, calling nobody, with up to ten pictures as attachments."""

from typing import Any, Final

from nightdesk.providers.publishing.attached import Room, choose_pictures, complain_of_attached, list_attached
from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Rendering, Unit
from nightdesk.providers.publishing.showing import show_pictures
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    compose_short_markdown,
    count_parts,
    to_discord,
    to_html,
)

NAME: Final = "Discord"
#: What a webhook takes (discord.com/developers, "Execute Webhook"); a server with boosts takes larger files.
LIMITS: Final = (
    Limit(part="body", unit=Unit.CHARACTERS, most=2_000),
    Limit(part="images", unit=Unit.ITEMS, most=10),
    Limit(part="alt", unit=Unit.CHARACTERS, most=1_024),
    Limit(part="image_bytes", unit=Unit.BYTES, most=10 * 1024 * 1024),
)
#: A request may have 25 MiB in all, so ten pictures of the largest size do not fit it: each gets its share.
_MOST_REQUEST_BYTES: Final = 24 * 1024 * 1024
_TYPES: Final = frozenset(("image/jpeg", "image/png", "image/gif", "image/webp"))
#: SUPPRESS_EMBEDS: the addresses in a message are not unfolded into previews.
_WITHOUT_PREVIEWS: Final = 1 << 2


def find_room(pictures: int) -> Room:
    """Return how large each of so many pictures may be."""
    most_bytes = min(LIMITS[3].most, _MOST_REQUEST_BYTES // max(1, pictures))
    return Room(most=LIMITS[1].most, types=_TYPES, most_bytes=most_bytes, most_alt_chars=LIMITS[2].most)


def render(content: Content) -> Rendering:
    """Write the message: the post where it fits, else title, excerpt and link."""
    short = compose_short_markdown(content, limits=LIMITS, hashtags=False, written=to_discord)
    chosen = choose_pictures(content)
    pictures = chosen[: LIMITS[1].most] if short.is_shortened else chosen
    written = to_discord(short.text)
    counts = count_parts(LIMITS, body=written, images=len(pictures))
    thread_id = content.options.get("thread_id", "").strip()
    message: dict[str, Any] = {"content": written, "allowed_mentions": {"parse": []}}
    if content.options.get("hide_previews") == "true":
        message["flags"] = _WITHOUT_PREVIEWS
    complaints = [
        *complain_of_emptiness(content),
        *complain_of_counts(counts, name=NAME),
        *complain_of_attached(content, pictures, find_room(len(pictures)), name=NAME),
    ]
    if thread_id and not thread_id.isdecimal():
        complaints.append(
            Complaint(part="thread_id", message="Write the thread's id as Discord copies it: only digits.")
        )
    return Rendering(
        payload={"message": message, "thread_id": thread_id, "pictures": list_attached(pictures)},
        counts=counts,
        complaints=tuple(complaints),
        preview_html=to_html(short.text, address=_drop) + show_pictures(pictures),
    )


def _drop(_asset_id: str) -> str:
    return ""
