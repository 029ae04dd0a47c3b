"""What kinds of files an export can be, and which of them this installation can write."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.core.errors import Misconfigured
from nightdesk.exports import services
from nightdesk.exports.models import FileFormat

#: format -> (name, what it is for).
FORMATS: Final[dict[str, tuple[str, str | Promise]]] = {
    FileFormat.CSV: ("CSV", _("Opens everywhere: in spreadsheets and in programs.")),
    FileFormat.CSV_GZIP: ("CSV, gzip", _("The same, packed: for many rows, and for programs.")),
    FileFormat.XLSX: ("Excel", _("A workbook with numbers and dates as such, for up to a million rows.")),
    FileFormat.PARQUET: ("Parquet", _("For data tools such as pandas or DuckDB: small, typed, quick.")),
}


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """A format to choose. `hint`: what it is for, or what is missing where it cannot be written."""

    value: str
    name: str
    hint: str | Promise
    is_ready: bool


def list_formats() -> list[FormatChoice]:
    """List the formats."""
    return [_describe(value, name, hint) for value, (name, hint) in FORMATS.items()]


def _describe(value: str, name: str, hint: str | Promise) -> FormatChoice:
    model = services.offered()[0].name
    try:
        services.check_order(model_name=model, filters={}, fields=[], format=value, user_id=None, is_operator=False)
    except Misconfigured as missing:
        return FormatChoice(value, name, missing.public_message, is_ready=False)
    return FormatChoice(value, name, hint, is_ready=True)
