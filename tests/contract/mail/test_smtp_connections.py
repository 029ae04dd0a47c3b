"""How the connections to an SMTP server are used, encrypted and signed in on, and what is never told of that."""

import base64
import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, Transient
from nightdesk.providers.mail.protocol import MailDelayed, RecipientRefused, SenderBusy
from nightdesk.providers.mail.smtp.sender import Smtp
from tests.contract.mail.letters import Stopped, Stopping, go_on, make_smtp, write_letter
from tests.support.certificates import make_certificate
from tests.support.smtp import Fault, SmtpSink, drop, hang, say

PASSWORD: Final = "made-up-8c41f7"
USERS: Final = {"desk": PASSWORD}


# ---------------------------------------------------------------- connections


def test_letters_share_a_connection(sink: SmtpSink, sender: Smtp) -> None:
    for number in range(5):
        sender.send(write_letter(number), check=go_on)

    assert (len(sink.mails), sink.connections, sink.count("RSET")) == (5, 1, 0)


def test_after_a_refusal_the_connection_is_used_again(sink: SmtpSink, sender: Smtp) -> None:
    sink.plan(say("rcpt", "550 5.1.1 No such user"))
    with pytest.raises(RecipientRefused):
        sender.send(write_letter(1), check=go_on)

    sender.send(write_letter(2), check=go_on)
    sender.send(write_letter(3), check=go_on)

    assert (len(sink.mails), sink.connections, sink.count("RSET")) == (2, 1, 1)


@pytest.mark.parametrize("parting", ["", "421 4.4.2 Idle for too long"])
@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_connection_that_broke_while_idle_is_replaced(trusted: Path, parting: str, security: Any) -> None:
    with SmtpSink(security=security, certificate=trusted) as sink:
        sender = make_smtp(sink)
        sender.send(write_letter(1), check=go_on)

        sink.close_idle(parting)
        sender.send(write_letter(2), check=go_on)

        assert (len(sink.mails), sink.connections) == (2, 2)
        sender.close()


@pytest.mark.parametrize("fault", [drop("mail"), say("mail", "421 4.7.0 That was your last one here"), drop("data")])
def test_a_used_connection_that_ends_before_the_letter_is_replaced_once(
    sink: SmtpSink, sender: Smtp, fault: Fault
) -> None:
    sender.send(write_letter(1), check=go_on)
    sink.plan(replace(fault))
    sender.send(write_letter(2), check=go_on)

    sink.plan(replace(fault, times=2))
    with pytest.raises(Transient):
        sender.send(write_letter(3), check=go_on)

    assert sink.message_ids == [write_letter(number).message_id for number in (1, 2)]
    assert sink.connections == 3


def test_no_more_connections_are_open_than_allowed() -> None:
    with SmtpSink(most_connections=2) as sink, ThreadPoolExecutor(6) as threads:
        sender = make_smtp(sink, connections=2)

        sent = threads.map(lambda number: sender.send(write_letter(number), check=go_on), range(30))

        assert [receipt.code for receipt in sent] == [250] * 30
        assert sink.connections <= 2
        sender.close()


def test_a_caller_who_waits_for_a_connection_can_stop(sink: SmtpSink) -> None:
    sender = make_smtp(sink, connections=1)
    caller = Stopping()
    sink.plan(hang("rcpt"))
    with ThreadPoolExecutor(2) as threads:
        holding = threads.submit(sender.send, write_letter(1), check=go_on)
        sink.wait_held()
        waiting = threads.submit(sender.send, write_letter(2), check=caller)

        caller.stop()

        assert isinstance(waiting.exception(20), Stopped)
        sink.release()
        assert holding.result(20).code == 250
    assert len(sink.mails) == 1
    sender.close()


def test_a_connection_that_nobody_uses_is_closed(sink: SmtpSink) -> None:
    sender = make_smtp(sink, idle_s=0.05)

    sender.send(write_letter(), check=go_on)

    sink.wait(lambda server: not server.open, "the connection is closed")


def test_a_fork_leaves_its_parents_connections_alone(sink: SmtpSink, sender: Smtp) -> None:
    sender.send(write_letter(1), check=go_on)

    child = os.fork()
    if not child:
        try:
            sender.send(write_letter(2), check=go_on)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    sender.send(write_letter(3), check=go_on)

    assert status == 0
    assert [mail.connection for mail in sink.mails] == [1, 2, 1]


