"""What is known of a letter after each thing that an SMTP server can do, and how its connections are used."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from nightdesk.core.errors import Misconfigured, OperationalFault, OutcomeUnknown, Transient
from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import MailDelayed, RecipientRefused, SenderBusy
from nightdesk.providers.mail.smtp.replies import Reply, read_pause_s
from nightdesk.providers.mail.smtp.sender import Smtp
from tests.contract.mail.letters import Stopped, Stopping, go_on, make_smtp, write_letter
from tests.support.processes import find_free_port
from tests.support.smtp import Fault, Phase, SmtpSink, drop, hang, say

#: Longer than any answer here takes, shorter than anybody wants to wait for a test.
TIMEOUT_S: Final = 0.7


# ---------------------------------------------------------------- what is known afterwards

CERTAINLY_NOT: Final[list[tuple[Fault, type[OperationalFault], dict[str, Any]]]] = [
    (say("connect", "421 4.3.2 Come back in 5 minutes"), SenderBusy, {"retry_after_s": 300, "smtp_code": 421}),
    (say("connect", "554 5.7.1 No mail from you"), OperationalFault, {"code": "permanent"}),
    (drop("connect"), Transient, {"code": "transient"}),
    (say("connect", "SSH-2.0-OpenSSH_9.2"), Transient, {"code": "transient"}),
    (say("mail", "421 4.7.0 Too much mail"), SenderBusy, {"retry_after_s": 60, "smtp_code": 421}),
    (say("mail", "451 4.3.0 Later"), MailDelayed, {"smtp_code": 451}),
    (say("mail", "553 5.1.8 Unknown sender"), Misconfigured, {"setting": "NIGHTDESK_MAIL_FROM"}),
    (say("mail", "530 5.7.0 Sign in first"), Misconfigured, {"setting": "NIGHTDESK_SMTP_USER"}),
    (say("rcpt", "421 4.7.0 Slow down"), SenderBusy, {"retry_after_s": 60}),
    (say("rcpt", "451 4.7.1 Greylisted"), MailDelayed, {"smtp_code": 451}),
    (say("rcpt", "550 5.1.1 No such user"), RecipientRefused, {"smtp_code": 550, "is_dead": True}),
    (say("rcpt", "551 Not here"), RecipientRefused, {"smtp_code": 551, "is_dead": True}),
    (say("rcpt", "553 5.1.3 Bad mailbox name"), RecipientRefused, {"smtp_code": 553, "is_dead": True}),
    (say("rcpt", "550 5.7.1 Blocked by policy"), RecipientRefused, {"smtp_code": 550, "is_dead": False}),
    (say("rcpt", "552 5.2.2 Mailbox full"), RecipientRefused, {"smtp_code": 552, "is_dead": False}),
    (drop("rcpt"), Transient, {"code": "transient"}),
    (say("data", "421 4.7.0 Slow down"), SenderBusy, {"smtp_code": 421}),
    (say("data", "451 4.3.0 Later"), MailDelayed, {"smtp_code": 451}),
    (say("end", "451 4.3.0 The scanner is down"), MailDelayed, {"smtp_code": 451}),
    (say("end", "421 4.3.2 Shutting down"), SenderBusy, {"smtp_code": 421}),
    (say("end", "550 5.7.1 Looks like spam"), RecipientRefused, {"smtp_code": 550, "is_dead": False}),
    (say("end", "554 5.6.0 Cannot be read"), RecipientRefused, {"smtp_code": 554, "is_dead": False}),
]


@pytest.mark.parametrize("has_pipelining", [False, True], ids=["one by one", "pipelined"])
@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    CERTAINLY_NOT,
    ids=[f"{one.phase} {one.reply[:12] or 'drop'}" for one, _, _ in CERTAINLY_NOT],
)
def test_a_letter_that_was_not_taken_is_certainly_not_sent(
    fault: Fault, kind: type[OperationalFault], told: dict[str, Any], has_pipelining: bool
) -> None:
    with SmtpSink(has_pipelining=has_pipelining) as sink:
        sender = make_smtp(sink)
        sink.plan(replace(fault))

        with pytest.raises(kind) as raised:
            sender.send(write_letter(), check=go_on)

        assert not isinstance(raised.value, OutcomeUnknown)
        assert {name: getattr(raised.value, name) for name in told} == told
        assert sink.mails == []
        sender.send(write_letter(), check=go_on)
        assert len(sink.mails) == 1
        sender.close()


@pytest.mark.parametrize(
    ("fault", "kept"), [(drop("stored"), 1), (drop("end"), 0), (drop("content"), 0), (say("stored", "what?"), 1)]
)
def test_a_letter_whose_answer_is_lost_may_have_been_sent(
    sink: SmtpSink, sender: Smtp, fault: Fault, kept: int
) -> None:
    sink.plan(fault)

    with pytest.raises(OutcomeUnknown):
        sender.send(write_letter(), check=go_on)

    assert len(sink.mails) == kept


def test_a_letter_that_breaks_off_in_the_middle_is_certainly_not_sent(sink: SmtpSink, sender: Smtp) -> None:
    # Too long for the buffers between here and there, so its end has not left when the connection breaks.
    sink.plan(drop("content"))

    with pytest.raises(Transient):
        sender.send(write_letter(padding=10_000_000), check=go_on)


@pytest.mark.parametrize(("phase", "kind"), [("connect", Transient), ("data", Transient), ("stored", OutcomeUnknown)])
def test_a_server_that_hangs_is_not_waited_for_forever(sink: SmtpSink, phase: Phase, kind: type[Exception]) -> None:
    sender = make_smtp(sink, timeout_s=TIMEOUT_S)
    sink.plan(hang(phase))

    with pytest.raises(kind):
        sender.send(write_letter(), check=go_on)


@pytest.mark.parametrize(("phase", "kind"), [("connect", Stopped), ("rcpt", Stopped), ("stored", OutcomeUnknown)])
def test_a_cancel_is_heard_within_a_second(
    sink: SmtpSink, sender: Smtp, phase: Phase, kind: type[BaseException]
) -> None:
    caller = Stopping()
    sink.plan(hang(phase))
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(sender.send, write_letter(), check=caller)
        sink.wait_held()

        caller.stop()
        stopped_at = time.monotonic()

        assert isinstance(sending.exception(20), kind)
        assert time.monotonic() - stopped_at < 1


def test_an_answer_that_comes_with_the_cancel_still_counts(sink: SmtpSink, sender: Smtp) -> None:
    caller = Stopping()
    sink.plan(hang("stored"))
    with ThreadPoolExecutor(1) as thread:
        sending = thread.submit(sender.send, write_letter(), check=caller)
        sink.wait_held()

        caller.stop()
        sink.release()

        assert sending.result(20).code == 250


def test_a_port_where_nobody_listens_is_tried_again() -> None:
    sender = Smtp(MailOptions(host="127.0.0.1", port=find_free_port(), security="none"))

    with pytest.raises(Transient, match="cannot be reached"):
        sender.send(write_letter(), check=go_on)


@pytest.mark.parametrize(
    ("said", "pause_s"),
    [
        ("4.7.0 Slow down", 60),
        ("Try again in 300 seconds", 300),
        ("try again in 2 hours", 7200),
        ("wait 10m, then 30 s", 600),
        ("wait 0 seconds", 1),
        ("wait 99999 hours", 86_400),
    ],
)
def test_the_pause_is_the_one_that_the_server_names(said: str, pause_s: float) -> None:
    assert read_pause_s(Reply(421, said.encode())) == pause_s


# ---------------------------------------------------------------- letters


def test_a_letter_arrives_byte_for_byte(sink: SmtpSink, sender: Smtp) -> None:
    letter = write_letter()

    sender.send(letter, check=go_on)

    (mail,) = sink.mails
    assert mail.raw == letter.raw
    assert (mail.sender, mail.recipient) == (letter.envelope_from, letter.recipient)


def test_an_address_beyond_ascii_goes_where_the_server_can() -> None:
    with SmtpSink() as sink:
        sender = make_smtp(sink)
        sender.send(write_letter(to="ädä@bücher.example"), check=go_on)
        assert sink.recipients == ["ädä@xn--bcher-kva.example"]
        sender.close()

    with SmtpSink(has_smtputf8=False) as sink:
        sender = make_smtp(sink)
        sender.send(write_letter(1, to="ada@bücher.example"), check=go_on)
        with pytest.raises(RecipientRefused) as raised:
            sender.send(write_letter(2, to="ädä@example.net"), check=go_on)
        assert not raised.value.is_dead
        sender.send(write_letter(3), check=go_on)
        assert sink.recipients == ["ada@xn--bcher-kva.example", "ada@example.net"]
        assert sink.connections == 1
        sender.close()


@pytest.mark.parametrize(
    "address", ["", "ada", "@example.net", "a b@example.net", "ada@example.net>\r\nRCPT TO:<eve@x.y"]
)
def test_what_is_no_address_is_refused_before_anything_is_said(sink: SmtpSink, sender: Smtp, address: str) -> None:
    with pytest.raises(RecipientRefused):
        sender.send(replace(write_letter(), recipient=address), check=go_on)

    assert sink.connections == 0


@pytest.mark.parametrize("smuggled", [b"\n.\n", b"\r.\r", b"\r\n.\n"])
def test_a_bare_line_end_is_never_sent(sink: SmtpSink, sender: Smtp, smuggled: bytes) -> None:
    letter = write_letter()

    with pytest.raises(ValueError, match="CRLF"):
        sender.send(replace(letter, raw=letter.raw + smuggled + b"MAIL FROM:<eve@x.y>\r\n"), check=go_on)

    assert sink.connections == 0


def test_a_letter_that_is_too_large_is_not_even_announced() -> None:
    with SmtpSink(most_bytes=10_000) as sink:
        sender = make_smtp(sink)

        with pytest.raises(RecipientRefused, match="larger"):
            sender.send(write_letter(padding=10_000), check=go_on)

        assert sink.count("MAIL") == 0
        sender.close()
