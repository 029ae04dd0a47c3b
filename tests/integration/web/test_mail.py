"""The outbox, one mail, mailings and templates, as their reader gets them."""

from html import escape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from nightdesk.accounts.models import Role, User
from nightdesk.accounts.services import create_user
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.mail import services
from nightdesk.mail.models import Category, MailBody, MailState, OutboxMail, SenderPause
from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.registry import configure, configured
from nightdesk.web.mail.frame import FRAMING_POLICY, MAIL_POLICY
from tests.integration.web.conftest import BACKEND
from tests.integration.web.mails import make_mail, make_mailing, read

pytestmark = pytest.mark.django_db


def write(asked_by: User, template: str = "notification", **fields: object) -> OutboxMail:
    """Write a mail as the product does, and let it be sent: without a server it is kept."""
    info = services.find_template(template)
    asked: dict[str, Any] = {
        "dedupe_key": f"test:{template}",
        "category": info.category,
        "template": template,
        "recipient": "ada@example.org",
        "subject": "Grüße <b>",
        "context": info.sample,
        "asked_by": asked_by.pk,
        **fields,
    }
    mail = services.write_mail(**asked)
    drain()
    mail.refresh_from_db()
    return mail


# ---- the list


def test_outbox_without_mail_says_how_to_begin_and_that_nothing_leaves(browser_of_member: Client) -> None:
    page = read(browser_of_member, "/mail/")
    assert "No mail was written yet." in page
    assert "mail is kept here and does not leave" in page
    assert "NIGHTDESK_SMTP_HOST" in page


def test_pause_that_the_server_asked_for_is_told(browser_of_member: Client) -> None:
    before = configured()
    configure(MailOptions(host="mail.example"))
    try:
        assert 'id="sender"' not in read(browser_of_member, "/mail/")
        SenderPause.objects.create(sender="smtp", until="2100-01-01T00:00Z", reason="Too many mails.")
        page = read(browser_of_member, "/mail/")
    finally:
        configure(before)
    assert "The mail server wants a pause." in page
    assert "Too many mails." in page


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        write(member, dedupe_key=f"test:{number}", recipient=f"ada{number}@example.org")
        make_mailing(member, f"May {number}", sent=2, failed=1)
    # session, user, count, mails, jobs of mails, mailings, their counts, their jobs, what the frame counts
    with django_assert_num_queries(9):
        page = read(browser_of_member, "/mail/")
    assert [f"ada{number}@example.org</a>" in page for number in range(4)] == [number < count for number in range(4)]
    assert page.count("2 of 3 sent") == count


@pytest.mark.parametrize(
    ("query", "recipients"),
    [
        ("", {"ada", "bo"}),
        ("q=BO", {"bo"}),
        ("q=reset", {"bo"}),
        ("state=failed", {"bo", "failed0"}),
        ("state=nonsense&category=nonsense&mailing=x", {"ada", "bo"}),
        ("category=security", {"bo"}),
        ("q=example&category=bulk", {"failed0", "sent0"}),
        ("mailing={mailing}&state=sent", {"sent0"}),
        ("q=a%00b", set()),
    ],
)
def test_list_is_filtered_by_its_address(
    browser_of_member: Client, member: User, query: str, recipients: set[str]
) -> None:
    mailing = make_mailing(member, sent=1, failed=1)
    make_mail(member, "ada@example.org", state=MailState.SENT)
    make_mail(member, "bo@example.org", state=MailState.FAILED, category=Category.SECURITY, subject="Reset")
    page = read(browser_of_member, f"/mail/?{query.format(mailing=mailing.pk)}")
    shown = {name for name in ("ada", "bo", "sent0", "failed0") if f">{name}@example.org</a>" in page}
    assert shown == recipients
    assert ("No mail matches." in page) == (not shown)


def test_members_see_what_they_asked_for_or_get_and_operators_everything(
    client: Client, browser_of_member: Client, member: User, operator: User
) -> None:
    mine, to_me, theirs = (
        make_mail(member, "mine@example.org"),
        make_mail(operator, "to-me@example.org", user=member),
        make_mail(operator, "theirs@example.org"),
    )
    page = read(browser_of_member, "/mail/")
    assert [f">{one.recipient}</a>" in page for one in (mine, to_me, theirs)] == [True, True, False]
    read(browser_of_member, f"/mail/{theirs.pk}/", 404)
    read(browser_of_member, f"/mail/{theirs.pk}/html/", 404)
    assert browser_of_member.post(f"/mail/{to_me.pk}/cancel/").status_code == 403
    client.force_login(operator, backend=BACKEND)
    page = read(client, "/mail/")
    assert [f">{one.recipient}</a>" in page for one in (mine, to_me, theirs)] == [True, True, True]


