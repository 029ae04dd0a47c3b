"""The preview of a short post: its text with links that work, and its pictures."""

from collections.abc import Sequence
from html import escape

from nightdesk.providers.publishing.protocol import Picture
from nightdesk.providers.publishing.text.source import ASSET_PREFIX, link_finder


def show_text(text: str) -> str:
    """Return a plain text as HTML: paragraphs, lines, links."""
    paragraphs = (part for part in text.split("\n\n") if part.strip())
    return "".join(f"<p>{_link(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def show_pictures(pictures: Sequence[Picture]) -> str:
    """Return pictures as HTML; their addresses are `asset:<id>`."""
    return "".join(
        f'<p><img src="{ASSET_PREFIX}{escape(one.asset_id)}" alt="{escape(one.alt)}"></p>' for one in pictures
    )


def show_card(url: str, title: str, description: str) -> str:
    """Return the card of a link as HTML."""
    words = "".join(f"<br>{escape(part)}" for part in (description,) if part)
    return f'<blockquote><p><a href="{escape(url)}">{escape(title or url)}</a>{words}</p></blockquote>'


def _link(text: str) -> str:
    written, at = "", 0
    for match in link_finder().match(text) or []:
        if match.schema in ("http:", "https:"):
            written += escape(text[at : match.index]) + f'<a href="{escape(match.url)}">{escape(match.text)}</a>'
            at = match.last_index
    return written + escape(text[at:])
