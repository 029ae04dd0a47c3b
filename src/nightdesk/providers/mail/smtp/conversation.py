"""One connection to the server: greeting, encryption, sign-in, and then letter after letter.

The protocol is smtplib's; what is added is that every wait is watched, and that it is known at each moment whether the
present letter may have arrived.
"""

import contextlib
import io
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

from nightdesk.core.errors import Misconfigured
from nightdesk.providers.mail.options import PASSWORD_SETTING, SECURITY_SETTING, USER_SETTING, MailOptions
from nightdesk.providers.mail.smtp.line import Line, connect
from nightdesk.providers.mail.smtp.replies import Phase, Reply
from nightdesk.providers.wire.watch import Watch

#: More than any answer needs; a flood ends here.
_MOST_ANSWER_BYTES: Final = 64 * 1024
#: A letter that leaves byte by byte is given up after so many times the wait for one answer.
_MOST_WAITS: Final = 4
_LINE_START: Final = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter as it goes over the line. `needs_utf8`: its addresses cannot be written in ASCII (RFC 6531)."""

    sender: str
    recipient: str
    needs_utf8: bool
    raw: bytes = field(repr=False)


class Refusal(Exception):
    """The server's answer was not the one that is wanted."""

    def __init__(self, phase: Phase, reply: Reply) -> None:
        """Keep where it was said, and what."""
        super().__init__(phase)
        self.phase: Phase = phase
        self.reply = reply


class CannotCarry(Exception):
    """The server cannot take a letter like this. `args[0]` says why, for people."""


