"""The journal as its readers see it."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Final

from django.db.models import Count, Max, Q, QuerySet, TextField
from django.db.models.functions import Cast

from nightdesk.providers.publishing.text import clean_html
from nightdesk.publishing.errors import EntryNotFound, EntryRemoved
from nightdesk.publishing.models import JournalEntry

#: As `clean_html` writes it; the text of an entry cannot look like this, for its `<` is escaped.
_PICTURE: Final = re.compile(r'(<img (?:[a-z]+="[^"]*" )*src=")asset:([a-z2-7]{24})"')


def entries_shown(*, tag: str = "") -> QuerySet[JournalEntry]:
    """Return the entries that readers see, newest first; only those with a tag, where one is named."""
    shown = JournalEntry.objects.filter(removed_at__isnull=True).order_by("-published_at", "-id")
    return having(shown, "tags", json.dumps(tag), json.dumps(tag, ensure_ascii=False)) if tag else shown


def find_entry(*, slug: str) -> JournalEntry:
    """Return the entry at an address.

    Raises:
        EntryNotFound: there never was one. EntryRemoved: it was taken away.
    """
    entry = JournalEntry.objects.filter(slug=slug).first() if "\0" not in slug else None
    if entry is None:
        raise EntryNotFound
    if entry.removed_at is not None:
        raise EntryRemoved
    return entry


def fingerprint(*, tag: str = "") -> str:
    """Return what changes whenever anything in the journal does, in one look at it; for caches."""
    state = JournalEntry.objects.aggregate(
        Count("pk"), Max("pk"), Max("updated_at"), removed=Count("pk", filter=Q(removed_at__isnull=False))
    )
    return hashlib.sha256(repr((sorted(state.items()), tag)).encode()).hexdigest()[:32]


def html_of(entry: JournalEntry, *, picture_address: Callable[[str], str], base_url: str = "") -> str:
    """Return an entry's HTML with the addresses of its pictures in it. `base_url`: see `clean_html`."""
    html = _PICTURE.sub(lambda found: f'{found[1]}{picture_address(found[2])}"', entry.html)
    return clean_html(html, base_url=base_url)


def having(rows: "QuerySet[JournalEntry]", field: str, *texts: str) -> "QuerySet[JournalEntry]":
    """Narrow to rows whose JSON, as text, holds one of these: both databases can say that, only one has `contains`."""
    condition = Q()
    for text in texts:
        condition |= Q(as_text__contains=text)
    return rows.alias(as_text=Cast(field, TextField())).filter(condition)