# ---------------------------------------------------------------- encryption and signing in


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_letters_leave_encrypted_and_signed_in(trusted: Path, security: Any) -> None:
    with SmtpSink(security=security, certificate=trusted, users=USERS) as sink:
        sender = make_smtp(sink, username="desk", password=PASSWORD)

        for number in range(3):
            sender.send(write_letter(number), check=go_on)

        assert [(mail.is_encrypted, mail.login) for mail in sink.mails] == [(True, "desk")] * 3
        assert sink.connections == 1
        sender.close()


def assert_tells_no_secret(error: BaseException) -> None:
    shown = "".join(traceback.format_exception(error))
    for secret in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode()):
        assert secret not in f"{shown} {vars(error)}"
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (f"535 5.7.8 {PASSWORD} is wrong", Misconfigured, {"setting": "NIGHTDESK_SMTP_PASSWORD"}),
        ("534 5.7.9 Use a password for programs", Misconfigured, {"setting": "NIGHTDESK_SMTP_PASSWORD"}),
        ("454 4.7.0 Later, in 2 minutes", SenderBusy, {"retry_after_s": 120}),
        ("432 4.7.12 A password transition is needed", MailDelayed, {"smtp_code": 432}),
    ],
)
def test_a_sign_in_that_fails_says_why_and_tells_no_secret(
    reply: str, kind: type[OperationalFault], told: dict[str, Any]
) -> None:
    with SmtpSink(users=USERS) as sink:
        sender = make_smtp(sink, username="desk", password=PASSWORD)
        sink.plan(say("auth", reply, times=2))  # it is tried in each of two ways

        with pytest.raises(kind) as raised:
            sender.send(write_letter(), check=go_on)

        assert {name: getattr(raised.value, name) for name in told} == told
        assert_tells_no_secret(raised.value)
        assert sink.count("MAIL") == 0


def test_a_server_that_repeats_the_password_is_not_quoted_with_it() -> None:
    with SmtpSink(users=USERS) as sink:
        sender = make_smtp(sink, username="desk", password=PASSWORD)
        coded = base64.b64encode(PASSWORD.encode()).decode()
        sink.plan(say("rcpt", f"550 5.1.1 {PASSWORD} or {coded}: no\x07 such user"))

        with pytest.raises(RecipientRefused, match=r"550 5\.1\.1 \*\*\* or \*\*\*: no such user") as raised:
            sender.send(write_letter(), check=go_on)

        assert_tells_no_secret(raised.value)
        sender.close()


def test_a_certificate_that_nobody_knows_stops_the_letter(tmp_path: Path) -> None:
    with SmtpSink(security="starttls", certificate=make_certificate(tmp_path), users=USERS) as sink:
        sender = make_smtp(sink, username="desk", password=PASSWORD)

        with pytest.raises(Misconfigured, match="not one to trust") as raised:
            sender.send(write_letter(), check=go_on)

        assert raised.value.setting == "NIGHTDESK_SMTP_HOST"
        assert (sink.count("AUTH"), sink.count("MAIL")) == (0, 0)


def test_a_certificate_of_another_host_stops_the_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path, host="mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with SmtpSink(security="tls", certificate=certificate) as sink:
        with pytest.raises(Misconfigured, match="not valid for"):
            make_smtp(sink).send(write_letter(), check=go_on)

        assert sink.mails == []


def test_nothing_is_said_in_the_clear_that_was_to_be_encrypted(sink: SmtpSink) -> None:
    sender = make_smtp(sink, security="starttls", username="desk", password=PASSWORD)

    with pytest.raises(Misconfigured) as raised:
        sender.send(write_letter(), check=go_on)

    assert raised.value.setting == "NIGHTDESK_SMTP_SECURITY"
    assert sink.commands == []


def test_a_plain_port_asked_to_encrypt_from_the_start_is_named(sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured) as raised:
        make_smtp(sink, security="tls").send(write_letter(), check=go_on)

    assert raised.value.setting == "NIGHTDESK_SMTP_SECURITY"


def test_a_server_without_sign_in_is_named(sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured) as raised:
        make_smtp(sink, username="desk", password=PASSWORD).send(write_letter(), check=go_on)

    assert raised.value.setting == "NIGHTDESK_SMTP_USER"
    assert_tells_no_secret(raised.value)
