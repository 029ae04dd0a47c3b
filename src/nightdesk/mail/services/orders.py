"""What people ask for: checked whole before there is a job, so that what cannot be sent is refused with its reasons.

Checking fills the template in, so it is done outside of any transaction; asking is one statement for a job.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from nightdesk.core.errors import Forbidden, InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.core.references import DEEPEST, MODEL_KEY
from nightdesk.engine.enqueue import enqueue
from nightdesk.mail.errors import TemplateNotFound
from nightdesk.mail.jobs import SendBulkNotificationEmails, SendNotificationEmail
from nightdesk.mail.models import MAX_RECIPIENTS, Category, OutboxMail
from nightdesk.mail.services.addresses import complain_of_address
from nightdesk.mail.services.rendering import LinkNotAllowed, preview_template
from nightdesk.mail.services.templates import ALWAYS, TemplateInfo, find_template, list_templates
from nightdesk.mail.services.writing import write_mail

#: What a context may take as JSON: with subject and recipient it fits into what travels with a job.
MAX_CONTEXT_BYTES: Final = 60_000

Order = SendNotificationEmail | SendBulkNotificationEmails


def check_mail(
    *, recipient_email: str, subject: str, template_name: str, context: Mapping[str, Any], is_operator: bool
) -> SendNotificationEmail:
    """Return an order for one mail that can be sent. `subject` is one line, as `jobs.Subject` has it.

    Raises:
        InvalidInput: with details by field. Forbidden: the template is about security, and the asker is no operator.
    """
    complaint = complain_of_address(recipient_email)
    details = {"recipient_email": [complaint]} if complaint else {}
    _check(details, template_name=template_name, context=context, is_operator=is_operator)
    return SendNotificationEmail(
        recipient_email=recipient_email.strip(), subject=subject, template_name=template_name, context=dict(context)
    )


def check_mailing(
    *,
    recipient_emails: Sequence[str],
    subject: str,
    template_name: str,
    context: Mapping[str, Any],
    is_operator: bool,
) -> SendBulkNotificationEmails:
    """Return an order for one mail to each of many.

    Raises:
        InvalidInput: with details by field, each bad address by its place in the list. Forbidden: as `check_mail`.
    """
    if not 0 < len(recipient_emails) <= MAX_RECIPIENTS:
        raise InvalidInput(details={"recipient_emails": [f"This must be 1 to {MAX_RECIPIENTS:,} addresses."]})
    complaints = ((place, complain_of_address(one)) for place, one in enumerate(recipient_emails))
    details = {f"recipient_emails.{place}": [complaint] for place, complaint in complaints if complaint}
    _check(details, template_name=template_name, context=context, is_operator=is_operator)
    return SendBulkNotificationEmails(
        recipient_emails=[one.strip() for one in recipient_emails],
        subject=subject,
        template_name=template_name,
        context=dict(context),
    )


def ask_for(order: Order, /, *, user_id: int, job_id: UUID | None = None) -> UUID:
    """Ask for what was checked, in the caller's transaction; return the job, whose result is for this user.

    Raises:
        Conflict: there is a job with this `job_id`: it was asked for already.
    """
    job_id = job_id or new_job_id()
    return enqueue(order, owner_id=user_id, subject=f"mail:{job_id}", job_id=job_id)  # the outbox page hears of it


def order_mailing(
    *,
    recipient_emails: Sequence[str],
    subject: str,
    template_name: str,
    context: Mapping[str, Any],
    user_id: int,
    is_operator: bool,
    job_id: UUID | None = None,
) -> UUID:
    """Check a mailing and ask for it: see `check_mailing` and `ask_for`."""
    order = check_mailing(
        recipient_emails=recipient_emails,
        subject=subject,
        template_name=template_name,
        context=context,
        is_operator=is_operator,
    )
    return ask_for(order, user_id=user_id, job_id=job_id)


def order_written_mail(
    *,
    key: str,
    recipient_email: str,
    subject: str,
    template_name: str,
    context: Mapping[str, Any],
    user_id: int,
    is_operator: bool,
) -> OutboxMail:
    """Check a mail and ask for it so that it stands in the outbox at once; under a key of the asker there is only one.

    Raises:
        InvalidInput, Forbidden: as `check_mail`.
    """
    order = check_mail(
        recipient_email=recipient_email,
        subject=subject,
        template_name=template_name,
        context=context,
        is_operator=is_operator,
    )
    return write_mail(
        dedupe_key=f"order:{user_id}:{key}",
        category=find_template(template_name).category,
        template=template_name,
        recipient=order.recipient_email,
        subject=subject,
        context=order.context,
        asked_by=user_id,
    )


def refuse_references(context: Mapping[str, Any]) -> None:
    """Refuse a context from outside that names rows: whoever sent it might not be allowed to see them.

    Raises:
        InvalidInput: with details by place.
    """
    said = f"References ({MODEL_KEY}) to rows are made in Python only. Send the values themselves."
    if places := list(_places_of_references(context)):
        raise InvalidInput(details={place: [said] for place in places})


def _check(details: dict[str, list[str]], *, template_name: str, context: Mapping[str, Any], is_operator: bool) -> None:
    """Raise what is wrong: with the recipients (`details`), the template or the context."""
    try:
        template = _find(template_name)
        refuse_references(context)
        details = details | _complain_of_context(template, context)
    except InvalidInput as refusal:
        raise InvalidInput(details={**details, **refusal.details}) from None
    if details:
        raise InvalidInput(details=details)
    if template.category == Category.SECURITY and not is_operator:
        raise Forbidden("Mails about security reach people who refused all others, so only operators send them.")


def _find(name: str) -> TemplateInfo:
    try:
        return find_template(name)
    except TemplateNotFound:
        known = ", ".join(one.name for one in list_templates())
        said = f"There is no template “{name}”. There are: {known}."
        raise InvalidInput(details={"template_name": [said]}) from None


def _complain_of_context(template: TemplateInfo, context: Mapping[str, Any]) -> dict[str, list[str]]:
    """Say what a context lacks, or that it is too large; nothing where it fits."""
    size_bytes = len(json.dumps(context))
    if size_bytes > MAX_CONTEXT_BYTES:
        said = f"This is {size_bytes // 1000} KB as JSON; at most {MAX_CONTEXT_BYTES // 1000} KB can be sent."
        return {"context": [f"{said} Send less, or a link to it."]}
    try:
        missing = preview_template(name=template.name, context=context).missing
    except LinkNotAllowed as refusal:
        return {place: list(said) for place, said in refusal.details.items()}
    # What every mail has is filled in when it is written: a user, for one, where the recipient is one.
    lacking = [name for name in missing if name in template.needs or name.partition(".")[0] not in ALWAYS]
    return {f"context.{name}": ["The template needs this. Add it to the context."] for name in lacking}


def _places_of_references(context: Mapping[str, Any]) -> Iterator[str]:
    """Find what would be read as a reference to a row."""
    pending: list[tuple[str, Any, int]] = [("context", context, 0)]
    while pending:
        place, item, depth = pending.pop()
        if depth > DEEPEST:
            raise InvalidInput(details={"context": [f"This is nested more than {DEEPEST} deep. Send plainer values."]})
        if isinstance(item, Mapping):
            if MODEL_KEY in item:
                yield place
            pending += [(f"{place}.{key}", below, depth + 1) for key, below in item.items()]
        elif isinstance(item, list):
            pending += [(f"{place}.{number}", below, depth + 1) for number, below in enumerate(item)]
