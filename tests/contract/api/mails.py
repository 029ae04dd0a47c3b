"""Mails that tests of the API ask for, and rows of the outbox."""

import uuid
from typing import Any

from nightdesk.mail.models import Category, MailState, OutboxMail

SEND = "/api/v1/tasks/email/send/"
BULK = "/api/v1/tasks/email/bulk/"
MAIL = "/api/mail/"
ONE: dict[str, Any] = {
    "recipient_email": "ada@example.org",
    "subject": "Ready",
    "template_name": "notification",
    "context": {"message": "The pictures are ready."},
}
MANY: dict[str, Any] = {
    "recipient_emails": ["ida@example.org", "IDA@example.org", "leo@example.org"],
    "subject": "News",
    "template_name": "newsletter",
    "context": {"content": "Spring is here."},
}


def make_mail(**fields: Any) -> OutboxMail:
    given = {
        "dedupe_key": f"tests:{uuid.uuid4()}",
        "category": Category.NOTICE,
        "template": "notification",
        "subject": "Hello",
        "recipient": "somebody@example.org",
        "state": MailState.SENT,
    }
    return OutboxMail.objects.create(**{**given, **fields})
