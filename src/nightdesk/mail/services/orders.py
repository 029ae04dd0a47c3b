"""What people ask for: checked whole before there is a job, so that what cannot be sent is refused with its reasons."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from nightdesk.core.errors import Forbidden, InvalidInput
from nightdesk.core.references import MODEL_KEY
from nightdesk.engine.enqueue import enqueue
from nightdesk.mail.errors import TemplateNotFound
from nightdesk.mail.jobs import SendBulkNotificationEmails, SendNotificationEmail
from nightdesk.mail.models import MAX_RECIPIENTS, Category
from nightdesk.mail.services.addresses import complain_of_address
from nightdesk.mail.services.templates import TemplateInfo, find_template, list_templates

#: What a context may take as JSON: with subject and recipient it fits into what travels with a job.
MAX_CONTEXT_BYTES: Final = 60_000
#: A context nests no deeper than a template could say; more is a mistake or an attack.
_DEEPEST: Final = 20


def order_mail(
    *,
    recipient_email: str,
    subject: str,
    template_name: str,
    context: Mapping[str, Any],
    user_id: int,
    is_operator: bool,
) -> UUID:
    """Ask for one mail; return its job.

    Raises:
        InvalidInput: with details by field. Forbidden: the template is about security, and the asker is no operator.
    """
    details = {"recipient_email": [complain_of_address(recipient_email)]}
    _check(details, template_name=template_name, context=context, is_operator=is_operator)
    job = SendNotificationEmail(
        recipient_email=recipient_email.strip(), subject=subject, template_name=template_name, context=dict(context)
    )
    return enqueue(job, owner_id=user_id)


def order_mailing(
    *,
    recipient_emails: Sequence[str],
    subject: str,
    template_name: str,
    context: Mapping[str, Any],
    user_id: int,
    is_operator: bool,
) -> UUID:
    """Ask for one mail to each of many; return the job of the whole mailing.

    Raises:
        InvalidInput: with details by field, each bad address by its place in the list. Forbidden: as `order_mail`.
    """
    if not 0 < len(recipient_emails) <= MAX_RECIPIENTS:
        raise InvalidInput(details={"recipient_emails": [f"This must be 1 to {MAX_RECIPIENTS:,} addresses."]})
    details = {f"recipient_emails.{place}": [complain_of_address(one)] for place, one in enumerate(recipient_emails)}
    _check(details, template_name=template_name, context=context, is_operator=is_operator)
    job = SendBulkNotificationEmails(
        recipient_emails=[one.strip() for one in recipient_emails],
        subject=subject,
        template_name=template_name,
        context=dict(context),
    )
    return enqueue(job, owner_id=user_id)


def check_template(name: str) -> TemplateInfo:
    """Return a template.

    Raises:
        InvalidInput: there is none of this name; the complaint says which there are.
    """
    try:
        return find_template(name)
    except TemplateNotFound:
        known = ", ".join(one.name for one in list_templates())
        said = f"There is no template “{name}”. There are: {known}."
        raise InvalidInput(details={"template_name": [said]}) from None


def complain_of_context(template: TemplateInfo, context: Mapping[str, Any]) -> dict[str, list[str]]:
    """Say what is wrong with a context that came from outside, by field; nothing where it fits."""
    details = {
        f"context.{name}": ["The template needs this. Add it to the context."]
        for name in template.needs
        if name not in context
    }
    size_bytes = len(json.dumps(context))
    if size_bytes > MAX_CONTEXT_BYTES:
        said = f"This is {size_bytes // 1000} KB as JSON; at most {MAX_CONTEXT_BYTES // 1000} KB can be sent."
        details["context"] = [f"{said} Send less, or a link to it."]
    return details | _complain_of_references(context)


def refuse_references(context: Mapping[str, Any]) -> None:
    """Refuse a context from outside that names rows: whoever sent it might not be allowed to see them.

    Raises:
        InvalidInput: with details by place.
    """
    if details := _complain_of_references(context):
        raise InvalidInput(details=details)


def _complain_of_references(context: Mapping[str, Any]) -> dict[str, list[str]]:
    said = f"References ({MODEL_KEY}) to rows are made in Python only. Send the values themselves."
    return {place: [said] for place in _places_of_references(context)}


def _check(details: dict[str, list[str]], *, template_name: str, context: Mapping[str, Any], is_operator: bool) -> None:
    """Raise what is wrong: with the recipients (`details`, "" for nothing), the template or the context."""
    wrong = {field: said for field, said in details.items() if said != [""]}
    try:
        template = check_template(template_name)
    except InvalidInput as refusal:
        raise InvalidInput(details={**wrong, **refusal.details}) from None
    wrong |= complain_of_context(template, context)
    if wrong:
        raise InvalidInput(details=wrong)
    if template.category == Category.SECURITY and not is_operator:
        raise Forbidden("Mails about security reach people who refused all others, so only operators send them.")


def _places_of_references(context: Mapping[str, Any]) -> Iterator[str]:
    """Find what would be read as a reference to a row."""
    pending: list[tuple[str, Any, int]] = [("context", context, 0)]
    while pending:
        place, item, depth = pending.pop()
        if depth > _DEEPEST:
            raise InvalidInput(details={"context": [f"This is nested more than {_DEEPEST} deep. Send plainer values."]})
        if isinstance(item, Mapping):
            if MODEL_KEY in item:
                yield place
            pending += [(f"{place}.{key}", below, depth + 1) for key, below in item.items()]
        elif isinstance(item, list):
            pending += [(f"{place}.{number}", below, depth + 1) for number, below in enumerate(item)]
