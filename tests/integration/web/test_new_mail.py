"""A new mail to one or to many, and who gets none, as their reader gets the pages."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.httpkit.rates import Rate
from nightdesk.httpkit.throttles import forget_shares
from nightdesk.mail import services
from nightdesk.mail.models import BulkMail, MailState, OutboxMail, Suppression
from tests.integration.web.conftest import BACKEND
from tests.integration.web.mails import fill, read

pytestmark = pytest.mark.django_db

NEW = "/mail/new/?template=notification"


@pytest.fixture(autouse=True)
def _whole_shares() -> Iterator[None]:
    """What a process remembers of shares must not outlive the test's rows."""
    forget_shares()
    yield
    forget_shares()


def test_mail_to_one_is_written_once_however_often_the_form_is_sent(browser_of_member: Client, member: User) -> None:
    form = fill(browser_of_member, to="Ada <ada@example.org>", field_link_url="https://example.org/")
    first, second = browser_of_member.post(NEW, form), browser_of_member.post(NEW, form)
    mail = OutboxMail.objects.get()
    assert first["Location"] == second["Location"] == f"/mail/{mail.pk}/"
    assert (mail.recipient, mail.subject, mail.asked_by) == ("ada@example.org", "Ready", member)
    assert Job.objects.count() == 1
    drain()
    assert "It is ready." in read(browser_of_member, f"/mail/{mail.pk}/html/")


def test_mail_to_many_is_one_mailing_however_often_the_form_is_sent(browser_of_member: Client, member: User) -> None:
    address = "/mail/new/?template=newsletter"
    form = fill(browser_of_member, "newsletter", to="ada@example.org\nnoor@example.org, Ada@example.org")
    first, second = browser_of_member.post(address, form), browser_of_member.post(address, form)
    job = Job.objects.get()
    assert first["Location"] == second["Location"] == f"/mail/mailings/{job.pk}/"
    assert "The mails are being written down." in read(browser_of_member, first["Location"])
    drain()
    assert BulkMail.objects.get().task_id == job.pk
    assert "2 of 2 kept here" in read(browser_of_member, first["Location"])


def test_form_keeps_what_was_written_beside_its_complaints(browser_of_member: Client) -> None:
    form = fill(browser_of_member, to="ada@example.org\nnobody", subject="", field_message=" ", more="[1]")
    answer = browser_of_member.post(NEW, form)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "“nobody” is not an e-mail address" in page
    for name in ("to", "subject", "more"):
        assert f'id="{name}-complaint"' in page
    assert "ada@example.org\nnobody</textarea>" in page
    answer = browser_of_member.post(NEW, {**form, "to": "ada@example.org", "subject": "Hi", "more": "{}"})
    assert 'id="field_message-complaint"' in answer.content.decode()
    assert not OutboxMail.objects.exists()


@pytest.mark.parametrize("subject", ["a\nBcc: eve@example.org", "a\x00b", "x" * 256])
def test_subject_that_is_not_one_line_is_refused(browser_of_member: Client, subject: str) -> None:
    answer = browser_of_member.post(NEW, fill(browser_of_member, subject=subject))
    assert (answer.status_code, OutboxMail.objects.exists()) == (400, False)


def test_context_may_not_name_rows_and_the_form_must_be_ours(browser_of_member: Client) -> None:
    form = fill(browser_of_member, more='{"who": {"$model": "accounts.user", "$id": 1}}')
    answer = browser_of_member.post(NEW, form)
    assert answer.status_code == 400
    assert 'id="more-complaint"' in answer.content.decode()
    assert browser_of_member.post(NEW, {**fill(browser_of_member), "key": "made-up"}).status_code == 400
    assert not OutboxMail.objects.exists()


def test_mail_about_security_is_for_operators(browser_of_member: Client, client: Client, operator: User) -> None:
    address = "/mail/new/?template=password_reset"
    assert "password_reset" not in read(browser_of_member, "/mail/new/")
    form = {**fill(browser_of_member), "field_reset_url": "https://example.org/", "field_valid_for": "an hour"}
    assert browser_of_member.post(address, form).status_code == 403
    client.force_login(operator, backend=BACKEND)
    assert client.post(address, form).status_code == 302


def test_recipients_are_counted_while_they_are_typed(browser_of_member: Client) -> None:
    typed = {"to": "ada@example.org, Ada@example.org\nnoor@example.org\nnobody"}
    said = " ".join(browser_of_member.post("/mail/new/recipients/", typed).content.decode().split())
    assert said.startswith("2 recipients · 1 address twice, counted once · “nobody” is not")


@override_settings(MAIL_RATE=Rate(1, 3600.0))
def test_pages_use_up_the_same_share_as_the_api(browser_of_member: Client) -> None:
    assert browser_of_member.post(NEW, fill(browser_of_member)).status_code == 302
    assert browser_of_member.post(NEW, fill(browser_of_member)).status_code == 429
    assert browser_of_member.post("/mail/templates/notification/test/").status_code == 429
    assert OutboxMail.objects.count() == 1


# ---- who gets none


def test_stopped_addresses_are_for_operators(browser_of_member: Client, client: Client, operator: User) -> None:
    read(browser_of_member, "/mail/stopped/", 403)
    assert "/mail/stopped/" not in read(browser_of_member, "/mail/")
    client.force_login(operator, backend=BACKEND)
    answer = client.post("/mail/stopped/", {"addresses": "Ada@example.org\nbo@example.org", "detail": "Left"})
    assert (answer.status_code, answer["Location"]) == (302, "/mail/stopped/")
    page = read(client, "/mail/stopped/?q=ADA")
    assert ("ada@example.org" in page, "bo@example.org" in page, "1 entry" in page) == (True, False, True)
    assert "No address matches." in read(client, "/mail/stopped/?reason=bounced")
    assert client.post("/mail/stopped/", {"addresses": "nobody", "category": "security"}).status_code == 400
    row = Suppression.objects.get(address="ada@example.org")
    client.post(f"/mail/stopped/{row.pk}/remove/")
    assert not Suppression.objects.filter(pk=row.pk).exists()


def test_person_chooses_which_mail_they_want(browser_of_member: Client, member: User) -> None:
    assert read(browser_of_member, "/settings/").count('name="wanted"') == 2
    answer = browser_of_member.post("/mail/preferences/", {"wanted": "notice"})
    assert answer["Location"] == "/settings/#mail"
    assert {one.category: one.is_wanted for one in services.preferences_of(user_id=member.pk)} == {
        "notice": True,
        "bulk": False,
    }
    page = read(browser_of_member, "/settings/")
    assert 'value="notice" checked' in page
    assert 'value="bulk" checked' not in page


def test_who_wants_none_is_skipped_and_told(browser_of_member: Client, member: User) -> None:
    browser_of_member.post("/mail/preferences/", {})
    browser_of_member.post(NEW, fill(browser_of_member, to=member.email))
    drain()
    mail = OutboxMail.objects.get()
    page = read(browser_of_member, f"/mail/{mail.pk}/")
    assert mail.state == MailState.SKIPPED
    assert "The recipient does not want such mail." in page
    assert "Skipped" in read(browser_of_member, f"/jobs/{mail.task_id}/toast/")
