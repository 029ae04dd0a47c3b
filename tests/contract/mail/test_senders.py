"""What every way for a mail to leave must do."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.outbox import Outbox
from nightdesk.providers.mail.protocol import Sender
from nightdesk.providers.mail.service.sender import Anymail
from nightdesk.providers.mail.smtp.sender import Smtp
from tests.contract.mail.letters import Stopped, Stopping, go_on, write_letter
from tests.support.mail_services import PostmarkDouble, ResendDouble
from tests.support.smtp import SmtpSink


@dataclass
class Case:
    """A sender, and what has arrived on its other side: None where there is none."""

    sender: Sender
    arrived: Callable[[], list[tuple[str, str]]] | None = None


def _keep() -> Iterator[Case]:
    yield Case(Outbox(MailOptions()))


def _over_smtp() -> Iterator[Case]:
    with SmtpSink() as sink:
        sender = Smtp(MailOptions(host=sink.host, port=sink.port, security="none", connections=3))
        yield Case(sender, lambda: [(mail.message_id, mail.recipient) for mail in sink.mails])
        sender.close()


def _through_resend() -> Iterator[Case]:
    with ResendDouble() as service:
        sender = Anymail(MailOptions(service="resend", service_options=service.options))
        yield Case(sender, lambda: [(mail.message_id, mail.recipient) for mail in service.mails])
        sender.close()


def _through_postmark() -> Iterator[Case]:
    with PostmarkDouble() as service:
        sender = Anymail(MailOptions(service="postmark", service_options=service.options))
        yield Case(sender, lambda: [(mail.message_id, mail.recipient) for mail in service.mails])
        sender.close()


@pytest.fixture(params=[_keep, _over_smtp, _through_resend, _through_postmark], ids=lambda make: make.__name__)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    yield from request.param()


def test_a_letter_arrives_once_under_its_own_id(case: Case) -> None:
    letter = write_letter()

    receipt = case.sender.send(letter, check=go_on)

    assert receipt.is_kept == (case.arrived is None)
    if case.arrived is not None:
        assert case.arrived() == [(letter.message_id, letter.recipient)]


def test_many_threads_share_a_sender(case: Case) -> None:
    letters = [write_letter(number, to=f"reader{number}@example.net") for number in range(24)]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda letter: case.sender.send(letter, check=go_on), letters))

    if case.arrived is not None:
        assert sorted(case.arrived()) == sorted((letter.message_id, letter.recipient) for letter in letters)


def test_nothing_is_sent_for_a_caller_who_has_stopped(case: Case) -> None:
    caller = Stopping()
    caller.stop()

    with pytest.raises(Stopped):
        case.sender.send(write_letter(), check=caller)

    assert not (case.arrived and case.arrived())


def test_a_sender_that_was_closed_twice_sends_again(case: Case) -> None:
    case.sender.send(write_letter(1), check=go_on)

    case.sender.close()
    case.sender.close()
    case.sender.send(write_letter(2), check=go_on)

    if case.arrived is not None:
        assert len(case.arrived()) == 2


def test_the_same_letter_again_arrives_once_where_the_sender_says_so(case: Case) -> None:
    for _ in range(2):
        case.sender.send(write_letter(), check=go_on)

    if case.arrived is not None:
        assert len(case.arrived()) == (1 if case.sender.is_idempotent else 2)
