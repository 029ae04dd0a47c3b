"""One mail: sent once, by the rule of its category where nobody knows, and told as it is."""

import pytest
from django.db import transaction
from django.utils import timezone

from nightdesk.accounts.models import User
from nightdesk.accounts.services import create_user
from nightdesk.core.errors import Conflict, InvalidInput, OutcomeUnknown, Permanent
from nightdesk.engine import actions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of, result_of
from nightdesk.engine.states import State
from nightdesk.engine.testing import drain, run_job
from nightdesk.mail import services
from nightdesk.mail.errors import MailNotInDoubt
from nightdesk.mail.jobs import SendMail, SendWelcomeEmail
from nightdesk.mail.models import MailBody, MailState, OutboxMail, SenderPause, Suppression
from nightdesk.mail.services import NothingToRetry
from nightdesk.mail.tasks import send_notification_email, send_welcome_email
from tests.integration.mail.mails import TO, ask, mail_of, run_again
from tests.support.smtp import SmtpSink, drop, say

pytestmark = pytest.mark.django_db(transaction=True)


def test_mail_leaves_once_and_says_so(smtp: SmtpSink) -> None:
    job = run_job(ask())

    mail = mail_of(job.pk)
    assert result_of(job) == {
        "success": True,
        "message": f"The mail was sent to {TO}.",
        "mail_id": mail.pk,
        "state": "sent",
    }
    assert (mail.state, mail.attempts, mail.last_code, mail.sealed_context) == (MailState.SENT, 1, 250, "")
    (stored,) = smtp.mails
    assert (stored.sender, stored.recipient) == ("desk@studio.example", TO)
    assert stored.message_id == f"<{mail.uid}@studio.example>"


def test_without_server_mail_is_kept_and_nothing_leaves() -> None:
    job = run_job(ask())

    mail = mail_of(job.pk)
    assert mail.state == MailState.KEPT
    assert result_of(job)["message"].endswith("is kept in the outbox. Nothing has left.")
    read = services.read_body(mail=mail)
    assert read is not None
    assert "It is done." in read.text
    assert "It is done." in read.html


@pytest.mark.parametrize(
    ("template", "copies", "job_state", "mail_state"),
    [
        ("password_reset", 4, State.UNKNOWN, MailState.UNKNOWN),
        ("notification", 3, State.UNKNOWN, MailState.UNKNOWN),
        ("newsletter", 1, State.UNKNOWN, MailState.UNKNOWN),
    ],
)
def test_lost_answers_lead_to_a_person_after_as_many_copies_as_the_category_allows(
    smtp: SmtpSink, template: str, copies: int, job_state: str, mail_state: str
) -> None:
    smtp.plan(drop("stored", times=9))
    job = run_job(ask(template=template))
    while job.state == State.WAITING:
        assert "It is sent once more" in mail_of(job.pk).last_error
        job = run_again(job.pk)

    mail = mail_of(job.pk)
    assert (job.state, mail.state, mail.doubts) == (job_state, mail_state, copies)
    assert mail.last_error.endswith("say whether it arrived.")
    assert smtp.message_ids == [f"<{mail.uid}@studio.example>"] * copies
    assert len({stored.raw for stored in smtp.mails}) == 1  # the same bytes each time


def test_lost_answer_of_a_reset_is_followed_by_the_same_mail_again(smtp: SmtpSink) -> None:
    smtp.plan(drop("stored"))
    job = run_job(ask(template="password_reset"))
    assert (job.state, mail_of(job.pk).state) == (State.WAITING, MailState.QUEUED)
    sealed = MailBody.objects.get()
    assert sealed.is_sealed
    assert b"studio.example/r/1" not in bytes(sealed.raw)

    job = run_again(job.pk)

    assert (job.state, mail_of(job.pk).state) == (State.SUCCEEDED, MailState.SENT)
    assert len(smtp.mails) == 2
    assert len(set(smtp.message_ids)) == 1
    assert not MailBody.objects.exists()  # what opened a door is not kept


def test_connection_lost_before_the_letter_is_no_doubt(smtp: SmtpSink) -> None:
    smtp.plan(drop("data"))
    job = run_job(ask(template="newsletter"))
    assert (job.state, mail_of(job.pk).state) == (State.WAITING, MailState.QUEUED)

    job = run_again(job.pk)

    assert (job.state, mail_of(job.pk).doubts) == (State.SUCCEEDED, 0)
    assert len(smtp.mails) == 1


def test_refusal_for_good_fails_and_suppresses_the_address(smtp: SmtpSink) -> None:
    smtp.plan(say("rcpt", "550 5.1.1 No such mailbox"))

    job = run_job(ask())

    mail = mail_of(job.pk)
    assert (job.state, mail.state, mail.last_code) == (State.FAILED, MailState.FAILED, 550)
    assert Suppression.objects.get().address == TO
    following = mail_of(run_job(ask()).pk)
    assert (following.state, smtp.mails) == (MailState.SKIPPED, [])
    assert following.last_error == "The mail server said that there is no such mailbox."


