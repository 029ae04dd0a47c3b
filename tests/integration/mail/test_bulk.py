"""A mailing: each address once, in batches, what nobody knows listed, and nothing sent again by itself."""

import threading
import uuid
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pydantic import ValidationError

from nightdesk.accounts.services import create_user
from nightdesk.engine import actions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.execution import MOST_PAUSES
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of, result_of
from nightdesk.engine.states import State
from nightdesk.engine.testing import drain, run_job
from nightdesk.mail import services
from nightdesk.mail.jobs import SendBulkNotificationEmails, SendMailBatch
from nightdesk.mail.models import (
    MAX_BATCH,
    BulkMail,
    MailPreference,
    MailState,
    OutboxMail,
    SenderPause,
    SuppressionReason,
)
from nightdesk.mail.services import claiming
from nightdesk.mail.services.claiming import Result
from nightdesk.mail.tasks import send_bulk_notification_emails
from tests.integration.mail.mails import run_again
from tests.support.smtp import Phase, SmtpSink, drop, hang, say

pytestmark = pytest.mark.django_db(transaction=True)


def addresses(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


def ask(people: list[str], **context: object) -> UUID:
    return enqueue(
        SendBulkNotificationEmails(
            recipient_emails=people, subject="What we made in May", context={"content": "News.", **context}
        )
    )


def figures(job_id: UUID) -> dict[str, int]:
    result = result_of(Job.objects.get(pk=job_id))
    return {name: value for name, value in result.items() if value and name not in {"success", "message", "bulk_id"}}


def in_thread(call: Callable[..., object], *args: object) -> threading.Thread:
    def run() -> None:
        try:
            call(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def batch_job() -> Job:
    return Job.objects.get(kind=SendMailBatch.kind.name)


def test_mailing_goes_out_in_batches_and_counts_every_address_once(smtp: SmtpSink) -> None:
    people = addresses(MAX_BATCH + 5)
    job_id = ask([*people, "READER0@example.org", people[1]])

    drain()

    assert figures(job_id) == {"total": MAX_BATCH + 5, "duplicates": 2, "sent": MAX_BATCH + 5}
    assert result_of(Job.objects.get(pk=job_id))["message"] == (
        "105 mails: 105 sent; 2 named more than once, and counted once."
    )
    assert sorted(smtp.recipients) == sorted(people)
    assert Job.objects.filter(kind=SendMailBatch.kind.name).count() == 2
    assert smtp.connections == 1


def test_mailing_greets_its_members_and_passes_over_who_wants_none(smtp: SmtpSink) -> None:
    create_user(email="reader0@example.org", first_name="Ada")
    refuser = create_user(email="reader1@example.org")
    MailPreference.objects.create(user=refuser, category="bulk", is_wanted=False)
    services.suppress(address="reader2@example.org", reason=SuppressionReason.BOUNCED)
    job_id = ask(addresses(4))

    drain()

    assert figures(job_id) == {"total": 4, "sent": 2, "skipped": 2}
    texts = [stored.message.get_body(("plain",)).get_content() for stored in smtp.mails]
    assert ["Hello Ada," in text for text in texts] == [True, False]


def test_who_leaves_after_the_mailing_was_asked_for_gets_none_of_it(smtp: SmtpSink) -> None:
    job_id = ask(addresses(2))
    assert run_job(job_id).state == State.WAITING_CHILDREN
    services.suppress(address="reader1@example.org", reason=SuppressionReason.UNSUBSCRIBED, category="bulk")

    drain()

    assert smtp.recipients == ["reader0@example.org"]
    assert OutboxMail.objects.get(recipient="reader1@example.org").state == MailState.SKIPPED


def test_each_fault_of_the_server_is_told_of_the_mail_that_it_hit(smtp: SmtpSink) -> None:
    smtp.plan(
        drop("stored", recipient="reader1@example.org"),
        say("rcpt", "550 5.1.1 No such mailbox", recipient="reader2@example.org"),
        say("rcpt", "451 4.7.1 Come back later", recipient="reader3@example.org"),
    )
    job_id = ask(addresses(5))
    drain()
    assert batch_job().state == State.WAITING  # one was put off

    run_again(batch_job().pk)
    drain()

    assert figures(job_id) == {"total": 5, "sent": 3, "failed": 1, "unknown": 1}
    assert sorted(smtp.recipients) == [f"reader{number}@example.org" for number in (0, 1, 3, 4)]
    (mail,) = OutboxMail.objects.filter(state=MailState.UNKNOWN)
    services.decide_mail(mail_id=mail.pk, arrived=False, by=None)
    drain()
    assert OutboxMail.objects.get(pk=mail.pk).state == MailState.SENT
    assert smtp.message_ids.count(f"<{mail.uid}@studio.example>") == 2  # because a person said so


def test_pause_stops_the_batch_and_nothing_is_lost(smtp: SmtpSink) -> None:
    smtp.plan(say("mail", "421 4.7.0 Too many mails"))
    job_id = ask(addresses(3))
    drain()
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.QUEUED}

    SenderPause.objects.all().delete()
    run_again(batch_job().pk)
    drain()

    assert figures(job_id) == {"total": 3, "sent": 3}
    assert len(smtp.mails) == 3


def test_server_that_keeps_asking_for_pauses_uses_up_no_tries(smtp: SmtpSink) -> None:
    smtp.plan(say("mail", "421 4.7.0 Too many mails", times=6))
    job_id = ask(addresses(3))
    drain()
    for _ in range(6):
        run_again(batch_job().pk)  # while it lasts, nobody asks the server; that is no try either
        SenderPause.objects.all().delete()
        run_again(batch_job().pk)
    drain()

    assert figures(job_id) == {"total": 3, "sent": 3}
    assert (batch_job().failures, smtp.recipients) == (0, addresses(3))


def test_pauses_without_end_are_given_up(smtp: SmtpSink) -> None:
    smtp.plan(say("mail", "421 4.7.0 Too many mails"))
    ask(addresses(1))
    drain()
    Job.objects.filter(pk=batch_job().pk).update(runs=MOST_PAUSES + 1, failures=0)

    assert [run_again(batch_job().pk).state for _ in range(4)] == [State.WAITING] * 3 + [State.FAILED]
    assert OutboxMail.objects.get().state == MailState.FAILED


def test_mail_that_a_person_cancelled_stays_so_when_its_batch_runs_again(smtp: SmtpSink) -> None:
    smtp.plan(say("rcpt", "451 4.7.1 Come back later", recipient="reader1@example.org"))
    job_id = ask(addresses(3))
    drain()
    mail = OutboxMail.objects.get(recipient="reader1@example.org")
    assert services.cancel_mail(mail_id=mail.pk, by=None).state == MailState.CANCELLED

    run_again(batch_job().pk)
    drain()

    assert figures(job_id) == {"total": 3, "sent": 2, "cancelled": 1}
    services.retry_mail(mail_id=mail.pk, by=None)
    drain()
    assert sorted(smtp.recipients) == addresses(3)


def test_mail_that_a_person_sends_again_is_no_business_of_its_batch_any_more(smtp: SmtpSink) -> None:
    smtp.plan(
        drop("stored", recipient="reader0@example.org"),
        say("rcpt", "451 4.7.1 Come back later", recipient="reader1@example.org"),
    )
    job_id = ask(addresses(2))
    drain()
    smtp.plan(say("rcpt", "451 4.7.1 Come back later", recipient="reader0@example.org"))
    mail = OutboxMail.objects.get(recipient="reader0@example.org", state=MailState.UNKNOWN)
    services.decide_mail(mail_id=mail.pk, arrived=False, by=None)
    drain()
    alone = OutboxMail.objects.get(pk=mail.pk).task_id  # it was put off, too

    run_again(batch_job().pk)
    drain()  # the mailing ends

    mail.refresh_from_db()
    assert Job.objects.get(pk=job_id).state == State.SUCCEEDED
    assert (mail.state, mail.task_id) == (MailState.QUEUED, alone)
    assert alone is not None
    run_again(alone)
    assert OutboxMail.objects.get(pk=mail.pk).state == MailState.SENT


def test_mail_given_back_by_a_run_that_was_taken_for_dead_is_sent(smtp: SmtpSink) -> None:
    smtp.plan(hang("rcpt", recipient="reader1@example.org"))
    job_id = ask(addresses(2))
    run_job(job_id)
    lost, dead = OutboxMail.objects.get(recipient="reader0@example.org"), uuid.uuid4()
    OutboxMail.objects.filter(pk=lost.pk).update(state=MailState.SENDING, token=dead, task_id=batch_job().pk)
    sending = in_thread(run_job, batch_job().pk)
    smtp.wait_held()
    assert OutboxMail.objects.get(pk=lost.pk).state == MailState.UNKNOWN

    claiming.turn(token=dead, before=(lost, Result(state=MailState.QUEUED)), following=None)  # nothing had left
    smtp.release()
    sending.join()

    assert sorted(smtp.recipients) == addresses(2)
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_given_up_mails_fail_and_a_persons_retry_sends_only_those(smtp: SmtpSink) -> None:
    smtp.plan(say("rcpt", "451 4.7.1 Come back later", recipient="reader1@example.org", times=4))
    job_id = ask(addresses(3))
    drain()
    for _ in range(3):
        run_again(batch_job().pk)
    drain()
    assert (batch_job().state, figures(job_id)) == (State.FAILED, {"total": 3, "sent": 2, "failed": 1})

    actions.retry(job_id=batch_job().pk)
    drain()

    assert (sorted(smtp.recipients), batch_job().state) == (addresses(3), State.SUCCEEDED)
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.SENT}


