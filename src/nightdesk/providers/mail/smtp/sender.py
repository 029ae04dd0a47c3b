"""Letters to one SMTP server, each on a connection that is used again."""

import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nightdesk.core.errors import Misconfigured, OperationalFault, OutcomeUnknown, Transient
from nightdesk.providers.mail.addresses import write_address
from nightdesk.providers.mail.options import HOST_SETTING, SECURITY_SETTING, MailOptions
from nightdesk.providers.mail.protocol import Letter, Receipt, RecipientRefused
from nightdesk.providers.mail.smtp.conversation import CannotCarry, Conversation, Parcel, Refusal
from nightdesk.providers.mail.smtp.pool import Pool
from nightdesk.providers.mail.smtp.replies import Explainer, Reply
from nightdesk.providers.wire.watch import Flooded, OutOfTime

#: After a cancel, an answer that is on its way is still heard: better than not to know.
_GRACE_S: Final = 0.5
_QUEUED_AS: Final = re.compile(r"\bqueued as ([\w.@-]{1,100})")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one try. `is_parting`: the connection was over before the letter; on a used one, that is no news."""

    value: Receipt | OperationalFault
    is_parting: bool = False


class Smtp:
    """Sends over SMTP. A connection that broke while nobody used it is replaced once, before anything was sent on it."""

    name = "smtp"
    is_idempotent = False

    def __init__(self, options: MailOptions) -> None:
        """Connect to nothing yet."""
        self._options = options
        self._pool = Pool(most=options.connections, idle_s=options.idle_s)
        self._explainer = Explainer(options)
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, letter: Letter, *, check: Callable[[], None]) -> Receipt:
        """Send one letter; see `Sender.send`."""
        parcel = pack(letter)
        check()
        conversation = self._pool.take(check)
        is_used = conversation is not None
        try:
            conversation = conversation or Conversation(self._options)
            outcome = self._try(conversation, parcel, check, is_open=is_used)
            if is_used and outcome.is_parting:
                conversation.close()
                conversation = Conversation(self._options)
                outcome = self._try(conversation, parcel, check, is_open=False)
        except BaseException:
            if conversation is not None:
                conversation.close()
            raise
        finally:
            self._pool.give(conversation)
        if isinstance(outcome.value, Receipt):
            return outcome.value
        # Raised here: from an `except` it would hold the library's error, and with it the server's words.
        raise outcome.value

    def close(self) -> None:
        """Close the connections that are open. Safe to repeat; one that sends afterwards opens a new one."""
        self._pool.close()

    def _try(self, conversation: Conversation, parcel: Parcel, check: Callable[[], None], *, is_open: bool) -> _Outcome:
        stop = _Stop(check, conversation)
        conversation.begin(stop)
        try:
            if not is_open:
                conversation.open(self._make_context)
            reply = conversation.deliver(parcel)
        except Refusal as refused:
            if conversation.may_have_arrived:
                return self._lose(conversation)
            is_parting = refused.reply.code == 421 and refused.phase == "sender"
            return _Outcome(self._explainer.explain(refused.phase, refused.reply), is_parting=is_parting)
        except CannotCarry as error:
            return _Outcome(RecipientRefused(str(error), is_dead=False))
        except Exception as error:
            if conversation.may_have_arrived:
                return self._lose(conversation)
            conversation.close()
            fault = None if error is stop.raised else self._explain_break(error)
            if fault is None:
                raise
            return _Outcome(fault, is_parting=not isinstance(error, OutOfTime))
        return _Outcome(_acknowledge(reply))

    def _lose(self, conversation: Conversation) -> _Outcome:
        conversation.close()
        return _Outcome(
            OutcomeUnknown(
                "The connection to the mail server broke after the mail had left and before the answer came, so it is not "
                "known whether it arrived."
            )
        )

    def _explain_break(self, error: Exception) -> OperationalFault | None:
        """Return what to raise where the connection broke before the letter had left; None: that is not what it was."""
        host = f"{self._options.host}:{self._options.port}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return Misconfigured(
                f"The certificate of {host} is not one to trust: {error.verify_message}. Nothing was sent. Correct "
                f"{HOST_SETTING}, or add the certificate to those that this machine trusts.",
                setting=HOST_SETTING,
            )
        if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
            return Misconfigured(
                f"{host} does not encrypt from the start. Set {SECURITY_SETTING} to starttls, or take another port.",
                setting=SECURITY_SETTING,
            )
        if isinstance(error, OutOfTime):
            return Transient(f"{host} did not answer in time. It will be tried again.")
        if isinstance(error, OSError | smtplib.SMTPException | Flooded):
            return Transient(f"{host} cannot be reached, or broke the connection. It will be tried again.")
        return None

    def _make_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context


class _Stop:
    """The caller's `check`. Once the letter may have arrived, it is heard a little later, and then as a lost answer."""

    def __init__(self, check: Callable[[], None], conversation: Conversation) -> None:
        self.raised: BaseException | None = None
        self._check = check
        self._conversation = conversation
        self._grace_ends_at: float | None = None

    def __call__(self) -> None:
        try:
            self._check()
        except BaseException as error:
            if not self._conversation.may_have_arrived:
                self.raised = error
                raise
        else:
            return
        now = time.monotonic()
        if self._grace_ends_at is None:
            self._grace_ends_at = now + _GRACE_S
        if now >= self._grace_ends_at:
            raise OutOfTime


def pack(letter: Letter) -> Parcel:
    """Write a letter as it goes over the line.

    Raises:
        RecipientRefused: its address is none. ValueError: it is not written as RFC 5322 wants.
    """
    raw = letter.raw
    if not raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n"):
        raise ValueError("The lines of a letter end in CRLF: a bare one lets a text smuggle a second letter.")
    recipient, sender = write_address(letter.recipient), write_address(letter.envelope_from)
    return Parcel(
        sender=sender,
        recipient=recipient,
        needs_utf8=not (recipient + sender).isascii(),
        raw=raw,
    )


def _acknowledge(reply: Reply) -> Receipt:
    found = _QUEUED_AS.search(reply.words.decode("utf-8", "replace"))
    return Receipt(provider_id=found[1] if found else "", code=reply.code)
