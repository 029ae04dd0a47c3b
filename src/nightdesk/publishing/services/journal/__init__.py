"""The journal: this installation's own public blog, written to as a platform, read by everybody."""

from nightdesk.publishing.services.journal.addresses import (
    entry_url,
    journal_title,
    journal_url,
    picture_url,
    tag_url,
)
from nightdesk.publishing.services.journal.pictures import find_public_picture, public_url
from nightdesk.publishing.services.journal.publisher import Journal
from nightdesk.publishing.services.journal.reading import entries_shown, find_entry, fingerprint, html_of

__all__ = [
    "Journal",
    "entries_shown",
    "entry_url",
    "find_entry",
    "find_public_picture",
    "fingerprint",
    "html_of",
    "journal_title",
    "journal_url",
    "picture_url",
    "public_url",
    "tag_url",
]
