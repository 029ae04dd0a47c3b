"""What is known of a letter after each thing that a mail service can answer, and what the library is not to tell."""

import os
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, OutcomeUnknown, Permanent, Transient
from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import RecipientRefused, SenderBusy
from nightdesk.providers.mail.service.sender import Anymail
from tests.contract.mail.letters import Stopping, go_on, write_letter
from tests.support.mail_services import MailService, PostmarkDouble, ResendDouble, take_and_drop, take_and_hang
from tests.support.processes import find_free_port, wait_until
from tests.support.vendor_server import KEY, Fault, cut, say

_INACTIVE: Final = (
    "You tried to send to a recipient that has been marked as inactive. Found inactive addresses: ada@example.net. "
    "Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
)


@pytest.fixture
def resend() -> Iterator[ResendDouble]:
    with ResendDouble() as service:
        yield service
        assert service.errors == []


@pytest.fixture
def postmark() -> Iterator[PostmarkDouble]:
    with PostmarkDouble() as service:
        yield service
        assert service.errors == []


def make_sender(service: MailService, **options: Any) -> Anymail:
    name = "resend" if isinstance(service, ResendDouble) else "postmark"
    return Anymail(MailOptions(service=name, **{"service_options": service.options, "timeout_s": 10.0, **options}))


def assert_tells_no_secret(error: BaseException) -> None:
    assert KEY not in f"{''.join(traceback.format_exception(error))} {vars(error)}"
    assert error.__cause__ is None
    assert error.__context__ is None


REFUSALS: Final[list[tuple[Fault, type[OperationalFault], dict[str, Any]]]] = [
    (say(401, {"message": f"{KEY} is wrong"}), Misconfigured, {"setting": "NIGHTDESK_MAIL_SERVICE_OPTIONS"}),
    (say(403, {"message": "Not your domain"}), Misconfigured, {"setting": "NIGHTDESK_MAIL_SERVICE_OPTIONS"}),
    (say(422, {"message": f"`from` is wrong, {KEY}"}), Permanent, {"code": "permanent"}),
    (say(429, {"message": "Slow down"}, retry_after="7"), SenderBusy, {"retry_after_s": 7}),
    (say(429, {"message": "Slow down"}), SenderBusy, {"retry_after_s": 60}),
    (say(503, {"message": "Maintenance"}), Transient, {"code": "transient"}),
]


@pytest.mark.parametrize(("fault", "kind", "told"), REFUSALS, ids=["401", "403", "422", "429 in 7 s", "429", "503"])
def test_what_the_service_refuses_is_certainly_not_sent(
    resend: ResendDouble, fault: Fault, kind: type[OperationalFault], told: dict[str, Any]
) -> None:
    sender = make_sender(resend)
    resend.plan("send", fault)

    with pytest.raises(kind) as raised:
        sender.send(write_letter(), check=go_on)

    assert not isinstance(raised.value, OutcomeUnknown)
    assert {name: getattr(raised.value, name) for name in told} == told
    assert_tells_no_secret(raised.value)
    assert resend.mails == []
    sender.close()


@pytest.mark.parametrize(
    "fault",
    [say(500, {"message": f"{KEY} broke it"}), say(502, "bad gateway"), say(200, "no id"), cut, take_and_drop],
    ids=["500", "502", "not its JSON", "cut off", "dropped"],
)
def test_a_lost_answer_leaves_it_open_and_the_same_key_settles_it(resend: ResendDouble, fault: Fault) -> None:
    sender = make_sender(resend)
    resend.plan("send", fault)

    with pytest.raises(OutcomeUnknown) as raised:
        sender.send(write_letter(), check=go_on)
    assert_tells_no_secret(raised.value)

    receipt = sender.send(write_letter(), check=go_on)
    assert [mail.message_id for mail in resend.mails] == [write_letter().message_id]
    assert receipt.provider_id == resend.ids[write_letter().key]
    assert sender.is_idempotent
    sender.close()


