"""One batch of a mailing, sent mail by mail: each is taken and committed before it leaves, and never again by itself."""

import time
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q

from nightdesk.core.errors import NightdeskError, Throttled, Transient
from nightdesk.engine import sql
from nightdesk.engine.run import DirectRun, Run
from nightdesk.mail.models import BulkMail, MailBody, MailState, OutboxMail
from nightdesk.mail.services import claiming
from nightdesk.mail.services.addresses import fold_address
from nightdesk.mail.services.bulk import count_mails, find_bulk, shared_context
from nightdesk.mail.services.claiming import Result
from nightdesk.mail.services.contexts import users_by_address
from nightdesk.mail.services.endings import close_mails
from nightdesk.mail.services.messages import Body, open_body, write_body
from nightdesk.mail.services.moulds import Mould, make_mould
from nightdesk.mail.services.preferences import skip_reasons_of
from nightdesk.mail.services.rendering import leave_address
from nightdesk.mail.services.sending import UNKNOWN_SAID, Held, Sending, check_pause, hand_over, may_have_left

#: So old may be what is known about who wants no mail when one is sent: one look serves the mails of a moment.
FRESH_S: Final = 1.0
#: A server's 5xx is for good, also when a person sends the batch again.
_FOR_GOOD: Final = 500


def send_batch(*, bulk_id: int, batch: int, run: Run) -> dict[str, Any]:
    """Send what waits of a batch; return how its mails stand.

    Raises:
        Transient, Throttled: some were put off; the next run sends them.
        NotFound: the mailing was deleted. RowGone: what it tells about was.
    """
    bulk = find_bulk(bulk_id)
    while mails := _take_over(bulk, batch, run):  # once more, where a run that lives after all gave one back
        if run.number > 1:
            # Fewer are left than an earlier run found: a step, so that its death is not counted as one without progress.
            run.step(f"{len(mails)} left", lambda: None)
        work = _Batch(bulk, mails, run)
        try:
            work.send_all()
        except BaseException as exc:
            if isinstance(run, DirectRun):  # no job ends that would close them
                close_mails(task_id=run.job_id, said=getattr(exc, "public_message", ""))
            raise
    counts = count_mails(bulk_id=bulk_id, batch=batch)
    total = sum(counts.values())
    return {"success": True, "message": f"{total} mails of a mailing were gone through.", "total": total, **counts}


def _take_over(bulk: BulkMail, batch: int, run: Run) -> list[OutboxMail]:
    """Make the mails of a batch this job's, and return those that are to be sent.

    What an earlier run was sending when it died may have left: it is `unknown`, and a person decides. What failed for
    want of a server is sent again where a person has sent the job again: only then is there anything of it. What a person
    has decided about one mail stands: it has a job of its own by then, or was taken away from this one.
    """
    ours = Q(task_id=run.job_id) | Q(task_id=bulk.task_id)
    rows = OutboxMail.objects.filter(Q(task_id=None) | ours, bulk=bulk, batch=batch)
    in_doubt = MailState.UNKNOWN if may_have_left() else MailState.QUEUED
    mine = ours & Q(state__in=(MailState.FAILED, MailState.CANCELLED))
    with sql.writing():
        # `token` stays: a run that lives after all may still say that it was sent.
        rows.filter(state=MailState.SENDING).exclude(token=run.token).update(
            state=in_doubt, last_error=UNKNOWN_SAID if in_doubt == MailState.UNKNOWN else ""
        )
        rows.filter(mine).exclude(last_code__gte=_FOR_GOOD).update(state=MailState.QUEUED, last_error="")
        rows.filter(state=MailState.QUEUED).update(task_id=run.job_id)
        return list(rows.filter(state=MailState.QUEUED).order_by("pk"))


