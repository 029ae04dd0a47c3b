"""A post as a server of one's own gets it: everything that there is, as Markdown and as HTML."""

from typing import Any, Final

from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Picture, Rendering, Unit
from nightdesk.providers.publishing.sites import complain_of_pictures, list_pictures
from nightdesk.providers.publishing.text import (
    complain_of_counts,
    complain_of_emptiness,
    count_parts,
    to_html,
    to_markdown,
    to_plain,
)

NAME: Final = "The webhook"
#: Receivers read at most some hundred kilobytes; a body beyond this is no post.
LIMITS: Final = (
    Limit(part="title", unit=Unit.CHARACTERS, most=500),
    Limit(part="body", unit=Unit.BYTES, most=256 * 1024),
    Limit(part="images", unit=Unit.ITEMS, most=50),
)


def render(content: Content) -> Rendering:
    """Write the post. Pictures are named by their public addresses; one that nobody outside can reach is "" there."""
    known = {**content.pictures, **({content.cover.asset_id: content.cover} if content.cover else {})}

    def place(asset_id: str) -> str:
        picture = known.get(asset_id)
        return picture.public_url if picture else ""

    listed = list_pictures(content)
    post: dict[str, Any] = {
        "title": content.title,
        "markdown": to_markdown(content.body, address=place),
        "html": to_html(content.body, address=place),
        "text": to_plain(content.body),
        "excerpt": content.excerpt,
        "tags": list(content.tags),
        "canonical_url": content.canonical_url or None,
        "cover": _describe(content.cover, content.cover.alt) if content.cover else None,
        "pictures": [_describe(known[one["asset_id"]], one["alt"]) for one in listed if one["asset_id"] in known],
    }
    counts = count_parts(LIMITS, title=content.title, body=content.body, images=len(listed))
    complaints = (
        *complain_of_emptiness(content),
        *complain_of_counts(counts, name=NAME),
        *complain_of_pictures(content),
        *_complain_of_unreachable(known.values()),
    )
    preview = to_html(content.body, address=lambda asset_id: f"asset:{asset_id}")
    return Rendering(payload={"post": post}, counts=counts, complaints=complaints, preview_html=preview)


def _describe(picture: Picture, alt: str) -> dict[str, Any]:
    return {
        "url": picture.public_url or None,
        "alt": alt or picture.alt,
        "content_type": picture.content_type,
        "width": picture.width,
        "height": picture.height,
        "size_bytes": picture.size_bytes,
        "sha256": picture.sha256,
    }


def _complain_of_unreachable(pictures: Any) -> list[Complaint]:
    if all(one.public_url for one in pictures):
        return []
    message = (
        "Receivers fetch pictures from this installation, which only this machine can reach, so they get none. Set "
        "NIGHTDESK_BASE_URL to a public address to hand them out."
    )
    return [Complaint(part="images", message=message, is_blocking=False)]
