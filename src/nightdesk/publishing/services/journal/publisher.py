"""The journal as a platform: what is committed is a row of our own."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError
from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.providers.publishing.protocol import (
    Certainty,
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
from nightdesk.providers.publishing.text import complain_of_counts, complain_of_emptiness, count_parts, to_html
from nightdesk.publishing.models import MAX_BODY_CHARS, MAX_TITLE_CHARS, JournalEntry
from nightdesk.publishing.services.journal.entries import entry_address
from nightdesk.publishing.services.journal.pictures import picture_path
from nightdesk.publishing.services.journal.slugs import make_slug

_INFO: Final = PlatformInfo(
    platform=Platform.JOURNAL,
    title="Journal",
    credentials=(),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.OURS,
    can_update=True,
    can_delete=True,
    is_long=True,
    how_to_connect="It is part of this installation: there is nothing to connect.",
)
_LIMITS: Final = (
    Limit(part="title", unit=Unit.CHARACTERS, most=MAX_TITLE_CHARS),
    Limit(part="body", unit=Unit.CHARACTERS, most=MAX_BODY_CHARS),
)


class Journal:
    """Publishes into this installation's own blog."""

    @property
    def info(self) -> PlatformInfo:
        """Describe it."""
        return _INFO

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Say that it works: it is our own."""
        return Standing(handle="Journal", url=entry_address("").rstrip("/") + "/")

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what an entry takes."""
        return _LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as an entry."""
        counts = count_parts(_LIMITS, title=content.title, body=content.body)
        complaints = (*complain_of_emptiness(content), *complain_of_counts(counts, name=_INFO.title))
        cover = content.cover
        return Rendering(
            payload={
                "title": content.title,
                "body": content.body,
                "excerpt": content.excerpt,
                "tags": list(content.tags),
                "canonical_url": content.canonical_url,
                "cover": cover.asset_id if cover else "",
                "cover_alt": cover.alt if cover else "",
                "author_name": content.options.get("author_name", ""),
                "pictures": list(content.pictures),
            },
            counts=counts,
            complaints=complaints,
            preview_html=to_html(content.body, address=lambda asset_id: f"asset:{asset_id}"),
        )

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Prepare nothing: the entry is written in one go."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Write the entry; the same order again finds the one that is there."""
        entry = JournalEntry.objects.filter(key=order.key).first() or _write_entry(order)
        return _describe(entry)

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Look for the order's entry."""
        entry = JournalEntry.objects.filter(key=order.key).first()
        if entry is None:
            raise NotThere
        return _describe(entry)

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give an entry another content; its address stays. One that was taken away comes back."""
        changed = JournalEntry.objects.filter(pk=int(published.id))
        if not changed.update(**_fields(order), updated_at=timezone.now(), removed_at=None):
            return self.commit(order, {}, connection, desk)
        return _describe(changed.get())

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Take an entry away: its address says so."""
        JournalEntry.objects.filter(pk=int(published.id), removed_at=None).update(removed_at=timezone.now())


def _fields(order: Order) -> dict[str, Any]:
    payload = order.payload
    return {
        "title": payload["title"] or "Untitled",
        "html": to_html(payload["body"], address=picture_path),
        "excerpt": payload["excerpt"],
        "tags": payload["tags"],
        "canonical_url": payload["canonical_url"],
        "author_name": payload["author_name"],
        "cover_asset": payload["cover"],
        "cover_alt": payload["cover_alt"],
        "pictures": payload["pictures"],
    }


def _write_entry(order: Order) -> JournalEntry:
    fields = _fields(order)
    named = make_slug(fields["title"])
    slug = order.slug if not named or JournalEntry.objects.filter(slug=named).exists() else named
    now = timezone.now()
    entry = JournalEntry(**fields, key=order.key, slug=slug, published_at=now, updated_at=now)
    try:
        with sql.writing():
            entry.save(force_insert=True)
    except IntegrityError:  # the same order in another run, or another entry took the slug meanwhile
        if found := JournalEntry.objects.filter(key=order.key).first():
            return found
        entry.slug = order.slug
        with sql.writing():
            entry.save(force_insert=True)
    return entry


def _describe(entry: JournalEntry) -> Published:
    return Published(id=str(entry.pk), url=entry_address(entry.slug))