# ---- one mail


def test_mail_is_shown_with_headers_in_a_frame_that_does_and_fetches_nothing(
    browser_of_member: Client, member: User
) -> None:
    mail = write(member)
    answer = browser_of_member.get(f"/mail/{mail.pk}/")
    page = answer.content.decode()
    assert answer["Content-Security-Policy"] == FRAMING_POLICY
    assert f'src="/mail/{mail.pk}/html/" sandbox title=' in page
    assert "Kept here" in page
    assert f"&lt;{mail.uid}@" in page
    assert "<dt>Subject</dt><dd" in page
    assert f'<h1 dir="auto">{escape("Grüße <b>")}</h1>' in page
    inside = browser_of_member.get(f"/mail/{mail.pk}/html/")
    assert (inside["Content-Security-Policy"], inside["X-Frame-Options"]) == (MAIL_POLICY, "SAMEORIGIN")
    assert "1,204 posts" in inside.content.decode()
    text = read(browser_of_member, f"/mail/{mail.pk}/?as=text")
    assert 'href="https://example.org/exports"' in text
    assert "<iframe" not in text


def test_what_is_about_security_is_read_by_nobody_but_an_administrator_where_it_was_kept(
    client: Client, member: User, operator: User
) -> None:
    administrator = create_user(email="ida@example.org", role=Role.ADMINISTRATOR)
    mail = write(member, "password_reset")
    secret = "reset/made-up-for-the-preview"
    for user, status in ((member, 404), (operator, 404), (administrator, 200)):
        client.force_login(user, backend=BACKEND)
        page = read(client, f"/mail/{mail.pk}/?as=text")
        assert (secret in page, "shown to nobody else" in page) == (status == 200, status == 404)
        assert (secret in read(client, f"/mail/{mail.pk}/html/", status)) == (status == 200)
    OutboxMail.objects.filter(pk=mail.pk).update(state=MailState.SENT)
    assert secret not in read(client, f"/mail/{mail.pk}/?as=text")


def test_mail_whose_bytes_are_damaged_is_shown_without_them(browser_of_member: Client, member: User) -> None:
    mail = write(member)
    MailBody.objects.filter(mail=mail).update(raw=b"damaged")
    page = read(browser_of_member, f"/mail/{mail.pk}/")
    assert "cannot be read any more" in page
    assert "<iframe" not in page
    read(browser_of_member, f"/mail/{mail.pk}/html/", 502)


def test_error_stands_in_plain_words_with_the_way_on(browser_of_member: Client, member: User) -> None:
    mail = make_mail(member, state=MailState.FAILED, last_error="No such mailbox.", last_code=550, attempts=2)
    page = read(browser_of_member, f"/mail/{mail.pk}/")
    assert "No such mailbox." in page
    assert "550" in page
    assert f'action="/mail/{mail.pk}/retry/"' in page
    assert "written when it is sent for the first time" in page


def test_failed_mail_is_queued_again_and_a_waiting_one_cancelled(browser_of_member: Client, member: User) -> None:
    mail = write(member)
    OutboxMail.objects.filter(pk=mail.pk).update(state=MailState.FAILED)
    answer = browser_of_member.post(f"/mail/{mail.pk}/retry/", {"back": "/mail/?state=failed"})
    mail.refresh_from_db()
    assert (answer["Location"], mail.state) == ("/mail/?state=failed", MailState.QUEUED)
    answer = browser_of_member.post(f"/mail/{mail.pk}/cancel/", {"back": "https://elsewhere.example/"})
    mail.refresh_from_db()
    assert (answer["Location"], mail.state) == (f"/mail/{mail.pk}/", MailState.CANCELLED)


