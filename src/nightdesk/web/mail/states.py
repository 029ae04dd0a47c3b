"""States and categories of mails as shape and word."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.mail.models import Category, MailState

#: state -> (look, word). The look picks shape and colour; the word is always beside it.
STATES: Final[dict[str, tuple[str, Promise]]] = {
    MailState.QUEUED: ("waiting", _("Queued")),
    MailState.SENDING: ("running", _("Sending")),
    MailState.SENT: ("done", _("Sent")),
    MailState.KEPT: ("kept", _("Kept here")),
    MailState.FAILED: ("failed", _("Failed")),
    MailState.UNKNOWN: ("unsure", _("Unknown")),
    MailState.SKIPPED: ("ended", _("Skipped")),
    MailState.CANCELLED: ("ended", _("Cancelled")),
}
CATEGORIES: Final[dict[str, Promise]] = {
    Category.SECURITY: _("Security"),
    Category.NOTICE: _("Notices"),
    Category.BULK: _("Bulk mail"),
}
