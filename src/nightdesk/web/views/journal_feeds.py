"""The journal as feeds: whole entries, absolute addresses, ids that stay when everything else moves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.utils import feedgenerator
from django.utils.html import format_html

from nightdesk.publishing.models import JournalEntry
from nightdesk.publishing.services import journal

_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_DUBLIN_CORE: Final = "http://purl.org/dc/elements/1.1/"
_EMPTY_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)


def write_rss(entries: Sequence[JournalEntry]) -> str:
    """Write RSS 2.0, with the whole text in `content:encoded`."""
    return _write(_Rss, entries, "rss.xml")


def write_atom(entries: Sequence[JournalEntry]) -> str:
    """Write Atom (RFC 4287), with the whole text as content."""
    return _write(_Atom, entries, "atom.xml")


class _Rss(feedgenerator.Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": _CONTENT, "xmlns:dc": _DUBLIN_CORE}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


class _Atom(feedgenerator.Atom1Feed):
    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})

    def latest_post_date(self) -> Any:
        """Return when the feed changed last; one without entries has stood since its epoch, not since this moment."""
        return super().latest_post_date() if self.items else _EMPTY_SINCE


def _write(kind: type[feedgenerator.SyndicationFeed], entries: Sequence[JournalEntry], name: str) -> str:
    title = journal.journal_title()
    feed = kind(
        title=title,
        link=journal.journal_url(),
        description=title,
        language="en",
        author_name=title,
        feed_url=f"{journal.journal_url()}{name}",
    )
    for entry in entries:
        feed.add_item(**_describe(entry))
    return str(feed.writeString("utf-8"))


def _describe(entry: JournalEntry) -> dict[str, Any]:
    content = journal.html_of(
        entry, picture_address=lambda asset_id: journal.picture_url(asset_id=asset_id), base_url=journal.journal_url()
    )
    return {
        "title": entry.title,
        "link": journal.entry_url(slug=entry.slug),
        "description": entry.excerpt or None,
        "content": _cover(entry) + content,
        "author_name": entry.author_name or None,
        "pubdate": entry.published_at,
        "updateddate": entry.updated_at,
        "unique_id": _id_of(entry),
        "unique_id_is_permalink": False,
        "categories": entry.tags,
    }


def _cover(entry: JournalEntry) -> str:
    if not entry.cover_asset:
        return ""
    image = format_html(
        '<p><img src="{}" alt="{}"></p>', journal.picture_url(asset_id=entry.cover_asset), entry.cover_alt
    )
    return f"{image}\n"


def _id_of(entry: JournalEntry) -> str:
    """Make an id out of what never changes of an entry: neither address nor title has a part in it."""
    return uuid5(NAMESPACE_URL, f"nightdesk:journal:{entry.pk}:{entry.published_at.isoformat()}").urn
