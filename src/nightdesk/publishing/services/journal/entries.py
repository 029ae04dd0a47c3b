"""Entries of the journal, as readers may see them."""

from collections import Counter

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from nightdesk.core.errors import Gone, NotFound
from nightdesk.publishing.models import JournalEntry, PublishedPost
from nightdesk.publishing.models.publishings import Status


class EntryGone(Gone):
    """It was taken away on purpose."""

    public_message = "This entry was taken away by its authors."


def entries_shown() -> QuerySet[JournalEntry]:
    """Give what readers see, newest first."""
    return JournalEntry.objects.filter(removed_at=None).order_by("-published_at", "-id")


def entries_tagged(tag: str) -> list[JournalEntry]:
    """Return the entries with a tag, by its slug; SQLite cannot look into JSON lists, so it is done here."""
    return [entry for entry in entries_shown() if tag in {tag_slug(one) for one in entry.tags}]


def tag_slug(tag: str) -> str:
    """Write a tag as a part of an address."""
    from nightdesk.publishing.services.journal.slugs import make_slug

    return make_slug(tag) or "tag"


def list_tags() -> list[tuple[str, int]]:
    """Return the tags in use, with how many entries have them, most used first."""
    counts = Counter(tag for tags in entries_shown().values_list("tags", flat=True) for tag in tags)
    return counts.most_common()


def find_entry(*, slug: str) -> JournalEntry:
    """Return an entry by the last part of its address.

    Raises:
        NotFound. EntryGone: it was taken away.
    """
    entry = JournalEntry.objects.filter(slug=slug).first()
    if entry is None:
        raise NotFound("There is no such entry. Look at the list of all entries.")
    if entry.removed_at is not None:
        raise EntryGone
    return entry


def entry_address(slug: str) -> str:
    """Return the whole address of an entry."""
    return settings.BASE_URL.rstrip("/") + reverse("web:journal_entry", args=[slug])


def pictures_allowed(*, asset_id: str) -> bool:
    """Whether a picture may be shown to everybody: something that is out, or on its way to a platform, shows it."""
    shown = entries_shown().filter(Q(cover_asset=asset_id) | Q(pictures__icontains=f'"{asset_id}"'))
    if shown.exists():
        return True
    # Platforms fetch pictures while they publish, and later again.
    sent = PublishedPost.objects.filter(frozen_at__isnull=False, removed_at=None, pictures__icontains=f'"{asset_id}"')
    return sent.exclude(status__in=(Status.FAILED, Status.SKIPPED, Status.MISSED)).exists()