def test_cancelled_mailing_sends_no_more(smtp: SmtpSink) -> None:
    job_id = ask(addresses(3))
    run_job(job_id)

    assert actions.cancel(job_id=job_id) == "cancelled"

    assert drain() == 0
    assert smtp.mails == []
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.CANCELLED}


@pytest.mark.parametrize(("phase", "told"), [("rcpt", MailState.CANCELLED), ("stored", MailState.UNKNOWN)])
def test_mail_that_is_on_its_way_when_its_mailing_is_cancelled_is_told_honestly(
    smtp: SmtpSink, phase: Phase, told: str
) -> None:
    smtp.plan(hang(phase, recipient="reader0@example.org"))
    job_id = ask(addresses(3))
    run_job(job_id)
    sending = in_thread(run_job, batch_job().pk)
    smtp.wait_held()

    actions.cancel(job_id=job_id)
    sending.join()

    states = dict(OutboxMail.objects.values_list("recipient", "state"))
    assert states == dict(zip(addresses(3), (told, MailState.CANCELLED, MailState.CANCELLED), strict=True))
    assert batch_job().state == State.CANCELLED


def test_mail_of_a_cancelled_mailing_can_be_sent_alone(smtp: SmtpSink) -> None:
    job_id = ask(addresses(2))
    run_job(job_id)
    actions.cancel(job_id=job_id)
    mail = OutboxMail.objects.get(recipient="reader1@example.org")

    services.retry_mail(mail_id=mail.pk, by=None)
    drain()

    assert smtp.recipients == ["reader1@example.org"]
    assert "News." in smtp.mails[0].message.get_body(("plain",)).get_content()


