"""A post as Slack wants it: mrkdwn, with pictures that Slack fetches by their address."""

from collections.abc import Sequence
from typing import Any, Final

from nightdesk.providers.publishing.attached import Room, choose_pictures, complain_of_attached
from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Picture, Rendering, Unit
from nightdesk.providers.publishing.showing import show_pictures
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    compose_short_markdown,
    count_parts,
    to_html,
    to_slack,
)

NAME: Final = "Slack"
#: Slack cuts at 40,000 characters and asks for 4,000 at most (docs.slack.dev, "Truncating really long messages").
LIMITS: Final = (
    Limit(part="body", unit=Unit.CHARACTERS, most=4_000),
    Limit(part="images", unit=Unit.ITEMS, most=10),
    Limit(part="alt", unit=Unit.CHARACTERS, most=2_000),
)
_ROOM: Final = Room(most=10, types=frozenset(), most_bytes=0, most_alt_chars=LIMITS[2].most)


def render(content: Content) -> Rendering:
    """Write the message: the post where it fits, else title, excerpt and link."""
    short = compose_short_markdown(content, limits=LIMITS, hashtags=False, written=to_slack)
    chosen = choose_pictures(content)
    pictures = chosen[: LIMITS[1].most] if short.is_shortened else chosen
    reachable = [one for one in pictures if one.public_url]
    written = to_slack(short.text)
    counts = count_parts(LIMITS, body=written, images=len(pictures))
    has_previews = content.options.get("hide_previews") != "true"
    payload: dict[str, Any] = {"text": written, "unfurl_links": has_previews, "unfurl_media": has_previews}
    if reachable:
        payload["attachments"] = [
            {"fallback": one.alt or "A picture", "image_url": one.public_url} for one in reachable
        ]
    complaints = (
        *complain_of_emptiness(content),
        *complain_of_counts(counts, name=NAME),
        *complain_of_attached(content, pictures, _ROOM, name=NAME),
        *_complain_of_unreachable(pictures),
    )
    preview = to_html(short.text, address=_drop) + show_pictures(reachable)
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=preview)


def _complain_of_unreachable(pictures: Sequence[Picture]) -> list[Complaint]:
    if all(one.public_url for one in pictures):
        return []
    message = (
        "Slack fetches pictures from this installation, which only this machine can reach, so the message goes without "
        "them. Set NIGHTDESK_BASE_URL to a public address to send them along."
    )
    return [Complaint(part="images", message=message, is_blocking=False)]


def _drop(_asset_id: str) -> str:
    return ""
