"""The journal: this installation's own public blog, published to like any other platform."""

from nightdesk.publishing.services.journal.entries import (
    entries_shown,
    entries_tagged,
    entry_address,
    find_entry,
    list_tags,
    pictures_allowed,
)
from nightdesk.publishing.services.journal.pictures import picture_path, public_url
from nightdesk.publishing.services.journal.publisher import Journal

__all__ = [
    "Journal",
    "entries_shown",
    "entries_tagged",
    "entry_address",
    "find_entry",
    "list_tags",
    "picture_path",
    "pictures_allowed",
    "public_url",
]