def test_an_address_that_the_service_has_given_up_is_dead(postmark: PostmarkDouble) -> None:
    sender = make_sender(postmark)
    postmark.plan("send", say(422, {"ErrorCode": 406, "Message": _INACTIVE}))

    with pytest.raises(RecipientRefused) as raised:
        sender.send(write_letter(), check=go_on)

    assert raised.value.is_dead
    assert not sender.is_idempotent
    sender.close()


def test_a_service_that_cannot_be_reached_is_tried_again(resend: ResendDouble) -> None:
    options = {**resend.options, "API_URL": f"http://127.0.0.1:{find_free_port()}"}
    sender = make_sender(resend, service_options=options)

    with pytest.raises(Transient, match="cannot be reached"):
        sender.send(write_letter(), check=go_on)


def test_a_service_that_hangs_is_not_waited_for_forever(postmark: PostmarkDouble) -> None:
    sender = make_sender(postmark, timeout_s=0.5)
    postmark.plan("send", take_and_hang)

    with pytest.raises(OutcomeUnknown):
        sender.send(write_letter(), check=go_on)


def test_a_cancel_is_heard_within_a_second(postmark: PostmarkDouble) -> None:
    caller = Stopping()
    sender = make_sender(postmark)
    postmark.plan("send", take_and_hang)
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(sender.send, write_letter(), check=caller)
        wait_until(lambda: postmark.mails, 20, "the service has the mail")

        caller.stop()
        stopped_at = time.monotonic()

        assert isinstance(sending.exception(20), OutcomeUnknown)
        assert time.monotonic() - stopped_at < 1


def test_a_letter_arrives_whole(resend: ResendDouble) -> None:
    sender = make_sender(resend)

    sender.send(write_letter(text="Grüße aus Köln, 日本"), check=go_on)

    (mail,) = resend.mails
    assert mail.subject == "Grüße Nr. 1"
    assert mail.text == "Grüße aus Köln, 日本\n.\n..ends\n"
    assert mail.html == "<p>Grüße aus Köln, 日本</p>\n"
    assert mail.headers == {
        "Message-ID": "<mail-1@nightdesk.example>",
        "List-Unsubscribe": "<https://nightdesk.example/mail/unsubscribe/abc/>",
    }
    sender.close()


def test_what_the_machine_has_for_programs_does_not_replace_the_key(
    resend: ResendDouble, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password made-up\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", os.fspath(netrc))
    sender = make_sender(resend)

    sender.send(write_letter(), check=go_on)

    assert len(resend.mails) == 1
    sender.close()


def test_the_library_prints_no_request_whatever_the_options_say(
    resend: ResendDouble, capfd: pytest.CaptureFixture[str]
) -> None:
    sender = make_sender(resend, service_options={**resend.options, "DEBUG_API_REQUESTS": True})

    sender.send(write_letter(), check=go_on)

    said = capfd.readouterr()
    assert KEY not in said.out + said.err
    sender.close()


@pytest.mark.parametrize("address", ["", "no address", "ada@example.net, eve@example.net"])
def test_what_is_no_address_is_refused(resend: ResendDouble, address: str) -> None:
    with pytest.raises(RecipientRefused):
        make_sender(resend).send(replace(write_letter(), recipient=address), check=go_on)

    assert resend.requests == []


@pytest.mark.parametrize(
    ("service", "options", "setting"),
    [
        ("resend", {}, "NIGHTDESK_MAIL_SERVICE_OPTIONS"),
        ("pigeon post", {}, "NIGHTDESK_MAIL_SERVICE"),
        ("console", {}, "NIGHTDESK_MAIL_SERVICE"),
        ("../resend", {}, "NIGHTDESK_MAIL_SERVICE"),
    ],
)
def test_what_is_missing_is_named(service: str, options: dict[str, str], setting: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        Anymail(MailOptions(service=service, service_options=options))

    assert raised.value.setting == setting
