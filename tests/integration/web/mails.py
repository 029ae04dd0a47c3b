"""Mails and mailings in any state, for tests of the pages that show them."""

import uuid

from django.test import Client

from nightdesk.accounts.models import User
from nightdesk.mail.models import BulkMail, Category, OutboxMail


def make_mail(asked_by: User | None, recipient: str = "ada@example.org", **fields: object) -> OutboxMail:
    """Make a mail that stands where a test says, without a job."""
    made = {
        "dedupe_key": str(uuid.uuid4()),
        "category": Category.NOTICE,
        "template": "notification",
        "subject": "Ready",
        "recipient": recipient,
        "asked_by": asked_by,
        **fields,
    }
    return OutboxMail.objects.create(**made)


def make_mailing(asked_by: User, subject: str = "May", **states: int) -> BulkMail:
    """Make a mailing with so many mails in each state."""
    mailing = BulkMail.objects.create(
        subject=subject, template="newsletter", task_id=uuid.uuid4(), asked_by=asked_by, total=sum(states.values())
    )
    for state, count in states.items():
        for number in range(count):
            make_mail(
                asked_by,
                f"{state}{number}@example.org",
                state=state,
                category=Category.BULK,
                template="newsletter",
                subject=subject,
                bulk=mailing,
            )
    return mailing


def read(client: Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    return answer.content.decode()


def fill(client: Client, template: str = "notification", **values: str) -> dict[str, str]:
    """Open the form of a new mail and fill it in; the key is the one that the form gave out."""
    page = read(client, f"/mail/new/?template={template}")
    key = page.partition('name="key" value="')[2].partition('"')[0]
    texts = {"notification": {"field_message": "It is ready."}, "newsletter": {"field_content": "News."}}
    return {"to": "ada@example.org", "subject": "Ready", "more": "", "key": key, **texts.get(template, {}), **values}
