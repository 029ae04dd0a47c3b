"""Posts as formatted text to paste, for platforms that let no program publish, or none for free."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from nightdesk.core.errors import InvalidInput, NightdeskError
from nightdesk.core.redaction import clean_text
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.providers.publishing.text import escape as escape_markdown
from nightdesk.providers.publishing.text import hashtag, pictures_in, to_html, to_markdown, to_plain
from nightdesk.providers.text.channels import Unit
from nightdesk.providers.text.counting import count_text
from nightdesk.publishing.models import Post, PublishedPost, Status
from nightdesk.publishing.services.journal import find_public_picture, public_url
from nightdesk.publishing.services.pictures import leave_words

TARGETS: Final = {"medium": "Medium", "hashnode": "Hashnode", "x": "X"}
X_LIMIT: Final = 280  # weighted characters: a link of any length counts as 23, an emoji or a wide character as two

#: Where a post can be said to have been published originally: they hold the whole of it.
_ARTICLES: Final = (Platform.JOURNAL, Platform.WORDPRESS, Platform.GHOST, Platform.DEV_TO)
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyText:
    """What is put on the clipboard: `html` for editors that take formatting, `text` for all others. `hint` for people."""

    html: str
    text: str
    hint: str


def copy_text(*, post: Post, target: str) -> CopyText:
    """Write a post to be pasted elsewhere, with the link to where it was published first.

    Raises:
        InvalidInput: there is no such target.
    """
    if target not in TARGETS:
        raise InvalidInput(
            details={"target": [f"{clean_text(target)[:40]!r} is none of {', '.join(TARGETS)}. Choose one of them."]}
        )
    link = find_origin(post)
    return _for_x(post, link) if target == "x" else _as_article(post, target, link)


def find_origin(post: Post) -> str:
    """Return the address under which a post counts as published: its canonical one, else where it came out first."""
    out = PublishedPost.objects.filter(post=post, status=Status.SUCCESS, removed_at=None, platform__in=_ARTICLES)
    first = out.exclude(remote_url="").order_by("pk").values_list("remote_url", flat=True).first()
    return post.canonical_url or first or ""


def _as_article(post: Post, target: str, link: str) -> CopyText:
    addresses = {ref.asset_id: _find_address(ref.asset_id) for ref in pictures_in(post.body)}
    body = leave_words(post.body, [asset_id for asset_id, address in addresses.items() if not address])
    title = f"<h1>{escape(post.title)}</h1>" if post.title else ""
    origin = f'<p><em>Originally published at <a href="{escape(link)}">{escape(link)}</a>.</em></p>' if link else ""
    html = "\n".join(part for part in (title, to_html(body, address=addresses.__getitem__).strip(), origin) if part)
    if target == "hashnode":  # its editor takes Markdown
        words, heading = to_markdown(body, address=addresses.__getitem__), f"# {escape_markdown(post.title)}"
    else:
        words, heading = to_plain(body), post.title
    end = f"Originally published at {link}" if link else ""
    text = "\n\n".join(part for part in (heading if post.title else "", words.strip(), end) if part)
    return CopyText(html=html, text=text, hint=_hint(TARGETS[target], link, addresses))


def _find_address(asset_id: str) -> str:
    """Return where everybody can fetch a picture; "" where nobody may, because nothing that is out shows it."""
    try:
        find_public_picture(asset_id=asset_id)
    except NightdeskError:
        return ""
    return public_url(asset_id=asset_id)


def _hint(title: str, link: str, addresses: Mapping[str, str]) -> str:
    said = [f"Paste it into a new story on {title}."]
    if link:
        said.append(f"Then set {link} as its canonical link, so that search engines know which one came first.")
    else:
        said.append("It has no canonical link yet: publish it here first, or set one in the post.")
    if hidden := sum(not address for address in addresses.values()):
        said.append(f"Upload its pictures ({hidden}) there by hand.")
    elif addresses:
        said.append("Look whether its pictures came along.")
    return " ".join(said)


def _for_x(post: Post, link: str) -> CopyText:
    text, is_whole = _compose_for_x(post, link)
    used = count_text(text, Unit.WEIGHTED)
    said = [f"{used} of {X_LIMIT} characters, as X counts them (a link is 23, an emoji two)."]
    if used > X_LIMIT:
        said.append(f"Shorten it by {used - X_LIMIT}.")
    elif not is_whole:
        said.append(
            "It is the beginning of the post." if not link else "It is the beginning of the post, with its link."
        )
    return CopyText(html=f"<p>{escape(text).replace(chr(10), '<br>')}</p>", text=text, hint=" ".join(said))


def _compose_for_x(post: Post, link: str) -> tuple[str, bool]:
    """Return what fits into one post, and whether it is the whole body: else title or excerpt, cut at a word, and link."""
    body = to_plain(post.body).strip()
    tags = [tag for tag in map(hashtag, post.tags) if tag]
    if not body or _weigh(body) <= X_LIMIT:
        whole = _fill("\n\n".join(part for part in (body, link if link not in body else "") if part), tags)
        return (whole, True) if _weigh(whole) <= X_LIMIT else (_fill(body, tags), True)
    words = " ".join((post.excerpt or post.title or body).split())
    room = X_LIMIT - (_weigh("\n\n" + link) if link else 0)
    return _fill("\n\n".join(part for part in (_cut(words, room), link) if part), tags), False


def _weigh(text: str) -> int:
    return count_text(text, Unit.WEIGHTED)


def _cut(words: str, room: int) -> str:
    """Cut at a word where there is one; of a writing without blanks, at a character."""
    if _weigh(words) <= room:
        return words
    kept = words[:room]  # no character weighs less than one
    at_word = kept.rpartition(" ")[0]
    while kept and _weigh((at_word or kept) + _ELLIPSIS) > room:
        kept = at_word or kept[:-1]
        at_word = kept.rpartition(" ")[0]
    return (at_word or kept).rstrip(",;:- ") + _ELLIPSIS


def _fill(text: str, tags: list[str]) -> str:
    """Add hashtags as long as there is room."""
    separator = "\n\n"
    for tag in tags:
        if _weigh(text + separator + tag) > X_LIMIT:
            break
        text, separator = text + separator + tag, " "
    return text
