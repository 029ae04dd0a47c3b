"""Rows on their way into files."""

from nightdesk.exports.services.writing.defusing import defuse, is_dangerous, restore
from nightdesk.exports.services.writing.formats import CONTENT_TYPES, MAX_ROWS, OFFERED, Wish, check_format, write_rows
from nightdesk.exports.services.writing.reading import estimate_rows, one_look

__all__ = [
    "CONTENT_TYPES",
    "MAX_ROWS",
    "OFFERED",
    "Wish",
    "check_format",
    "defuse",
    "estimate_rows",
    "is_dangerous",
    "one_look",
    "restore",
    "write_rows",
]
