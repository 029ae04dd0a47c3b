"""Addresses that get no mail: because they take none, because people said so, or because an operator did."""

from collections.abc import Mapping
from typing import Final

import structlog
from django.db.models import QuerySet

from nightdesk.core.redaction import clean_text, redact_text
from nightdesk.engine.sql import writing
from nightdesk.mail.errors import SuppressionNotFound
from nightdesk.mail.models import Suppression, SuppressionReason
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.mail.services.addresses import fold_address

#: Why nothing is sent, as it stands on a mail that was skipped.
SAID: Final[Mapping[str, str]] = {
    SuppressionReason.REFUSED: "The mail server said that there is no such mailbox.",
    SuppressionReason.BOUNCED: "Mail to this address came back.",
    SuppressionReason.COMPLAINED: "The recipient reported mail of ours as spam.",
    SuppressionReason.UNSUBSCRIBED: "The recipient has unsubscribed from such mail.",
    SuppressionReason.MANUAL: "An operator has stopped mail to this address.",
}

logger: Final = structlog.get_logger("nightdesk.mail")


def suppress(*, address: str, reason: str, detail: str = "", category: str = "") -> Suppression:
    """Stop mail of a category to an address; without a category any but mail about security.

    Safe to repeat: what is there stays, with the reason that came first.
    """
    with writing():
        row, is_new = Suppression.objects.get_or_create(
            address=fold_address(address),
            category=category,
            defaults={"reason": reason, "detail": redact_text(clean_text(detail))[:MAX_REASON_CHARS]},
        )
    if is_new:
        logger.info("mail.suppressed", suppression=row.pk, reason=reason, category=category)
    return row


def unsuppress(*, suppression_id: int, by: int | None) -> None:
    """Let an address get mail again. Its preferences stay as they are.

    Raises:
        SuppressionNotFound: there is no such row.
    """
    with writing():
        if not Suppression.objects.filter(pk=suppression_id).delete()[0]:
            raise SuppressionNotFound
    logger.info("mail.unsuppressed", suppression=suppression_id, user=by)


def suppressions_shown(*, text: str = "", reason: str | None = None) -> QuerySet[Suppression]:
    """Give the suppressed addresses, newest first; `text` is looked for in the address."""
    rows = Suppression.objects.order_by("-pk")
    if text:
        rows = rows.filter(address__contains=fold_address(text))
    return rows.filter(reason=reason) if reason else rows


def find_suppression(*, suppression_id: int) -> Suppression:
    """Return one.

    Raises:
        SuppressionNotFound: there is no such row.
    """
    found = Suppression.objects.filter(pk=suppression_id).first()
    if found is None:
        raise SuppressionNotFound
    return found
