"""A mail, written down: in the transaction of what it tells about, once for each key."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine.enqueue import enqueue
from nightdesk.mail.jobs import SendMail
from nightdesk.mail.models import Category, OutboxMail
from nightdesk.mail.models.outbox import MAX_SUBJECT_CHARS
from nightdesk.mail.services.addresses import complain_of_address, fold_address
from nightdesk.mail.services.contexts import seal_context
from nightdesk.mail.services.templates import find_template

_LINE_BREAK: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_MAX_KEY_CHARS: Final = 200


def write_mail(
    *,
    dedupe_key: str,
    category: str,
    template: str,
    recipient: str,
    subject: str,
    context: Mapping[str, Any],
    user_id: int | None = None,
    asked_by: int | None = None,
    task_id: UUID | None = None,
    run_at: datetime | None = None,
) -> OutboxMail:
    """Write a mail down in the caller's transaction and ask that it is sent; with `task_id` that job sends it.

    `context` may hold saved rows. Where there is a mail under this key already, that one is returned and nothing is
    asked for: safe to repeat. `user_id`: whose mail it is; by the address where it is not given.

    Raises:
        InvalidInput: address, subject, category or context, with details. TemplateNotFound.
    """
    check_subject(subject)
    check_recipient(recipient)
    find_template(template)
    if category not in Category.values or not 0 < len(dedupe_key) <= _MAX_KEY_CHARS:
        raise InvalidInput(f"A mail needs a category ({', '.join(Category.values)}) and a key of its own.")
    fields = {
        "category": category,
        "template": template,
        "recipient": recipient.strip(),
        "subject": subject,
        "sealed_context": seal_context(context),
        "user_id": user_id if user_id is not None else _user_with(recipient),
        "asked_by_id": asked_by,
        "task_id": task_id or new_job_id(),
    }
    with transaction.atomic():
        mail, is_new = _get_or_create(dedupe_key, fields)
        if is_new and task_id is None:
            job = SendMail(mail_id=mail.pk)
            enqueue(job, owner_id=asked_by, subject=f"mail:{mail.pk}", run_at=run_at, job_id=mail.task_id)
    return mail


def check_subject(subject: str) -> None:
    """Refuse what is not one line of text.

    Raises:
        InvalidInput.
    """
    if not 0 < len(subject) <= MAX_SUBJECT_CHARS or _LINE_BREAK.search(subject):
        said = f"This must be one line of 1 to {MAX_SUBJECT_CHARS} characters, without line breaks."
        raise InvalidInput(f"The subject cannot be used. {said}", details={"subject": [said]})


def check_recipient(address: str) -> None:
    """Refuse what is no address.

    Raises:
        InvalidInput.
    """
    if complaint := complain_of_address(address):
        raise InvalidInput(complaint, details={"recipient_email": [complaint]})


def _user_with(address: str) -> int | None:
    return get_user_model().objects.filter(email=fold_address(address)).values_list("pk", flat=True).first()


def _get_or_create(dedupe_key: str, fields: Mapping[str, Any]) -> tuple[OutboxMail, bool]:
    if found := OutboxMail.objects.filter(dedupe_key=dedupe_key).first():
        return found, False
    try:
        with transaction.atomic():
            return OutboxMail.objects.create(dedupe_key=dedupe_key, **fields), True
    except IntegrityError:  # somebody wrote it since we looked
        return OutboxMail.objects.get(dedupe_key=dedupe_key), False