@pytest.mark.parametrize(("outcome", "state"), [("arrived", MailState.SENT), ("again", MailState.QUEUED)])
def test_person_decides_about_a_mail_whose_end_nobody_knows(
    browser_of_member: Client, member: User, outcome: str, state: str
) -> None:
    mail = make_mail(member, state=MailState.UNKNOWN, doubts=1)
    page = read(browser_of_member, f"/mail/{mail.pk}/")
    assert "it may have arrived" in page
    assert 'name="outcome" value="arrived"' in page
    assert browser_of_member.post(f"/mail/{mail.pk}/decide/", {"outcome": "perhaps"}).status_code == 400
    assert browser_of_member.post(f"/mail/{mail.pk}/decide/", {"outcome": outcome}).status_code == 302
    mail.refresh_from_db()
    assert mail.state == state
    assert browser_of_member.post(f"/mail/{mail.pk}/decide/", {"outcome": outcome}).status_code == 409


# ---- mailings


@pytest.mark.parametrize("count", [1, 3])
def test_mailing_costs_the_same_queries_whatever_its_length(
    browser_of_member: Client, member: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mailing = make_mailing(member, sent=count, unknown=count, failed=count)
    with django_assert_num_queries(8):  # session, user, mailing, counts, its job, count, mails, what the frame counts
        page = read(browser_of_member, f"/mail/mailings/{mailing.task_id}/")
    assert page.count('class="line"') == 3 * count


def test_mailing_lists_first_what_needs_somebody(browser_of_member: Client, member: User) -> None:
    mailing = make_mailing(member, kept=1, skipped=1, queued=1, failed=1, unknown=2)
    page = read(browser_of_member, f"/mail/mailings/{mailing.task_id}/")
    order = ["unknown0", "unknown1", "failed0", "queued0", "skipped0", "kept0"]
    assert sorted(order, key=lambda name: page.index(f">{name}@")) == order
    assert "1 of 6 kept here" in page
    assert page.count('name="outcome" value="again"') == 2
    assert f'href="/mail/?mailing={mailing.pk}&amp;state=unknown">2 Unknown</a>' in page


def test_mailing_of_somebody_else_is_not_there(browser_of_member: Client, operator: User) -> None:
    mailing = make_mailing(operator, "Secret plans", sent=1)
    assert "Secret plans" not in read(browser_of_member, "/mail/mailings/")
    read(browser_of_member, f"/mail/mailings/{mailing.task_id}/", 404)


def test_end_of_a_mailing_is_one_notice_and_its_batches_none(browser_of_member: Client, member: User) -> None:
    to = [f"ada{number}@example.org" for number in range(3)]
    job_id = services.order_mailing(
        recipient_emails=to,
        subject="News",
        template_name="newsletter",
        context={"content": "News."},
        user_id=member.pk,
        is_operator=False,
    )
    assert 'id="tray-count">1<' in read(browser_of_member, "/mail/")
    drain()
    toast = read(browser_of_member, f"/jobs/{job_id}/toast/")
    assert "3 of 3 kept here" in toast
    assert f'href="/mail/mailings/{job_id}/">News</a>' in toast
    batch = Job.objects.get(parent_id=job_id)
    read(browser_of_member, f"/jobs/{batch.pk}/toast/", 204)
    assert 'id="bell-count">1<' in read(browser_of_member, "/mail/")
    assert "Send one batch" not in read(browser_of_member, "/activity/")


# ---- templates


def test_every_template_is_listed_and_shown_in_each_way(browser_of_member: Client) -> None:
    listed = read(browser_of_member, "/mail/templates/")
    for template in services.list_templates():
        assert f'href="/mail/templates/{template.name}/">' in listed
        assert all(f"<code>{name}</code>" in listed for name in template.needs)
        answer = browser_of_member.get(f"/mail/templates/{template.name}/?as=phone")
        assert answer["Content-Security-Policy"] == FRAMING_POLICY
        assert 'data-width="phone"' in answer.content.decode()
        inside = browser_of_member.get(f"/mail/templates/{template.name}/html/")
        assert inside["Content-Security-Policy"] == MAIL_POLICY
        assert "<html" in inside.content.decode()
        assert "letter-text" in read(browser_of_member, f"/mail/templates/{template.name}/?as=text")
    read(browser_of_member, "/mail/templates/nothing/", 404)


def test_test_mail_goes_to_whoever_asks(browser_of_member: Client, member: User) -> None:
    answer = browser_of_member.post("/mail/templates/notification/test/")
    mail = OutboxMail.objects.get()
    assert answer["Location"] == f"/mail/{mail.pk}/"
    assert (mail.recipient, mail.subject, mail.asked_by) == (member.email, "Test: Your export is ready", member)
    assert browser_of_member.post("/mail/templates/password_reset/test/").status_code == 403
