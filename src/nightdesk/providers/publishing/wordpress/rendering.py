"""A post as WordPress wants it."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from nightdesk.providers.publishing.protocol import Complaint, Connection, Content, Limit, Rendering, Unit
from nightdesk.providers.publishing.sites import complain_of_pictures, list_pictures
from nightdesk.providers.publishing.text import complain_of_counts, complain_of_emptiness, count_parts, to_html

#: The columns of WordPress's own tables: `post_title text`, `terms.name varchar(200)`. Bodies may have 4 GiB.
LIMITS: Final = (Limit(part="title", unit=Unit.CHARACTERS, most=16_000, most_bytes=65_535),)
_TAG_CHARS: Final = 200
_NO_CANONICAL: Final = (
    "WordPress keeps no canonical address by itself. Set it in the site's SEO plugin, if it has one, after publishing."
)


def render(content: Content, connection: Connection, *, name: str) -> Rendering:
    """Write the post as HTML. What is frozen is without markup of WordPress: `write_fields` adds it."""
    html = to_html(content.body, address=lambda asset_id: f"asset:{asset_id}")
    category = (content.options.get("category") or connection.options.get("category") or "").strip()
    counts = count_parts(LIMITS, title=content.title, body=content.body, excerpt=content.excerpt, tags=content.tags)
    payload = {
        "title": content.title,
        "html": html,
        "excerpt": content.excerpt,
        "tags": list(content.tags),
        "category": category,
        "cover": content.cover.asset_id if content.cover is not None else "",
        "pictures": list_pictures(content),
    }
    complaints = (
        *_complain(content, category, connection.learned),
        *complain_of_pictures(content),
        *complain_of_counts(counts, name=name),
    )
    return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=html)


def write_fields(payload: Mapping[str, Any], *, html: str) -> dict[str, Any]:
    """Write title, content and excerpt as the API takes them, HTML all three.

    Without a block around it, WordPress takes every line break in the HTML for one that is meant (wpautop).
    """
    return {
        "title": escape(payload["title"], quote=False),
        "content": f"<!-- wp:html -->\n{html.strip()}\n<!-- /wp:html -->",
        "excerpt": escape(payload["excerpt"], quote=False),
    }


def _complain(content: Content, category: str, learned: Mapping[str, Any]) -> tuple[Complaint, ...]:
    found = [*complain_of_emptiness(content)]
    found += [
        Complaint(part="tags", message=f"The tag {tag[:30]}… is longer than {_TAG_CHARS} characters. Shorten it.")
        for tag in content.tags
        if len(tag) > _TAG_CHARS
    ]
    if category and not _may_use(category, learned):
        message = f"The site has no category {category!r}, and the account may not make one. Choose one of its own."
        found.append(Complaint(part="category", message=message))
    if content.canonical_url:
        found.append(Complaint(part="canonical_url", message=_NO_CANONICAL, is_blocking=False))
    return tuple(found)


def _may_use(category: str, learned: Mapping[str, Any]) -> bool:
    known = learned.get("categories")
    if not isinstance(known, list) or learned.get("may_make_categories"):
        return True
    return category.casefold() in {str(one).casefold() for one in known}
