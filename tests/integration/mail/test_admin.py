"""The admin's pages of mail: to look at without what mails say, and with what operators do."""

import uuid
from typing import Any

import pytest
from django.test import Client

from nightdesk.accounts.models import Role
from nightdesk.accounts.services import create_user
from nightdesk.mail.models import BulkMail, Category, MailState, OutboxMail, Suppression, SuppressionReason
from nightdesk.mail.services import set_preference, suppress

pytestmark = pytest.mark.django_db

MAILS = "/admin/mail/outboxmail/"
SEALED = "aaaaaaaaaaaa:made-up-sealed-text"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(create_user(email="olga@example.org", role=Role.OPERATOR))
    return client


def make_mail(state: str) -> OutboxMail:
    return OutboxMail.objects.create(
        dedupe_key=f"tests:{uuid.uuid4()}",
        category=Category.NOTICE,
        template="notification",
        subject="Quiet mornings",
        recipient=f"{state}@example.org",
        state=state,
        sealed_context=SEALED,
    )


def act(client: Client, path: str, action: str, *ids: int) -> tuple[Any, list[str]]:
    answer = client.post(path, {"action": action, "_selected_action": ids}, follow=True)
    return answer, [str(said) for said in answer.context["messages"]]


def test_pages_show_no_content_and_change_nothing(operator: Client) -> None:
    user = create_user(email="mia@example.org")
    set_preference(user_id=user.pk, category=Category.BULK, is_wanted=False)
    mail = make_mail(MailState.SENT)
    bulk = BulkMail.objects.create(subject="News", template="newsletter", sealed_context=SEALED, task_id=uuid.uuid4())
    rows = [(MAILS, mail.pk), ("/admin/mail/bulkmail/", bulk.pk)]

    for path, pk in rows:
        for page in (operator.get(path), operator.get(f"{path}{pk}/change/")):
            assert (page.status_code, SEALED in page.content.decode()) == (200, False)
        assert [operator.get(f"{path}{end}").status_code for end in ("add/", f"{pk}/delete/")] == [403, 403]
    assert operator.get(f"{MAILS}?q=mornings").status_code == 200
    assert operator.get("/admin/mail/mailpreference/").status_code == 200


def test_action_is_done_where_it_can_be_and_says_why_not_elsewhere(operator: Client) -> None:
    failed, sent = make_mail(MailState.FAILED), make_mail(MailState.SENT)

    _, said = act(operator, MAILS, "send_again", failed.pk, sent.pk)

    failed.refresh_from_db()
    assert failed.state == MailState.QUEUED
    assert said[0] == "1 mail was changed."
    assert said[1].startswith("Quiet mornings to sent@example.org: ")
    act(operator, MAILS, "cancel", failed.pk)
    failed.refresh_from_db()
    assert failed.state == MailState.CANCELLED


@pytest.mark.parametrize(("action", "state"), [("say_arrived", "sent"), ("say_not_arrived", "queued")])
def test_unknown_mail_is_decided(operator: Client, action: str, state: str) -> None:
    mail = make_mail(MailState.UNKNOWN)

    _, said = act(operator, MAILS, action, mail.pk)

    mail.refresh_from_db()
    assert (mail.state, said) == (state, ["1 mail was changed."])


def test_suppressed_address_gets_mail_again(operator: Client) -> None:
    rows = [suppress(address=f"{name}@example.org", reason=SuppressionReason.BOUNCED) for name in ("mia", "ida")]
    assert b"mia@example.org" in operator.get("/admin/mail/suppression/").content

    _, said = act(operator, "/admin/mail/suppression/", "let_get_mail", *(row.pk for row in rows))

    assert (said, Suppression.objects.count()) == (["2 addresses get mail again."], 0)
