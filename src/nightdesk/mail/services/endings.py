"""How a job ended becomes where its mails stand: none stays `queued` or `sending` when nobody is at it any more."""

import uuid
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from nightdesk.core.redaction import clean_text
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.models import Job
from nightdesk.engine.sql import writing
from nightdesk.engine.states import FINISHED, State
from nightdesk.engine.transitions.decide import NOT_DONE
from nightdesk.mail.jobs import SendMail, SendMailBatch
from nightdesk.mail.models import UNFINISHED, Category, MailBody, MailState, OutboxMail
from nightdesk.mail.models.outbox import MAX_REASON_CHARS
from nightdesk.mail.services.sending import UNKNOWN_SAID, may_have_left

CANCELLED_SAID: Final = "This was cancelled before it was sent. Send it again if it is still wanted."
GIVEN_UP_SAID: Final = "Its sending was given up before it was sent. Send it again if it is still wanted."


def mail_ended(end: JobEnd) -> None:
    """Move the mails of a job that has just ended, in the same transaction. Safe to repeat."""
    mails = OutboxMail.objects.filter(task_id=end.job_id)
    is_batch = end.kind == SendMailBatch.kind.name
    if end.state == State.SUCCEEDED and not is_batch:  # a person said on the job's page that it was sent
        mails.filter(state=MailState.UNKNOWN).update(state=MailState.SENT, last_error="")
        forget_bodies(mails=mails)
    elif end.error is not None and end.error.code == NOT_DONE.code:
        mails.filter(state=MailState.UNKNOWN).update(state=MailState.FAILED, doubts=0, last_error=NOT_DONE.message)
    elif end.state != State.SUCCEEDED:
        close_mails(task_id=end.job_id, is_cancelled=end.state == State.CANCELLED, said=_words(end))


def bulk_ended(end: JobEnd) -> None:
    """Stop what a mailing has not sent when its parent job ends; one that is on its way is told by its batch."""
    waiting = OutboxMail.objects.filter(bulk__task_id=end.job_id, state=MailState.QUEUED)
    _stop(_of_no_other_job(waiting), is_cancelled=end.state == State.CANCELLED, said=_words(end))


def close_mails(*, task_id: uuid.UUID, is_cancelled: bool = False, said: str = "") -> None:
    """Close what a job leaves behind: what may have left is `unknown`, the rest was not sent. Safe to repeat."""
    mine = OutboxMail.objects.filter(task_id=task_id)
    if may_have_left():
        mine.filter(state=MailState.SENDING).update(state=MailState.UNKNOWN, last_error=UNKNOWN_SAID)
    _stop(mine.filter(state__in=UNFINISHED), is_cancelled=is_cancelled, said=said)


def close_strays(*, before: datetime, dry_run: bool = False) -> int:
    """Close mails from before a time at which no job is any more; return how many. Safe to repeat.

    There are some only where a process was killed that sent mail by a direct call, or where jobs were deleted by hand.
    """
    alive = Job.objects.exclude(state__in=FINISHED)
    strays = OutboxMail.objects.filter(
        ~Exists(alive.filter(pk=OuterRef("task_id"))),
        ~Exists(alive.filter(pk=OuterRef("bulk__task_id"))),
        state__in=UNFINISHED,
        created_at__lt=before,
    )
    count = strays.count()
    if count and not dry_run:
        with writing():
            if may_have_left():
                strays.filter(state=MailState.SENDING).update(state=MailState.UNKNOWN, last_error=UNKNOWN_SAID)
            _stop(strays, is_cancelled=False, said="")
    return count


def forget_bodies(*, mails: QuerySet[OutboxMail]) -> None:
    """Delete what mails about security said that have been sent: what opened a door is not kept. Safe to repeat."""
    MailBody.objects.filter(mail__in=mails.filter(state=MailState.SENT, category=Category.SECURITY)).delete()


def stop_rest(*, bulk_id: int) -> None:
    """Cancel what a mailing has not sent and nobody will send: its batches have all ended."""
    waiting = OutboxMail.objects.filter(bulk=bulk_id, state=MailState.QUEUED)
    _stop(_of_no_other_job(waiting), is_cancelled=True, said="")


def _of_no_other_job(mails: QuerySet[OutboxMail]) -> QuerySet[OutboxMail]:
    """Leave out what a person has sent again: it has a job of its own, which says how it ends."""
    alone = Job.objects.filter(pk=OuterRef("task_id"), kind=SendMail.kind.name).exclude(state__in=FINISHED)
    return mails.filter(~Exists(alone))


def _stop(mails: QuerySet[OutboxMail], *, is_cancelled: bool, said: str) -> None:
    """End mails that were not sent in their last try; one that may have left in an earlier try is `unknown`."""
    mails.filter(doubts__gt=0).update(state=MailState.UNKNOWN, last_error=UNKNOWN_SAID)
    if is_cancelled:
        mails.update(state=MailState.CANCELLED, last_error=CANCELLED_SAID)
        return
    mails.filter(last_error="").update(last_error=said or GIVEN_UP_SAID)
    mails.update(state=MailState.FAILED)


def _words(end: JobEnd) -> str:
    return clean_text(end.error.message)[:MAX_REASON_CHARS] if end.error else ""
