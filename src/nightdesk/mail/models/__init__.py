"""The outbox, bulk mailings, and who wants no mail."""

from nightdesk.mail.models.audience import MailPreference, Suppression, SuppressionReason
from nightdesk.mail.models.outbox import (
    MAX_BATCH,
    MAX_RECIPIENTS,
    UNFINISHED,
    BulkMail,
    Category,
    MailBody,
    MailState,
    OutboxMail,
    SenderPause,
)

__all__ = [
    "MAX_BATCH",
    "MAX_RECIPIENTS",
    "UNFINISHED",
    "BulkMail",
    "Category",
    "MailBody",
    "MailPreference",
    "MailState",
    "OutboxMail",
    "SenderPause",
    "Suppression",
    "SuppressionReason",
]
