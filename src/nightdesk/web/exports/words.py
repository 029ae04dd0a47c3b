"""What the fields of an export are called on pages."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Names whose words would tell people nothing.
_WORDS: Final[dict[str, str | Promise]] = {
    "ai_processing_status": _("Writing"),
    "ai_processing_error": _("Why writing failed"),
    "ai_processed_at": _("Written"),
    "canonical_url": _("Canonical address"),
    "date_joined": _("Joined"),
    "remote_url": _("Address there"),
    "result_gone": _("Result is gone"),
}


def name_field(name: str, title: str) -> str:
    """Name a field in words; moments without the "at" of their columns: "Created"."""
    return str(_WORDS.get(name) or title.removesuffix(" at"))
