"""What people decide about a mail: it arrived or not, send it again, do not send it."""

import contextlib
from typing import Final

import structlog

from nightdesk.core.errors import Conflict, NotFound
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions, sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.mail.errors import MailNotInDoubt
from nightdesk.mail.jobs import SendMail, SendMailBatch
from nightdesk.mail.models import MailState, OutboxMail
from nightdesk.mail.services import claiming
from nightdesk.mail.services.delivering import find
from nightdesk.mail.services.endings import CANCELLED_SAID, forget_bodies

logger: Final = structlog.get_logger("nightdesk.mail")


class NothingToRetry(Conflict):
    """A mail that was sent, or is on its way, cannot be sent again."""

    code = "mail_nothing_to_retry"
    public_message = "This mail was sent, or is on its way. There is nothing to send again."


def decide_mail(*, mail_id: int, arrived: bool, by: int | None) -> OutboxMail:
    """Say how a mail ended of which nobody knows: it arrived, or it did not and is sent again under its Message-ID.

    Raises:
        MailNotFound. MailNotInDoubt: it is known how it ended, or somebody has decided meanwhile.
    """
    mail = find(mail_id)
    if mail.state != MailState.UNKNOWN:
        raise MailNotInDoubt(_in_doubt_words(mail))
    with sql.writing():
        if arrived:
            _call_sent(mail)
        else:
            _line_up(mail, (MailState.UNKNOWN,), by=by, confirm="not_done", refusal=MailNotInDoubt())
    logger.info("mail.decided", mail=mail_id, arrived=arrived, user=by)
    return find(mail_id)


def retry_mail(*, mail_id: int, by: int | None) -> OutboxMail:
    """Send a mail again that failed, was cancelled or was not wanted: the same row, the same bytes where it was written.

    Raises:
        MailNotFound. NothingToRetry: it was sent or is on its way. MailNotInDoubt: say first whether it arrived.
    """
    mail = find(mail_id)
    if mail.state == MailState.UNKNOWN:
        raise Conflict("This mail may have been sent. Say first whether it arrived; it is sent again if not.")
    if mail.state not in claiming.AGAIN:
        raise NothingToRetry
    with sql.writing():
        _line_up(mail, claiming.AGAIN, by=by, confirm=None, refusal=NothingToRetry())
    logger.info("mail.retried", mail=mail_id, user=by)
    return find(mail_id)


def cancel_mail(*, mail_id: int, by: int | None) -> OutboxMail:
    """Do not send a mail that waits; one that is on its way just now is told to stop, and may leave all the same.

    Safe to repeat.

    Raises:
        MailNotFound.
    """
    mail = find(mail_id)
    if mail.state in {MailState.QUEUED, MailState.SENDING} and mail.task_id is not None and not _in_batch(mail):
        with contextlib.suppress(NotFound):
            actions.cancel(job_id=mail.task_id)
    waiting = OutboxMail.objects.filter(pk=mail_id, state=MailState.QUEUED, doubts=0)
    stopped = {"state": MailState.CANCELLED, "last_error": CANCELLED_SAID}
    # Of a batch it is taken away: the batch's next run sends what the job left behind when it ended, and not this.
    is_alone = mail.task_id is not None and not _in_batch(mail)
    waiting.update(**stopped, **({} if is_alone else {"task_id": None}))
    logger.info("mail.cancelled", mail=mail_id, user=by)
    return find(mail_id)


def _in_doubt_words(mail: OutboxMail) -> str:
    return f"This mail is {mail.get_state_display().lower()}: it is known how it stands. There is nothing to decide."


def _in_batch(mail: OutboxMail) -> bool:
    """Whether the job that has this mail has others, too."""
    batches = Job.objects.filter(kind=SendMailBatch.kind.name)
    return mail.task_id is not None and batches.filter(pk=mail.task_id).exists()


def _call_sent(mail: OutboxMail) -> None:
    if mail.task_id and not _in_batch(mail) and Job.objects.filter(pk=mail.task_id, state=State.UNKNOWN).exists():
        actions.decide(job_id=mail.task_id, done=True)  # the job before its mail, as everywhere
    mine = OutboxMail.objects.filter(pk=mail.pk, task_id=mail.task_id, state__in=(MailState.UNKNOWN, MailState.SENT))
    if not mine.update(state=MailState.SENT, last_error="", token=None):
        raise MailNotInDoubt
    forget_bodies(mails=mine)


def _line_up(
    mail: OutboxMail, states: tuple[MailState, ...], *, by: int | None, confirm: str | None, refusal: Conflict
) -> None:
    """Put a mail back into line under its own job, if that can run again, else under a new one.

    Raises:
        Conflict: somebody was quicker.
    """
    is_same = _reopen_job(mail, confirm)
    job_id = mail.task_id if is_same and mail.task_id else new_job_id()
    mine = OutboxMail.objects.filter(pk=mail.pk, task_id=mail.task_id, state__in=states)
    if not mine.update(state=MailState.QUEUED, task_id=job_id, token=None, doubts=0, last_error="", last_code=None):
        raise refusal
    if not is_same:
        enqueue(SendMail(mail_id=mail.pk), owner_id=by, subject=f"mail:{mail.pk}", job_id=job_id)


def _reopen_job(mail: OutboxMail, confirm: str | None) -> bool:
    if mail.task_id is None or _in_batch(mail):
        return False
    try:
        actions.retry(job_id=mail.task_id, confirm=confirm)
    except (NotFound, Conflict):
        return False
    return True
