"""The journal as a platform: what others do over HTTP, it does in our own database."""

import html
import re
from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import Permanent
from nightdesk.providers.publishing.protocol import (
    Certainty,
    Complaint,
    Connection,
    Content,
    Desk,
    Limit,
    NotThere,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
    Unit,
)
from nightdesk.providers.publishing.text import (
    clean_html,
    complain_of_counts,
    complain_of_emptiness,
    count_parts,
    has_foreign_pictures,
    pictures_in,
    shorten,
    to_html,
    to_plain,
)
from nightdesk.publishing.errors import EntryRemoved
from nightdesk.publishing.models import JournalEntry
from nightdesk.publishing.models.posts import MAX_BODY_CHARS, MAX_EXCERPT_CHARS, MAX_TAGS, MAX_TITLE_CHARS
from nightdesk.publishing.services.journal.addresses import entry_url, journal_title, journal_url
from nightdesk.publishing.services.journal.writing import find_written, remove_entry, rewrite_entry, write_entry

_NAME: Final = "the journal"
_LIMITS: Final = (
    Limit(part="title", unit=Unit.CHARACTERS, most=MAX_TITLE_CHARS),
    Limit(part="body", unit=Unit.CHARACTERS, most=MAX_BODY_CHARS),
    Limit(part="excerpt", unit=Unit.CHARACTERS, most=MAX_EXCERPT_CHARS),
    Limit(part="tags", unit=Unit.ITEMS, most=MAX_TAGS),
)
_UNTITLED: Final = Limit(part="title", unit=Unit.GRAPHEMES, most=60)
_FOREIGN: Final = Complaint(
    part="body",
    message="The journal shows no pictures of other servers, only the words for them. Upload the picture, then use that.",
    is_blocking=False,
)
#: What XML, and so a feed, cannot hold in any form.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Journal:
    """This installation's own public blog: it needs no account, and is always there."""

    info: Final = PlatformInfo(
        platform=Platform.JOURNAL,
        title="Journal",
        credentials=(),
        parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
        certainty=Certainty.OURS,
        can_update=True,
        can_delete=True,
        is_long=True,
        how_to_connect="It is a part of this installation: there is nothing to connect.",
        weak_points=("It is read at the address of this installation: those who cannot reach that cannot read it.",),
    )

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Say where it is; it is always ready."""
        del connection, desk
        return Standing(handle=journal_title(), url=journal_url())

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what a post may hold anyway."""
        del connection
        return _LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the entry. Its pictures stand in it as `asset:<id>`: the page that shows it knows their addresses."""
        del connection
        title = _writable(content.title.strip()) or _title_of(_writable(content.body))
        body = to_html(
            _writable(content.body),
            address=lambda asset_id: f"asset:{asset_id}",
            top_heading=2,
            foreign_pictures=False,
        )
        cover = {"asset_id": content.cover.asset_id, "alt": _writable(content.cover.alt)} if content.cover else None
        named = [picture.asset_id for picture in pictures_in(content.body)]
        payload = {
            "title": title,
            "html": body,
            "excerpt": _writable(content.excerpt.strip()),
            "tags": [_writable(tag) for tag in content.tags],
            "canonical_url": content.canonical_url,
            "cover": cover,
            "pictures": list(dict.fromkeys([cover["asset_id"], *named] if cover else named)),
        }
        counts = count_parts(
            _LIMITS, title=content.title, body=content.body, excerpt=content.excerpt, tags=content.tags
        )
        complaints = (
            *complain_of_emptiness(content),
            *complain_of_counts(counts, name=_NAME),
            *([_FOREIGN] if has_foreign_pictures(content.body) else []),
        )
        return Rendering(payload=payload, counts=counts, complaints=complaints, preview_html=_preview(payload))

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Prepare nothing: pictures are in our own store."""
        del order, connection, desk
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Write the entry, or return the one that an earlier run of the same order wrote."""
        del prepared, connection, desk
        return _published(write_entry(key=order.key, content=order.payload, at=order.frozen_at))

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look for the entry of the order.

        Raises:
            NotThere: it was not written.
        """
        del prepared, connection, desk
        entry = find_written(key=order.key)
        if entry is None:
            raise NotThere
        return _published(entry)

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the entry another content. Its address and the day it came out stay.

        Raises:
            Permanent: it was taken away.
        """
        del connection, desk
        try:
            return _published(rewrite_entry(entry_id=int(published.id), key=order.key, content=order.payload))
        except EntryRemoved:
            raise Permanent("This entry was taken away from the journal. Publish the post anew.") from None

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Take the entry away: its address says so from now on."""
        del connection, desk
        remove_entry(entry_id=int(published.id))


def _title_of(body: str) -> str:
    """Return the first words of a post that has no title: lists and feeds name an entry by its own."""
    return shorten(to_plain(body).strip().partition("\n")[0], _UNTITLED)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _preview(payload: Mapping[str, Any]) -> str:
    cover = payload["cover"]
    parts = [f"<h1>{html.escape(payload['title'])}</h1>"]
    if cover:
        parts.append(f'<p><img src="asset:{cover["asset_id"]}" alt="{html.escape(cover["alt"])}"></p>')
    return clean_html("\n".join([*parts, payload["html"]]))


def _published(entry: JournalEntry) -> Published:
    return Published(id=str(entry.pk), url=entry_url(slug=entry.slug))