class _Batch:
    """One run's way through a batch."""

    def __init__(self, bulk: BulkMail, mails: Sequence[OutboxMail], run: Run) -> None:
        self._bulk, self._mails, self._run = bulk, mails, run
        self._context = shared_context(bulk)
        self._users = users_by_address(mail.recipient for mail in mails)
        tried = [mail.pk for mail in mails if mail.attempts]
        self._bodies = MailBody.objects.in_bulk(tried) if tried else {}
        self._mould: Mould | None = None
        self._is_moulded = False
        self._unwanted: dict[str, str] = {}
        self._looked_at = -FRESH_S
        self._before: tuple[OutboxMail, Result] | None = None
        self._put_off: list[NightdeskError] = []

    def send_all(self) -> None:
        """Send one after the other.

        Raises:
            Transient, Throttled: some were put off. Misconfigured: the sender cannot be used.
        """
        try:
            for number, mail in enumerate(self._mails):
                self._run.progress(100 * number // len(self._mails), f"{number} of {len(self._mails)} mails")
                self._send(number, mail)
        finally:
            self._settle()  # the one that is on its way is told, whatever stops the run
        if self._put_off:
            raise self._longest()

    def _send(self, number: int, mail: OutboxMail) -> None:
        self._look(number)
        if (reason := self._unwanted.get(mail.recipient)) is not None:
            claiming.skip(mail=mail, reason=reason)
            return
        try:
            raw, body = self._write(mail)
        except NightdeskError as exc:  # this one cannot be written, the others may
            claiming.fail(mail=mail, reason=exc.public_message)
            return
        before, self._before = self._before, None
        if not claiming.turn(token=self._run.token, before=before, following=(mail, body)):
            return  # cancelled, or another run's, since it was read
        self._note(mail, hand_over(mail=mail, raw=raw, run=self._run))

    def _look(self, number: int) -> None:
        """Look who wants no mail, and whether the server wants none, where the last look is not fresh."""
        now = time.monotonic()
        if now - self._looked_at < FRESH_S:
            return
        check_pause()
        rest = [(mail.recipient, mail.user_id) for mail in self._mails[number:]]
        self._unwanted = skip_reasons_of(recipients=rest, category=self._mails[number].category)
        self._looked_at = now

    def _write(self, mail: OutboxMail) -> tuple[bytes, Body | None]:
        if kept := self._bodies.get(mail.pk):
            return open_body(body=kept), None
        user = self._users.get(fold_address(mail.recipient))
        body = self._cast(mail) if user is None or "user" in self._context else None
        body = body or write_body(mail=mail, context=self._context, user=user)
        return body.raw, body

    def _cast(self, mail: OutboxMail) -> Body | None:
        """Write a mail from what the others of this batch have in common; None: it must be written by itself."""
        if not self._is_moulded:
            self._mould = make_mould(mail=mail, context=self._context)
            self._is_moulded = True
        if self._mould is None:
            return None
        return self._mould.write(mail=mail, leave=leave_address(recipient=mail.recipient, category=mail.category))

    def _note(self, mail: OutboxMail, sending: Sending) -> None:
        self._before = (mail, sending.result)
        fault = sending.fault
        if fault is None:
            return
        if isinstance(fault, Held):
            self._run.check_cancelled()
        if sending.stops_everything or not isinstance(fault, NightdeskError):
            raise fault
        if sending.result.state == MailState.QUEUED:
            self._put_off.append(fault)

    def _settle(self) -> None:
        if self._before is not None:
            before, self._before = self._before, None
            claiming.turn(token=self._run.token, before=before, following=None)

    def _longest(self) -> NightdeskError:
        waits = [one for one in self._put_off if isinstance(one, Throttled) and one.retry_after_s is not None]
        longest = max(waits, key=lambda one: one.retry_after_s or 0.0, default=None)
        count = len(self._put_off)
        said = (
            f"The mail server put off {count} {'mail' if count == 1 else 'mails'} of this batch. They are sent later."
        )
        return Throttled(said, retry_after_s=longest.retry_after_s) if longest else Transient(said)
