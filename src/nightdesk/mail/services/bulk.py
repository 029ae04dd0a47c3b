"""A mailing to many: its rows are written at once, and batches of them are sent by jobs of their own."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import Count

from nightdesk.core.errors import NotFound
from nightdesk.engine.run import DirectRun, Run
from nightdesk.mail.jobs import SendBulkNotificationEmails, SendMailBatch
from nightdesk.mail.models import MAX_BATCH, BulkMail, Category, MailState, OutboxMail
from nightdesk.mail.services.addresses import fold_address, key_of_address
from nightdesk.mail.services.contexts import open_context, resolve, seal_context, users_by_address
from nightdesk.mail.services.endings import stop_rest
from nightdesk.mail.services.rendering import fill_context, render_complete
from nightdesk.mail.services.writing import check_recipient, check_subject

#: Rows of one INSERT.
_AT_ONCE: Final = 500
#: How the states are told, in this order.
_TOLD: Final[Mapping[str, str]] = {
    MailState.SENT: "sent",
    MailState.KEPT: "kept in the outbox, for no mail server is set",
    MailState.SKIPPED: "not wanted by their recipients",
    MailState.FAILED: "failed",
    MailState.UNKNOWN: "unknown: they may have been sent, so look and decide",
    MailState.CANCELLED: "cancelled",
}


def send_bulk(*, job: SendBulkNotificationEmails, run: Run) -> dict[str, Any]:
    """Send a mail to many; return how many of them ended how. Each address gets one, however often it is named.

    Raises:
        InvalidInput: an address or the subject is none. TemplateNotFound, MissingVariables: nothing was written.
    """
    people = _distinct(job.recipient_emails)
    run.step("write", lambda: _check(job, people), save=lambda _: _write(job, run, people))
    bulk = BulkMail.objects.get(task_id=run.job_id)
    batches = -(-bulk.total // MAX_BATCH)
    try:
        run.gather("batches", [SendMailBatch(bulk_id=bulk.pk, batch=number) for number in range(batches)])
    except Exception:
        if isinstance(run, DirectRun):  # nobody sends the rest
            stop_rest(bulk_id=bulk.pk)
        raise
    stop_rest(bulk_id=bulk.pk)  # of a batch that was cancelled alone
    return _tell(bulk, twice=len(job.recipient_emails) - bulk.total)


def count_mails(*, bulk_id: int, batch: int | None = None) -> dict[str, int]:
    """Count the mails of a mailing, or of one of its batches, by state."""
    rows = OutboxMail.objects.filter(bulk=bulk_id)
    if batch is not None:
        rows = rows.filter(batch=batch)
    return dict(rows.order_by().values_list("state").annotate(Count("pk")))


def find_bulk(bulk_id: int) -> BulkMail:
    """Return a mailing.

    Raises:
        NotFound: it was deleted.
    """
    bulk = BulkMail.objects.filter(pk=bulk_id).first()
    if bulk is None:
        raise NotFound("This mailing is not there any more. Mailings are kept for some weeks.")
    return bulk


def shared_context(bulk: BulkMail) -> dict[str, Any]:
    """Read what the mails of a mailing have in common.

    Raises:
        RowGone: a row that it names is not there any more.
    """
    return open_context(bulk.sealed_context)


def _distinct(addresses: Sequence[str]) -> list[str]:
    """Return the addresses, each once, as it was written first."""
    first: dict[str, str] = {}
    for address in addresses:
        check_recipient(address)
        first.setdefault(fold_address(address), address.strip())
    return list(first.values())


def _check(job: SendBulkNotificationEmails, people: Sequence[str]) -> int:
    """Fill the template in once before anything is written: what is missing is missing for all. Return how many there are."""
    check_subject(job.subject)
    context = fill_context(
        resolve(job.context), recipient=people[0], user=None, category=Category.BULK, subject=job.subject
    )
    render_complete(template=job.template_name, context=context)
    return len(people)


def _write(job: SendBulkNotificationEmails, run: Run, people: Sequence[str]) -> None:
    """Write the mailing and its mails, each under a key of the mailing and the address. Safe to repeat."""
    bulk, _ = BulkMail.objects.get_or_create(
        task_id=run.job_id,
        defaults={
            "subject": job.subject,
            "template": job.template_name,
            "sealed_context": seal_context(job.context),
            "asked_by_id": run.owner_id,
            "total": len(people),
        },
    )
    users = users_by_address(people)
    for rows in _chunks(list(enumerate(people))):
        mails = [_row(bulk, number, address, users.get(fold_address(address))) for number, address in rows]
        OutboxMail.objects.bulk_create(mails, ignore_conflicts=True)


def _row(bulk: BulkMail, number: int, address: str, user: Mapping[str, Any] | None) -> OutboxMail:
    return OutboxMail(
        uid=uuid.uuid4(),
        dedupe_key=f"bulk:{bulk.pk}:{key_of_address(address)}",
        category=Category.BULK,
        template=bulk.template,
        subject=bulk.subject,
        recipient=address,
        user_id=user["id"] if user else None,
        asked_by_id=bulk.asked_by_id,
        bulk=bulk,
        batch=number // MAX_BATCH,
    )


def _chunks(rows: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _tell(bulk: BulkMail, *, twice: int) -> dict[str, Any]:
    counts = count_mails(bulk_id=bulk.pk)
    said = [f"{counts[state]:,} {words}" for state, words in _TOLD.items() if counts.get(state)]
    if twice:
        said.append(f"{twice:,} named more than once, and counted once")
    return {
        "success": True,
        "message": f"{bulk.total:,} mail{'' if bulk.total == 1 else 's'}: {'; '.join(said)}.",
        "bulk_id": bulk.pk,
        "total": bulk.total,
        "duplicates": twice,
        **{state.value: counts.get(state, 0) for state in MailState if state in _TOLD},
    }
