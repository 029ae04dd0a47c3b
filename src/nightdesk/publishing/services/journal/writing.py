"""Entries written, changed and taken away. Each by the key of its order: the same order twice is one entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from nightdesk.publishing.errors import EntryNotFound, EntryRemoved
from nightdesk.publishing.models import JournalEntry, Post, PublishedPost

#: Long enough for a title to be known again, short enough for an address.
_MOST_SLUG_CHARS: Final = 80
#: Each round of a race has a winner, and an order can lose its address once and its own key once.
_RACES: Final = 3


def find_written(*, key: str) -> JournalEntry | None:
    """Return the entry that the order with this key wrote last, removed or not."""
    return JournalEntry.objects.filter(key=key).first()


def write_entry(*, key: str, content: Mapping[str, Any], at: datetime) -> JournalEntry:
    """Write an entry at this time, or return the one that this key wrote already.

    A post has one entry: where an earlier order wrote it (and it may have been taken away since), that one gets the new
    content and keeps its address.
    """
    ordered = PublishedPost.objects.select_related("post__author").filter(key=key).first()
    post = ordered.post if ordered else None
    for _ in range(_RACES):
        found = find_written(key=key)
        if found is not None:
            return found
        try:
            return _write(key, content, at, post)
        except IntegrityError:
            # Somebody was faster with this very order, or with the same address: the next round sees which.
            continue
    return _write(key, content, at, post)


def rewrite_entry(*, entry_id: int, key: str, content: Mapping[str, Any]) -> JournalEntry:
    """Give an entry another content, once for each key.

    Raises:
        EntryNotFound: there is none. EntryRemoved: it was taken away.
    """
    with transaction.atomic():
        entry = JournalEntry.objects.select_for_update().filter(pk=entry_id).first()
        if entry is None:
            raise EntryNotFound
        if entry.removed_at is not None:
            raise EntryRemoved
        if entry.key != key:
            _fill(entry, content)
            entry.key = key
            entry.updated_at = timezone.now()
            entry.save()
        return entry


def remove_entry(*, entry_id: int) -> None:
    """Take an entry away; one that is away already stays so. Its row keeps its address, which says so."""
    now = timezone.now()
    JournalEntry.objects.filter(pk=entry_id, removed_at__isnull=True).update(removed_at=now, updated_at=now)


@transaction.atomic
def _write(key: str, content: Mapping[str, Any], at: datetime, post: Post | None) -> JournalEntry:
    entry = JournalEntry.objects.select_for_update().filter(post=post).first() if post else None
    if entry is None:
        entry = JournalEntry(post=post, slug=_free_slug(content["title"], post, key), published_at=at)
    elif entry.removed_at is not None:
        entry.published_at = at
    entry.updated_at = at if entry._state.adding else timezone.now()
    _fill(entry, content)
    entry.key = key
    entry.author_name = post.author.get_public_name() if post and post.author else ""
    entry.removed_at = None
    entry.save()
    return entry


def _fill(entry: JournalEntry, content: Mapping[str, Any]) -> None:
    cover = content["cover"] or {"asset_id": "", "alt": ""}
    entry.title = content["title"]
    entry.html = content["html"]
    entry.excerpt = content["excerpt"]
    entry.tags = content["tags"]
    entry.canonical_url = content["canonical_url"]
    entry.cover_asset = cover["asset_id"]
    entry.cover_alt = cover["alt"]
    entry.pictures = content["pictures"]


def _free_slug(title: str, post: Post | None, key: str) -> str:
    """Make an address out of the title; where another entry has it, the post's public id stands behind it."""
    slug = slugify(title, allow_unicode=True)
    if len(slug) > _MOST_SLUG_CHARS:
        slug = slug[:_MOST_SLUG_CHARS].rpartition("-")[0] or slug[:_MOST_SLUG_CHARS]
    own = post.public_id if post else key
    if not slug:
        return own
    return f"{slug}-{own}" if JournalEntry.objects.filter(slug=slug).exists() else slug
