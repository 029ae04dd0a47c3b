"""Posts as formatted text to paste, for platforms that let no program publish (any more)."""

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from nightdesk.core.errors import InvalidInput
from nightdesk.providers.publishing.protocol import Content, Limit, Unit
from nightdesk.providers.publishing.text import compose_short, pictures_in, to_html, to_plain
from nightdesk.publishing.models import Post
from nightdesk.publishing.services.content import content_of
from nightdesk.publishing.services.journal import public_url

TARGETS: Final = {"medium": "Medium", "hashnode": "Hashnode", "x": "X"}
#: X counts every address as 23 characters, and letters of most scripts outside Latin double (its text library, v3).
_X: Final = Limit(part="body", unit=Unit.CHARACTERS, most=280)
_LINK_CHARS: Final = 23
_LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class CopyText:
    """What is put on the clipboard: `html` for editors that take formatting, `text` for all others. `hint` for people."""

    html: str
    text: str
    hint: str


def copy_text(*, post: Post, target: str) -> CopyText:
    """Write a post to be pasted elsewhere, with its canonical link.

    Raises:
        InvalidInput: there is no such target.
    """
    if target not in TARGETS:
        raise InvalidInput(details={"target": [f"Choose one of: {', '.join(TARGETS)}."]})
    return _for_x(post) if target == "x" else _as_article(post, TARGETS[target])


def _as_article(post: Post, title: str) -> CopyText:
    fields = content_of(post)
    link = fields["canonical_url"]
    origin = f'<p><em>Originally published at <a href="{escape(link)}">{escape(link)}</a>.</em></p>' if link else ""
    body = to_html(fields["body"], address=lambda asset_id: public_url(asset_id=asset_id))
    html = f"<h1>{escape(fields['title'])}</h1>\n{body}\n{origin}".strip()
    text = "\n\n".join(part for part in (fields["title"], to_plain(fields["body"])) if part)
    text += f"\n\nOriginally published at {link}." if link else ""
    hint = f"Paste it into a new story on {title}."
    hint += f" Then set {link} as its canonical link." if link else " It has no canonical link yet: set one here first."
    if pictures_in(fields["body"]):
        hint += " Look at the pictures afterwards: an editor may not take them over."
    return CopyText(html=html, text=text, hint=hint)


def _for_x(post: Post) -> CopyText:
    fields = content_of(post)
    content = Content(
        title=fields["title"],
        body=fields["body"],
        excerpt=fields["excerpt"],
        tags=tuple(fields["tags"]),
        canonical_url=fields["canonical_url"],
    )
    text = compose_short(content, limits=[_X]).text
    used = len(_LINK.sub("x" * _LINK_CHARS, text))
    return CopyText(
        html=f"<p>{escape(text)}</p>",
        text=text,
        hint=f"{used} of 280 characters as X counts them (an address is {_LINK_CHARS}). Paste it into a new post on X.",
    )