def test_greylisted_mail_is_tried_again_and_given_up_in_the_end(smtp: SmtpSink) -> None:
    smtp.plan(say("rcpt", "451 4.7.1 Come back later", times=4))
    job = run_job(ask())
    assert (job.state, mail_of(job.pk).state, mail_of(job.pk).last_code) == (State.WAITING, MailState.QUEUED, 451)
    for _ in range(3):
        job = run_again(job.pk)

    mail = mail_of(job.pk)
    assert (job.state, mail.state, mail.attempts, mail.doubts) == (State.FAILED, MailState.FAILED, 4, 0)
    services.retry_mail(mail_id=mail.pk, by=None)  # the server has come round
    assert drain() == 1
    assert mail_of(job.pk).state == MailState.SENT  # under its own job, and the same row
    assert len(smtp.mails) == 1


def test_refusal_after_a_doubt_stays_a_question(smtp: SmtpSink) -> None:
    smtp.plan(drop("stored"))
    job = run_job(ask())
    smtp.plan(say("rcpt", "550 5.1.1 No such mailbox"))

    job = run_again(job.pk)

    assert (job.state, mail_of(job.pk).state) == (State.UNKNOWN, MailState.UNKNOWN)
    assert len(smtp.mails) == 1


def test_server_that_wants_a_pause_gets_one_from_everybody(smtp: SmtpSink) -> None:
    smtp.plan(say("mail", "421 4.7.0 Too many mails, try again later"))
    first = run_job(ask())
    pause = SenderPause.objects.get()
    connections = smtp.connections

    second = run_job(ask(to="ben@example.org"))

    assert [first.state, second.state] == [State.WAITING, State.WAITING]
    assert smtp.connections == connections  # it was not even asked
    assert abs((second.run_at - pause.until).total_seconds()) < 5
    SenderPause.objects.update(until=timezone.now())
    assert [run_again(job.pk).state for job in (first, second)] == [State.SUCCEEDED, State.SUCCEEDED]
    assert sorted(smtp.recipients) == [TO, "ben@example.org"]


def test_person_decides_that_it_arrived(smtp: SmtpSink) -> None:
    smtp.plan(drop("stored"))
    job = run_job(ask(template="newsletter"))
    mail = mail_of(job.pk)

    assert services.decide_mail(mail_id=mail.pk, arrived=True, by=None).state == MailState.SENT

    assert Job.objects.get(pk=job.pk).state == State.SUCCEEDED
    assert drain() == 0
    with pytest.raises(MailNotInDoubt):
        services.decide_mail(mail_id=mail.pk, arrived=False, by=None)


def test_person_decides_that_it_did_not_arrive(smtp: SmtpSink) -> None:
    smtp.plan(drop("end"))
    job = run_job(ask(template="newsletter"))
    mail = mail_of(job.pk)
    with pytest.raises(Conflict):
        services.retry_mail(mail_id=mail.pk, by=None)

    services.decide_mail(mail_id=mail.pk, arrived=False, by=None)
    drain()

    assert (mail_of(job.pk).state, Job.objects.get(pk=job.pk).state) == (MailState.SENT, State.SUCCEEDED)
    assert smtp.message_ids == [f"<{mail.uid}@studio.example>"]


@pytest.mark.parametrize("by_the_job", [True, False])
def test_what_opened_a_door_is_not_kept_once_somebody_says_that_it_arrived(smtp: SmtpSink, by_the_job: bool) -> None:
    smtp.plan(drop("stored", times=9))
    job = run_job(ask(template="password_reset"))
    while job.state == State.WAITING:
        job = run_again(job.pk)
    mail = mail_of(job.pk)
    assert MailBody.objects.filter(pk=mail.pk).exists()

    if by_the_job:
        actions.decide(job_id=job.pk, done=True)
    else:
        services.decide_mail(mail_id=mail.pk, arrived=True, by=None)

    assert mail_of(job.pk).state == MailState.SENT
    assert not MailBody.objects.filter(pk=mail.pk).exists()


@pytest.mark.parametrize("done", [True, False])
def test_decision_on_the_job_decides_the_mail(smtp: SmtpSink, done: bool) -> None:
    smtp.plan(drop("stored"))
    job = run_job(ask(template="newsletter"))

    actions.decide(job_id=job.pk, done=done)

    assert mail_of(job.pk).state == (MailState.SENT if done else MailState.FAILED)


def test_cancelled_before_it_left_it_can_be_sent_after_all(smtp: SmtpSink) -> None:
    smtp.plan(say("rcpt", "451 4.7.1 Come back later"))
    job = run_job(ask())
    mail = mail_of(job.pk)

    assert services.cancel_mail(mail_id=mail.pk, by=None).state == MailState.CANCELLED
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED
    assert services.cancel_mail(mail_id=mail.pk, by=None).state == MailState.CANCELLED

    services.retry_mail(mail_id=mail.pk, by=None)
    drain()
    assert mail_of(job.pk).state == MailState.SENT
    with pytest.raises(NothingToRetry):
        services.retry_mail(mail_id=mail.pk, by=None)