class Conversation(smtplib.SMTP):
    """One connection. Used by one thread at a time.

    `may_have_arrived`: the whole present letter has left, and there is no answer yet. Beside what its methods raise,
    all raise `OSError` and `smtplib.SMTPException` where the connection breaks, and what the watch raises.
    """

    def __init__(self, options: MailOptions) -> None:
        """Connect to nothing yet."""
        super().__init__(local_hostname=socket.gethostname())
        self._options = options
        self._line: Line | None = None
        self._check: Callable[[], None] = _never
        self._ends_at = 0.0
        self._is_ready = False
        self._must_reset = False
        self.may_have_arrived = False
        self.letters = 0
        self.opened_at = self.used_at = time.monotonic()

    def begin(self, check: Callable[[], None]) -> None:
        """Start the clock of one letter; `check` is asked while waiting."""
        self._check = check
        self._ends_at = time.monotonic() + _MOST_WAITS * self._options.timeout_s
        self.may_have_arrived = False

    # ---------------------------------------------------------------- opening

    def open(self, make_context: Callable[[], ssl.SSLContext]) -> None:
        """Connect, encrypt and sign in, as the operator chose. Nothing is sent in the clear that was to be encrypted.

        Raises:
            Refusal: the server does not want us. Misconfigured: it cannot do what the settings ask for.
        """
        options = self._options
        # `connect` of smtplib looks the name up blindly; so the line is made here.
        self._line = connect(options.host, options.port, self._watch())
        self.sock = cast("socket.socket", self._line)  # as much of one as smtplib uses
        if options.security == "tls":
            self._encrypt(make_context())
        self._expect("greeting", self._ask_nothing(), 220)
        self._greet()
        if options.security == "starttls":
            self._start_tls(make_context)
        if options.username:
            self._sign_in()
        self._is_ready = True

    @property
    def is_reusable(self) -> bool:
        """Whether letters can be said on it: it is open, and the server has not said good-bye meanwhile."""
        return self._is_ready and self._line is not None and not self._line.closed and self._line.is_quiet

    def hang_up(self) -> None:
        """Say good-bye where that costs nothing, and close. Safe to repeat."""
        if self.is_reusable and self._line is not None:
            self._line.watch = Watch(limit_s=0.0)  # never waited for
            with contextlib.suppress(Exception):  # it is closed either way
                self.putcmd("QUIT")
        self.close()

    def _greet(self) -> None:
        if "." not in self.local_hostname:
            self.local_hostname = _write_address(self._line.own_address if self._line else "127.0.0.1")
        reply = Reply(*self.ehlo())
        if reply.code in {500, 502, 504}:
            reply = Reply(*self.helo())
        self._expect("hello", reply, 250)

    def _start_tls(self, make_context: Callable[[], ssl.SSLContext]) -> None:
        if not self.has_extn("starttls"):
            raise Misconfigured(
                f"{self._options.host} offers no encryption with STARTTLS, so nothing was sent. Set {SECURITY_SETTING} to "
                "tls for a port that is encrypted from the start, as 465 is.",
                setting=SECURITY_SETTING,
            )
        self._expect("encryption", self._command("STARTTLS"), 220)
        self._encrypt(make_context())
        # What was said in the clear may have been anybody's (RFC 3207): ask again.
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self._greet()

    def _encrypt(self, context: ssl.SSLContext) -> None:
        line = self._speaking()
        if self.file is not None:
            cast("io.BufferedReader", self.file).detach()  # what came before the handshake is dropped
            self.file = None
        line.encrypt(context, self._options.host)

    def _sign_in(self) -> None:
        self._watch()
        try:
            self.login(self._options.username, self._options.password)
        except smtplib.SMTPAuthenticationError as error:
            refused = Reply(error.smtp_code, _to_bytes(error.smtp_error))
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPServerDisconnected) as error:
            if isinstance(error, smtplib.SMTPServerDisconnected):
                raise
            refused = None
        except smtplib.SMTPException as error:
            if type(error) is not smtplib.SMTPException:
                raise
            refused = None  # no method that both sides know
        else:
            return
        if refused is None:
            raise Misconfigured(
                f"{self._options.host} offers no way to sign in that we know. Unset {USER_SETTING} and {PASSWORD_SETTING} "
                f"if it wants none, or check {SECURITY_SETTING}.",
                setting=USER_SETTING,
            )
        raise Refusal("sign-in", refused)

    # ---------------------------------------------------------------- a letter

    def deliver(self, parcel: Parcel) -> Reply:
        """Send one letter and return the server's answer, which is a yes.

        Raises:
            Refusal: it is a no, and the connection may be used again unless it was closed.
            CannotCarry: the server cannot take such a letter; nothing was said.
        """
        options = self._choose_options(parcel)
        if self._must_reset:
            self._expect("sender", self._command("RSET"), 250)
        self._must_reset = True
        self._announce(parcel, options)
        self._speaking()
        try:
            self.send(_LINE_START.sub(b"..", parcel.raw) + (b".\r\n" if parcel.raw.endswith(b"\r\n") else b"\r\n.\r\n"))
        finally:
            self.may_have_arrived = self._line is not None and not self._line.unsent_bytes
        reply = self._ask_nothing()
        self.may_have_arrived = not reply.is_final
        self.letters += 1
        self.used_at = time.monotonic()
        if not 200 <= reply.code < 300:
            raise Refusal("letter", reply)
        self._must_reset = False
        return reply

    def _announce(self, parcel: Parcel, options: str) -> None:
        """Say from whom and to whom, and get leave for the letter."""
        commands = (f"MAIL FROM:<{parcel.sender}>{options}", f"RCPT TO:<{parcel.recipient}>", "DATA")
        phases: tuple[Phase, ...] = ("sender", "recipient", "data")
        self.command_encoding = "utf-8" if parcel.needs_utf8 else "ascii"
        if not self.has_extn("pipelining"):
            for command, phase in zip(commands, phases, strict=True):
                self._expect(phase, self._command(command), 354 if phase == "data" else 250)
            return
        # All three in one packet (RFC 2920): over a distance, that is two waits a letter instead of four.
        self._speaking()
        self.send("".join(f"{command}\r\n" for command in commands))
        refused: Refusal | None = None
        for phase in phases:
            reply = self._ask_nothing()
            try:
                self._expect(phase, reply, 354 if phase == "data" else 250)
            except Refusal as refusal:
                refused = refused or refusal
                if not self.sock:
                    break  # it said good-bye, and nothing more will come
        if refused is not None:
            if reply.code == 354:
                self.close()  # it waits for a letter to nobody
            raise refused

    def _choose_options(self, parcel: Parcel) -> str:
        options = []
        if self.has_extn("size"):
            limit = self.esmtp_features["size"].strip()
            if limit.isdigit() and 0 < int(limit) < len(parcel.raw):
                raise CannotCarry(f"The mail is larger than the mail server takes ({limit} bytes).")
            options.append(f"SIZE={len(parcel.raw)}")
        if parcel.needs_utf8:
            if not self.has_extn("smtputf8"):
                raise CannotCarry("The mail server takes no addresses with letters beyond ASCII before the @.")
            options.append("SMTPUTF8")
        if not parcel.raw.isascii():
            if not self.has_extn("8bitmime"):
                raise CannotCarry("The mail server takes only mails in ASCII, and this one is not.")
            options.append("BODY=8BITMIME")
        return "".join(f" {option}" for option in options)

    # ---------------------------------------------------------------- commands and answers

    def _command(self, command: str) -> Reply:
        self._watch()
        return Reply(*self.docmd(command))

    def _ask_nothing(self) -> Reply:
        """Wait for an answer to what has been said already."""
        self._watch()
        return Reply(*self.getreply())

    def _expect(self, phase: Phase, reply: Reply, code: int) -> None:
        if reply.code != code and not (phase == "recipient" and reply.code == 251):
            if reply.code == 421 or not reply.is_final:
                self.close()
            raise Refusal(phase, reply)

    def _speaking(self) -> Line:
        self._watch()
        if self._line is None:
            raise smtplib.SMTPServerDisconnected
        return self._line

    def _watch(self) -> Watch:
        """Start the clock of the next answer, within that of the letter."""
        left_s = self._ends_at - time.monotonic()
        watch = Watch(limit_s=min(self._options.timeout_s, left_s), on_tick=self._check, most_bytes=_MOST_ANSWER_BYTES)
        if self._line is not None:
            self._line.watch = watch
        return watch


def _never() -> None:
    """Never stop."""


def _write_address(address: str) -> str:
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _to_bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
