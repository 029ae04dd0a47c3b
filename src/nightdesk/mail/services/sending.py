"""One letter, handed to the sender: what its answer means for the mail, the recipient and everybody else's mail."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from django.utils import timezone

from nightdesk.core.errors import Misconfigured, NightdeskError, OutcomeUnknown, Transient
from nightdesk.core.redaction import clean_text, redact_text
from nightdesk.engine import connections
from nightdesk.engine.run import Run
from nightdesk.engine.sql import single
from nightdesk.mail.models import MailState, OutboxMail, SenderPause, SuppressionReason
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.mail.services.claiming import Result
from nightdesk.mail.services.messages import make_letter
from nightdesk.mail.services.suppressions import suppress
from nightdesk.providers.mail.protocol import RecipientRefused, SenderBusy
from nightdesk.providers.mail.registry import find_sender, sender_name

#: Where a server asks for a pause and does not say for how long.
USUAL_PAUSE_S: Final = 60.0
#: No server is obeyed longer: somebody would have to look.
LONGEST_PAUSE_S: Final = 3_600.0
UNKNOWN_SAID: Final = (
    "The connection broke before the server answered, so this may have been sent. Ask the recipient or look at the "
    "server's log, then say whether it arrived."
)
DOUBTED_SAID: Final = (
    "The connection broke before the server answered, so this may have been sent. It is sent once more, under the same "
    "Message-ID: mail programs show the two as one."
)
_PAUSED: Final = "The mail server asked us to pause. Mail is sent again when the pause is over."

logger: Final = structlog.get_logger("nightdesk.mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How handing a letter over ended. `fault`: what was raised, where it did not simply go out."""

    result: Result
    fault: Exception | None = None

    @property
    def stops_everything(self) -> bool:
        """Whether the next letter would fare the same: the sender pauses, or cannot be used."""
        return self.fault is not None and isinstance(self.fault, SenderBusy | Misconfigured | Held)


def check_pause() -> None:
    """Hold back while the server wants no mail of ours.

    Raises:
        SenderBusy: until then.
    """
    until = SenderPause.objects.filter(sender=sender_name()).values_list("until", flat=True).first()
    left_s = (until - timezone.now()).total_seconds() if until else 0.0
    if left_s > 0:
        raise SenderBusy(_PAUSED, retry_after_s=left_s)


class Held(Transient):
    """The run must stop, and the letter had not left yet."""

    public_message = "The sending was stopped before the mail had left."


def hand_over(*, mail: OutboxMail, raw: bytes, run: Run) -> Sending:
    """Give a letter to the sender, and say what came of it; the mail's row is the caller's to write.

    Never raises for what the other side does, nor where the run must stop: then the fault is `Held`.
    """
    letter = make_letter(mail=mail, raw=raw)
    connections.release()
    try:
        receipt = find_sender().send(letter, check=partial(_check, run))
    except Exception as fault:  # noqa: BLE001 (whatever broke, it is said on the mail)
        return _judge(mail, fault)
    state = MailState.KEPT if receipt.is_kept else MailState.SENT
    return Sending(result=Result(state=state, code=receipt.code, provider_id=receipt.provider_id))


def _check(run: Run) -> None:
    try:
        run.check_cancelled()
    except BaseException as exc:
        raise Held from exc


def _judge(mail: OutboxMail, fault: Exception) -> Sending:
    """Say what a sender's error means for a mail."""
    if isinstance(fault, RecipientRefused) and fault.is_dead:
        suppress(address=mail.recipient, reason=SuppressionReason.REFUSED, detail=fault.public_message)
    if isinstance(fault, SenderBusy):
        _pause(fault)
    if isinstance(fault, Transient | Misconfigured):  # `Held` among them
        return _ended(mail, MailState.QUEUED, fault)
    if isinstance(fault, NightdeskError) and not isinstance(fault, OutcomeUnknown):
        return _ended(mail, MailState.FAILED, fault)
    if not isinstance(fault, OutcomeUnknown):  # a bug: the letter may have left
        logger.error("mail.sender_broke", mail=mail.pk, exc_info=fault)
    return _ended(mail, MailState.UNKNOWN, fault)


def _ended(mail: OutboxMail, state: MailState, fault: Exception) -> Sending:
    code: int | None = getattr(fault, "smtp_code", None)
    is_unknown = state == MailState.UNKNOWN
    said = UNKNOWN_SAID if is_unknown or not isinstance(fault, NightdeskError) else fault.public_message
    logger.warning("mail.not_sent", mail=mail.pk, state=state.value, code=code, error=type(fault).__name__)
    return Sending(result=Result(state=state, code=code, said=said, doubts=int(is_unknown)), fault=fault)


def may_have_left() -> bool:
    """Whether a letter that was handed over and not confirmed may be somewhere: not where the same one arrives once."""
    return not find_sender().is_idempotent


def _pause(fault: SenderBusy) -> None:
    wanted_s = USUAL_PAUSE_S if fault.retry_after_s is None else fault.retry_after_s
    until = timezone.now() + timedelta(seconds=min(LONGEST_PAUSE_S, max(0.0, wanted_s)))
    reason = redact_text(clean_text(fault.public_message))[:MAX_REASON_CHARS]
    with single():
        SenderPause.objects.update_or_create(sender=sender_name(), defaults={"until": until, "reason": reason})
