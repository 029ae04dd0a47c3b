"""What a mail service tells afterwards: mail that came back, complaints, people who left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from django.db.models import QuerySet

from nightdesk.core.redaction import clean_text, redact_text
from nightdesk.engine.sql import writing
from nightdesk.mail.models import OutboxMail, SuppressionReason
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.mail.services.addresses import fold_address
from nightdesk.mail.services.preferences import REFUSABLE
from nightdesk.mail.services.suppressions import SAID, suppress

#: django-anymail's names for events that stop mail to an address.
_BY_EVENT: Final[Mapping[str, SuppressionReason]] = {
    "bounced": SuppressionReason.BOUNCED,
    "complained": SuppressionReason.COMPLAINED,
    "unsubscribed": SuppressionReason.UNSUBSCRIBED,
}
#: Why a service refused a mail by itself: because of something that it knows of the address from before.
_BY_REJECTION: Final[Mapping[str, SuppressionReason]] = {
    "invalid": SuppressionReason.BOUNCED,
    "bounced": SuppressionReason.BOUNCED,
    "spam": SuppressionReason.COMPLAINED,
    "unsubscribed": SuppressionReason.UNSUBSCRIBED,
}
#: With these the mail came back because of what is in it, of a policy, or of the time: the mailbox is there.
_NOT_THE_ADDRESS: Final = frozenset({"blocked", "timed_out", "other"})
_MOST_ID_CHARS: Final = 200

logger: Final = structlog.get_logger("nightdesk.mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """An event of a mail service, under django-anymail's names. `provider_id`: the service's id of the mail."""

    event: str
    recipient: str
    rejection: str = ""
    provider_id: str = ""
    detail: str = ""


def take_event(*, tracked: Tracked) -> bool:
    """Stop mail to an address where an event says so; return whether it does. Safe to repeat, as services do.

    Who left a mail that we know leaves its category, else every one that can be left. The mail says what came of it.
    """
    reason = _reason_of(tracked)
    if reason is None or not tracked.recipient:
        return False
    with writing():
        for category in _categories_of(tracked, reason):
            suppress(address=tracked.recipient, reason=reason, detail=tracked.detail, category=category)
        said = redact_text(clean_text(f"{SAID[reason]} {tracked.detail}".strip()))
        _mails_of(tracked).update(last_error=said[:MAX_REASON_CHARS])
    logger.info("mail.tracked", event_type=tracked.event, reason=reason)
    return True


def _reason_of(tracked: Tracked) -> SuppressionReason | None:
    if tracked.event == "rejected":
        return _BY_REJECTION.get(tracked.rejection)
    if tracked.event == "bounced" and tracked.rejection in _NOT_THE_ADDRESS:
        return None
    return _BY_EVENT.get(tracked.event)


def _categories_of(tracked: Tracked, reason: SuppressionReason) -> tuple[str, ...]:
    if reason != SuppressionReason.UNSUBSCRIBED:
        return ("",)
    known = _mails_of(tracked).values_list("category", flat=True).first()
    return (known,) if known is not None and known in REFUSABLE else tuple(REFUSABLE)


def _mails_of(tracked: Tracked) -> QuerySet[OutboxMail]:
    """Find the mail that an event is about, to this recipient: the id alone could be anybody's."""
    if not 0 < len(tracked.provider_id) <= _MOST_ID_CHARS:
        return OutboxMail.objects.none()
    recipient = fold_address(tracked.recipient)
    return OutboxMail.objects.filter(recipient__iexact=recipient, provider_id=clean_text(tracked.provider_id))
