"""What the job of a single mail does: take it, send it once, write down what came of it.

A run may die between any two writes. What the next run finds, and what it does by the mail's category, is in
docs/decisions/0022-what-nobody-knows-about-a-mail.md.
"""

from typing import Any, Final

from nightdesk.core.errors import Conflict, NightdeskError, OutcomeUnknown, Transient
from nightdesk.engine import sql
from nightdesk.engine.run import DirectRun, Run
from nightdesk.engine.steps import NotThere
from nightdesk.mail.errors import MailNotFound
from nightdesk.mail.models import Category, MailBody, MailState, OutboxMail
from nightdesk.mail.services import claiming
from nightdesk.mail.services.claiming import Result
from nightdesk.mail.services.endings import close_mails
from nightdesk.mail.services.messages import open_body, write_body
from nightdesk.mail.services.preferences import skip_reason
from nightdesk.mail.services.sending import (
    DOUBTED_SAID,
    UNKNOWN_SAID,
    Held,
    Sending,
    check_pause,
    hand_over,
    may_have_left,
)
from nightdesk.providers.mail.protocol import SenderBusy

#: How often a mail whose end nobody knows is sent again by itself; None: until it is known or the job's tries are used up.
AGAIN: Final[dict[str, int | None]] = {Category.SECURITY: None, Category.NOTICE: 2, Category.BULK: 0}
#: What a run of the mail's own job may take up: a job that ended runs again only because a person wants that.
_TAKEABLE: Final = (MailState.QUEUED, *claiming.AGAIN, MailState.UNKNOWN)
_WORDS: Final[dict[str, str]] = {
    MailState.SENT: "The mail was sent to {recipient}.",
    MailState.KEPT: "No mail server is set, so the mail to {recipient} is kept in the outbox. Nothing has left.",
    MailState.SKIPPED: "The mail to {recipient} was not sent. {reason}",
}


class Superseded(Conflict):
    """Another job has this mail by now."""

    code = "mail_superseded"
    public_message = "Another job sends this mail by now. Look at that one."


class _Unwanted(NightdeskError):
    """The recipient does not want it: nothing is sent, and nothing went wrong."""


def deliver(*, mail: OutboxMail, run: Run) -> dict[str, Any]:
    """Send a mail, once, whatever dies meanwhile; return the job's result.

    Raises:
        Superseded: another job has it. Transient, Throttled: it is tried again. Permanent: it cannot be sent.
        OutcomeUnknown: nobody can say whether it was sent, and by its category it is not sent again.
    """
    if mail.task_id != run.job_id:
        raise Superseded
    if mail.state in _WORDS:
        return describe(mail)
    run.progress(20, "Sending")
    delivery = _Delivery(mail.pk, run)
    try:
        run.effect(f"mail:{mail.pk}", delivery.send, delivery.find)
    except _Unwanted:
        pass
    except BaseException as exc:
        if isinstance(run, DirectRun):  # no job ends that would close the mail
            close_mails(task_id=run.job_id, said=getattr(exc, "public_message", ""))
        if isinstance(exc, Held):
            run.check_cancelled()
        raise
    return describe(find(mail.pk))


def send_mail(*, mail_id: int, run: Run) -> dict[str, Any]:
    """Send a mail of the outbox: see `deliver`."""
    return deliver(mail=find(mail_id), run=run)


def find(mail_id: int) -> OutboxMail:
    """Return a mail.

    Raises:
        MailNotFound.
    """
    mail = OutboxMail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise MailNotFound
    return mail


def describe(mail: OutboxMail) -> dict[str, Any]:
    """Return what a job answers about a mail that has ended."""
    message = _WORDS[mail.state].format(recipient=mail.recipient, reason=mail.last_error)
    return {"success": True, "message": message, "mail_id": mail.pk, "state": str(mail.state)}


class _Delivery:
    """One run's work on one mail. The row says what may have left; the engine's intent says that a run was at it."""

    def __init__(self, mail_id: int, run: Run) -> None:
        self._mail_id, self._run = mail_id, run

    def send(self) -> str:
        """Take the mail, commit, and hand it over."""
        mail = find(self._mail_id)
        if mail.state in (MailState.SENT, MailState.KEPT):
            return str(mail.state)
        if mail.state not in _TAKEABLE:
            raise Transient("Another run is sending this mail just now. It will be looked at again.")
        if (reason := skip_reason(address=mail.recipient, user_id=mail.user_id, category=mail.category)) is not None:
            claiming.skip(mail=mail, reason=reason)
            raise _Unwanted
        check_pause()
        raw = self._take(mail)
        sending = hand_over(mail=mail, raw=raw, run=self._run)
        return self._write_down(mail, sending)

    def find(self) -> str:
        """Say how an earlier call ended, as far as the row knows.

        Raises:
            NotThere: nothing left, or it is sent again by the rule of its category. OutcomeUnknown: a person decides.
        """
        mail = find(self._mail_id)
        if mail.state in (MailState.SENT, MailState.KEPT):
            return str(mail.state)
        if mail.state == MailState.UNKNOWN:
            raise OutcomeUnknown(UNKNOWN_SAID)
        if mail.state == MailState.SENDING:
            self._doubt(mail)
        raise NotThere

    def _doubt(self, mail: OutboxMail) -> None:
        """Put a mail that may have left back into line, where its category allows that; else leave it to a person.

        Raises:
            OutcomeUnknown.
        """
        if not may_have_left():
            self._move(mail, MailState.QUEUED, doubts=mail.doubts)
            return
        doubts, most = mail.doubts + 1, AGAIN[mail.category]
        may_again = (most is None or doubts <= most) and self._run.failures < self._run.kind.retries
        if not may_again:
            self._move(mail, MailState.UNKNOWN, doubts=doubts, said=UNKNOWN_SAID)
            raise OutcomeUnknown(UNKNOWN_SAID)
        self._move(mail, MailState.QUEUED, doubts=doubts, said=DOUBTED_SAID)

    def _move(self, mail: OutboxMail, state: MailState, *, doubts: int, said: str = "") -> None:
        with sql.single():
            OutboxMail.objects.filter(pk=mail.pk, state=mail.state, token=mail.token).update(
                state=state, doubts=doubts, last_error=said
            )

    def _take(self, mail: OutboxMail) -> bytes:
        kept = MailBody.objects.filter(pk=mail.pk).first()
        body = None if kept else write_body(mail=mail)
        raw = open_body(body=kept) if kept else body.raw if body else b""
        if not claiming.turn(token=self._run.token, before=None, following=(mail, body)):
            raise Transient("Another run is sending this mail just now. It will be looked at again.")
        return raw

    def _write_down(self, mail: OutboxMail, sending: Sending) -> str:
        result, fault = sending.result, sending.fault
        if result.state == MailState.UNKNOWN:  # stays `sending`: `find` is asked next, and knows the rule
            raise OutcomeUnknown(UNKNOWN_SAID) from fault
        if fault is not None and mail.doubts and self._is_over(result, fault):
            # An earlier try may have arrived: what the server says now is no word about that one.
            claiming.turn(
                token=self._run.token, before=(mail, Result(state=MailState.UNKNOWN, said=UNKNOWN_SAID)), following=None
            )
            raise OutcomeUnknown(UNKNOWN_SAID) from fault
        claiming.turn(token=self._run.token, before=(mail, result), following=None)
        if fault is not None:
            raise fault
        return str(result.state)

    def _is_over(self, result: Result, fault: Exception) -> bool:
        used_up = self._run.failures >= self._run.kind.retries and not isinstance(fault, Held | SenderBusy)
        return result.state == MailState.FAILED or used_up