def test_mail_whose_job_is_gone_is_sent_by_a_new_one(smtp: SmtpSink) -> None:
    smtp.plan(drop("stored"))
    job = run_job(ask(template="newsletter"))
    mail = mail_of(job.pk)
    Job.objects.all().delete()

    services.decide_mail(mail_id=mail.pk, arrived=False, by=None)
    drain()

    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    assert Job.objects.get().pk == mail.task_id
    assert Job.objects.get().kind == SendMail.kind.name


def test_incomplete_context_fails_at_once_and_names_what_is_missing() -> None:
    job = run_job(ask(template="notification", message=""))

    assert job.state == State.FAILED
    said = "The mail template 'notification' needs message, and the context has not. Ask for the mail anew, with it."
    error = error_of(job)
    assert error is not None
    assert error.message == mail_of(job.pk).last_error == said


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://example.org/ onclick=x", "/exports/"]
)
def test_button_that_leads_nowhere_a_mail_may_lead_is_refused(smtp: SmtpSink, link: str) -> None:
    job = run_job(ask(link_url=link))

    error = error_of(job)
    assert error is not None
    assert (job.state, error.code, smtp.mails) == (State.FAILED, "mail_link_not_allowed", [])
    with pytest.raises(InvalidInput) as refused:
        services.check_mail(
            recipient_email=TO,
            subject="Done",
            template_name="notification",
            context={"message": "Done.", "link_url": link},
            is_operator=False,
        )
    assert list(refused.value.details) == ["context.link_url"]


def test_called_directly_a_mail_is_sent_in_place(smtp: SmtpSink) -> None:
    user = create_user(email=TO, first_name="Ada")

    result = send_notification_email("ben@example.org", "About Ada", "notification", {"message": "Hi", "user": user})

    assert (result["success"], OutboxMail.objects.get().state, Job.objects.count()) == (True, MailState.SENT, 0)
    assert "Hello Ada," in smtp.mails[0].message.get_body(("plain",)).get_content()


def test_called_directly_a_failure_leaves_no_mail_behind_that_waits(smtp: SmtpSink) -> None:
    smtp.plan(drop("stored"))

    with pytest.raises(OutcomeUnknown):
        send_notification_email("ben@example.org", "Hello", "notification", {"message": "Hi"})

    assert OutboxMail.objects.get().state == MailState.UNKNOWN


def test_welcome_is_sent_once_whoever_asks(smtp: SmtpSink) -> None:
    user = create_user(email=TO, first_name="Ada")
    for _ in range(2):
        send_welcome_email.delay(user.pk, "user")
    send_welcome_email.delay(admin_id=user.pk, user_type="admin")
    drain()

    states = set(Job.objects.values_list("state", flat=True))
    subjects = sorted(str(stored.message["Subject"]) for stored in smtp.mails)
    assert (states, subjects) == ({"succeeded"}, ["Welcome to Nightdesk", "You look after Nightdesk now"])


def test_welcome_that_never_left_is_sent_when_asked_for_again(smtp: SmtpSink) -> None:
    user = create_user(email=TO)
    smtp.plan(say("rcpt", "554 5.7.1 Not today"))
    assert run_job(enqueue(SendWelcomeEmail(user_id=user.pk))).state == State.FAILED

    assert run_job(enqueue(SendWelcomeEmail(user_id=user.pk))).state == State.SUCCEEDED

    assert (OutboxMail.objects.get().state, smtp.recipients) == (MailState.SENT, [TO])


def test_welcome_of_somebody_who_is_gone_fails_plainly() -> None:
    with pytest.raises(Permanent, match="User 4711 is not there any more, so nobody was welcomed"):
        send_welcome_email(4711)
    with pytest.raises(ValueError, match="either user_id or admin_id"):
        send_welcome_email.delay(user_id=1, admin_id=2)


def test_mail_is_written_with_what_it_tells_about_or_not_at_all(smtp: SmtpSink) -> None:
    class Undone(Exception):
        pass

    def write() -> OutboxMail:
        return services.write_mail(
            dedupe_key="export:7",
            category="notice",
            template="notification",
            recipient=TO,
            subject="Ready",
            context={"message": "It is there."},
        )

    def write_and_fail() -> None:
        with transaction.atomic():
            write()
            raise Undone

    with pytest.raises(Undone):
        write_and_fail()
    assert (OutboxMail.objects.count(), Job.objects.count()) == (0, 0)

    first, second = write(), write()

    assert first.pk == second.pk
    assert (drain(), len(smtp.mails)) == (1, 1)
    assert User.objects.count() == 0