def test_mails_that_no_job_has_any_more_are_closed(smtp: SmtpSink) -> None:
    job_id = ask(addresses(3))
    run_job(job_id)
    OutboxMail.objects.filter(recipient="reader0@example.org").update(state=MailState.SENDING)
    assert services.close_strays(before=timezone.now()) == 0  # their jobs are alive
    Job.objects.all().delete()

    assert services.close_strays(before=timezone.now(), dry_run=True) == 3
    assert services.close_strays(before=timezone.now()) == 3
    assert services.close_strays(before=timezone.now()) == 0

    states = dict(OutboxMail.objects.values_list("recipient", "state"))
    assert states == dict(zip(addresses(3), ("unknown", "failed", "failed"), strict=True))


def test_incomplete_context_writes_nothing() -> None:
    job = run_job(ask(addresses(3), content=""))

    error = error_of(job)
    assert error is not None
    assert (job.state, error.code, BulkMail.objects.count()) == (State.FAILED, "mail_context_incomplete", 0)


def test_called_directly_a_mailing_is_sent_in_place(smtp: SmtpSink) -> None:
    result = send_bulk_notification_emails(addresses(2), "News", "newsletter", {"content": "News."})

    assert (result["sent"], result["total"], len(smtp.mails)) == (2, 2, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient_emails": addresses(5_001)},
        {"recipient_emails": []},
        {"subject": "Hello\r\nBcc: all@example.org"},
        {"context": {"content": object()}},
        {"context": {"content": float("nan")}},
    ],
    ids=["too-many", "nobody", "line-break", "object", "not-a-number"],
)
def test_what_cannot_be_sent_is_refused_before_there_is_a_job(wrong: dict[str, object]) -> None:
    given = {"recipient_emails": addresses(1), "subject": "News", "context": {"content": "News."}}

    with pytest.raises(ValidationError):
        send_bulk_notification_emails.delay(**{**given, **wrong})

    assert Job.objects.count() == 0


def test_5000_recipients_are_accepted() -> None:
    job_id = ask(addresses(5_000))

    assert run_job(job_id).state == State.WAITING_CHILDREN
    assert OutboxMail.objects.count() == 5_000
    assert Job.objects.filter(kind=SendMailBatch.kind.name).count() == 50
