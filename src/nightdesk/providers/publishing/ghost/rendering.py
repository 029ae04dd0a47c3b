"""A post as Ghost wants it."""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.providers.publishing.protocol import Complaint, Content, Limit, Rendering, Unit
from nightdesk.providers.publishing.sites import complain_of_pictures, list_pictures
from nightdesk.providers.publishing.text import complain_of_counts, complain_of_emptiness, count_parts, to_html

#: Of Ghost's own schema (posts.title, posts.custom_excerpt).
LIMITS: Final = (
    Limit(part="title", unit=Unit.CHARACTERS, most=255),
    Limit(part="excerpt", unit=Unit.CHARACTERS, most=300),
)
_TAG_CHARS: Final = 191
_ALT_CHARS: Final = 191


def render(content: Content, *, name: str) -> Rendering:
    """Write the post as HTML, which Ghost takes apart into its own cards."""
    html = to_html(content.body, address=lambda asset_id: f"asset:{asset_id}")
    counts = count_parts(LIMITS, title=content.title, body=content.body, excerpt=content.excerpt, tags=content.tags)
    payload = {
        "title": content.title,
        "html": html,
        "excerpt": content.excerpt,
        "tags": list(content.tags),
        "canonical_url": content.canonical_url,
        "cover": content.cover.asset_id if content.cover is not None else "",
        "cover_alt": content.cover.alt if content.cover is not None else "",
        "pictures": list_pictures(content),
    }
    complaints = (*_complain(content), *complain_of_pictures(content), *complain_of_counts(counts, name=name))
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=html)


def write_fields(payload: Mapping[str, Any], *, html: str, cover_url: str) -> dict[str, Any]:
    """Write the fields of a post as the API takes them; null empties a field."""
    return {
        "title": payload["title"],
        "html": html,
        "custom_excerpt": payload["excerpt"] or None,
        "canonical_url": payload["canonical_url"] or None,
        "feature_image": cover_url or None,
        "feature_image_alt": payload["cover_alt"] or None,
    }


def _complain(content: Content) -> tuple[Complaint, ...]:
    found = [*complain_of_emptiness(content)]
    if not content.title.strip():
        found.append(Complaint(part="title", message="Ghost wants a title. Write one first."))
    found += [
        Complaint(part="tags", message=f"The tag {tag[:30]}… is longer than {_TAG_CHARS} characters. Shorten it.")
        for tag in content.tags
        if len(tag) > _TAG_CHARS
    ]
    found += [
        Complaint(
            part="tags", message=f"The tag {tag[:30]} is hidden on Ghost, as it begins with #.", is_blocking=False
        )
        for tag in content.tags
        if tag.startswith("#")
    ]
    if content.cover is not None and len(content.cover.alt) > _ALT_CHARS:
        message = (
            f"The cover's alt text has {len(content.cover.alt)} characters; Ghost takes {_ALT_CHARS}. "
            f"Shorten it by {len(content.cover.alt) - _ALT_CHARS}."
        )
        found.append(Complaint(part="alt", message=message))
    return tuple(found)
