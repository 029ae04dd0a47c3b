"""A mail server on a loopback port: strict where nothing is planned, and otherwise as bad as a test says.

`plan` hands it faults; each is used up by as many mails or connections as it says, and after them the server is honest
again. Phases, in the order of a conversation: connect, starttls, auth, mail, rcpt, data, content (in the middle of the
letter), end (the letter is whole, and not kept), stored (it is kept, and the answer is still to come).
"""

import asyncio
import contextlib
import email
import email.policy
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.processes import Answer, wait_until

Phase = Literal["connect", "starttls", "auth", "mail", "rcpt", "data", "content", "end", "stored"]
Security = Literal["none", "starttls", "tls"]

#: No test of ours holds a connection for longer, whatever happens to the process that it was to release.
_HOLD_LIMIT_S: Final = 120.0
_MOST_BYTES: Final = 16 * 1024 * 1024
#: Small, so that a client cannot hand over a long letter of which nobody has read the beginning.
_BUFFER_BYTES: Final = 64 * 1024
#: So many turns of the loop are more than it needs to tell each transport that it is over, one under TLS as well.
_LAST_TURNS: Final = 10
_ADDRESS: Final = re.compile(r"<([^>]*)>")


@dataclass(frozen=True)
class StoredMail:
    """A mail that the server has kept: from then on somebody may have read it."""

    message_id: str
    sender: str
    recipient: str
    raw: bytes = field(repr=False)
    connection: int
    is_encrypted: bool
    login: str

    @property
    def message(self) -> Any:
        """The mail as the standard library reads it."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)


@dataclass
class Fault:
    """What is done instead of, or (`is_held`) before, the honest thing, `times` times, for `recipient` ("": anybody).

    Without `reply` the connection is dropped, unless it is only held. A reply of 421 closes it, as RFC 5321 wants.
    """

    phase: Phase
    reply: str = ""
    recipient: str = ""
    times: int = 1
    is_held: bool = False
    is_dropped: bool = False


def say(phase: Phase, reply: str, *, recipient: str = "", times: int = 1) -> Fault:
    """Answer so instead of honestly."""
    return Fault(phase, reply, recipient, times)


def drop(phase: Phase, *, recipient: str = "", times: int = 1) -> Fault:
    """Break the connection without a word."""
    return Fault(phase, "", recipient, times, is_dropped=True)


def hang(phase: Phase, reply: str = "", *, recipient: str = "", times: int = 1) -> Fault:
    """Say nothing until `release`, then answer so, or honestly without `reply`."""
    return Fault(phase, reply, recipient, times, is_held=True)


class SmtpSink:
    """A mail server in a thread of its own, over real sockets. It keeps every mail that it takes and delivers none.

    `mails` holds what it kept, `connections` how many connections were made, `commands` what was said on each. `users`
    must sign in where there are any. `security` starttls wants it before anything else, as submission servers do.
    `most_connections` at a time; one more is told 421, as many services do.
    """

    def __init__(
        self,
        *,
        security: Security = "none",
        certificate: Path | None = None,
        users: Mapping[str, str] | None = None,
        has_smtputf8: bool = True,
        has_pipelining: bool = False,
        most_connections: int = 1_000,
        most_bytes: int = _MOST_BYTES,
        idle_s: float = 300.0,
    ) -> None:
        self.security = security
        self.users = dict(users or {})
        self.has_smtputf8 = has_smtputf8
        self.has_pipelining = has_pipelining
        self.most_connections = most_connections
        self.most_bytes = most_bytes
        self.idle_s = idle_s
        self.mails: list[StoredMail] = []
        self.connections = 0
        self.held = 0
        self.commands: list[tuple[int, str]] = []
        self.open: set[_Conversation] = set()
        self.tls = _read_certificate(certificate) if certificate else None
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._released = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._server = self._do(self._listen())
        self.port = int(self._server.sockets[0].getsockname()[1])

    # ---------------------------------------------------------------- what tests ask

    @property
    def host(self) -> str:
        """Where it listens; the certificates of `make_certificate` are for this address."""
        return "127.0.0.1"

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of each mail that was kept, in order."""
        with self._lock:
            return [mail.message_id for mail in self.mails]

    @property
    def recipients(self) -> list[str]:
        """The recipient of each mail that was kept, in order."""
        with self._lock:
            return [mail.recipient for mail in self.mails]

    def plan(self, *faults: Fault) -> None:
        """Do these things, each where it fits first."""
        with self._lock:
            self._faults.extend(faults)

    def wait(self, is_so: Callable[["SmtpSink"], Answer], what: str, limit_s: float = 20) -> Answer:
        """Wait until something is so of this server."""
        return wait_until(lambda: is_so(self), limit_s, what)

    def wait_held(self, count: int = 1, limit_s: float = 20) -> None:
        """Wait until so many answers have been held back, all in all."""
        self.wait(lambda sink: sink.held >= count, f"the server holds {count} answers back", limit_s)

    def release(self) -> None:
        """Go on where something is held, and hold nothing any more."""
        self._loop.call_soon_threadsafe(self._released.set)

    def close_idle(self, reply: str = "421 4.4.2 Idle for too long, closing") -> None:
        """Close every open connection with a word of parting, as servers do after a while; "": without one."""

        async def close_all() -> None:
            for one in list(self.open):
                await one.part(reply)

        self._do(close_all())

    def count(self, command: str) -> int:
        """Count how often a command was said, as MAIL or RSET."""
        with self._lock:
            return sum(said.split(" ", 1)[0].upper() == command for _, said in self.commands)

    def close(self) -> None:
        """Stop listening and end every connection."""
        self.release()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------- what conversations ask

    def find_fault(self, phase: Phase, recipient: str) -> Fault | None:
        """Take one use of the first fault that fits."""
        with self._lock:
            for fault in self._faults:
                if fault.phase == phase and fault.times and fault.recipient in {"", recipient}:
                    fault.times -= 1
                    return fault
        return None

    def note(self, connection: int, command: str) -> None:
        """Remember what was said, without what signs in."""
        with self._lock:
            self.commands.append((connection, command))

    def count_connection(self) -> int:
        """Number a new connection, from 1."""
        with self._lock:
            self.connections += 1
            return self.connections

    def keep(self, mail: StoredMail) -> None:
        """Keep a mail."""
        with self._lock:
            self.mails.append(mail)

    async def wait_released(self) -> None:
        """Wait until the test goes on."""
        await asyncio.wait_for(self._released.wait(), _HOLD_LIMIT_S)

    # ---------------------------------------------------------------- its thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> asyncio.Server:
        context = self.tls if self.security == "tls" else None
        listening = socket.create_server((self.host, 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        return await self._loop.create_server(lambda: _Conversation(self), sock=listening, ssl=context, backlog=1_000)

    async def _end(self) -> None:
        self._server.close()
        for one in list(self.open):
            one.abort()
        tasks = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)


class _Conversation(SMTP):
    """One connection: aiosmtpd's, but for the faults and for what it is too kind to refuse."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink
        self.number = 0
        super().__init__(
            _Hooks(),
            data_size_limit=sink.most_bytes,
            enable_SMTPUTF8=sink.has_smtputf8,
            hostname="sink.test",
            tls_context=sink.tls if sink.security == "starttls" else None,
            require_starttls=sink.security == "starttls",
            timeout=sink.idle_s,
            auth_require_tls=sink.security == "starttls",
            auth_exclude_mechanism=() if sink.users else ("PLAIN", "LOGIN"),
            authenticator=self._sign_in,
            loop=asyncio.get_running_loop(),
        )

    # ---------------------------------------------------------------- the conversation

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it among those that are open."""
        self.sink.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out."""
        self.sink.open.discard(self)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        self.number = self.sink.count_connection()
        try:
            if len(self.sink.open) > self.sink.most_connections:
                await self.part("421 4.7.0 Too many connections")
            elif not await self._misbehave("connect"):
                await super()._handle_client()
        except ConnectionError:
            pass  # the client has gone: what tests of cancels and deadlines are about

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Misbehave, or encrypt."""
        self.sink.note(self.number, "STARTTLS")
        if not await self._misbehave("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        """Misbehave, or sign in."""
        self.sink.note(self.number, "AUTH")
        if not await self._misbehave("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Misbehave, insist on a sign-in, or begin a mail."""
        self.sink.note(self.number, f"MAIL {arg}")
        if await self._misbehave("mail"):
            return
        if self.sink.users and not self._talk().authenticated:
            await self.push("530 5.7.0 Authentication required")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Misbehave, or take the recipient."""
        self.sink.note(self.number, f"RCPT {arg}")
        found = _ADDRESS.search(arg or "")
        if not await self._misbehave("rcpt", found[1] if found else ""):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802
        """Begin anew."""
        self.sink.note(self.number, "RSET")
        await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Misbehave before the letter or in the middle of it, or take it."""
        self.sink.note(self.number, "DATA")
        if await self._misbehave("data", self._who()):
            return
        fault = self.sink.find_fault("content", self._who())
        if fault is not None:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.readuntil(b"\r\n")
            await self._do(fault)
            return
        await super().smtp_DATA(arg)

    async def take(self, envelope: Envelope) -> str:
        """Look at a whole letter, keep it, and return what to answer."""
        raw = cast("bytes", envelope.original_content)
        if await self._misbehave("end", self._who()):
            return ""
        complaint = _find_complaint(raw, envelope)
        if complaint:
            return complaint
        self._keep(raw, envelope)
        if await self._misbehave("stored", self._who()):
            return ""
        return "250 2.0.0 Ok: queued"

    def _keep(self, raw: bytes, envelope: Envelope) -> None:
        message = email.message_from_bytes(raw)
        signed_in = self._talk().auth_data
        for recipient in envelope.rcpt_tos:
            self.sink.keep(
                StoredMail(
                    message_id=str(message["Message-ID"]),
                    sender=str(envelope.mail_from),
                    recipient=recipient,
                    raw=raw,
                    connection=self.number,
                    is_encrypted=self.sink.security == "tls" or self._talk().ssl is not None,
                    login=signed_in.login.decode() if isinstance(signed_in, LoginPassword) else "",
                )
            )

    # ---------------------------------------------------------------- misbehaving

    async def push(self, status: str | bytes) -> None:
        """Say something, and close the connection after a 421. Nothing where a fault has answered already."""
        said = status.encode() if isinstance(status, str) else status
        if not said:
            return
        await super().push(said)
        if said.startswith(b"421"):
            self._wire().close()

    async def part(self, reply: str) -> None:
        """Close the connection, with a last word."""
        if reply and not self._wire().is_closing():
            await super().push(reply)
        self._wire().close()

    def abort(self) -> None:
        """Break the connection."""
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                cast("asyncio.Transport", transport).abort()

    async def _misbehave(self, phase: Phase, recipient: str = "") -> bool:
        """Do what is planned for here; return whether that was the answer."""
        fault = self.sink.find_fault(phase, recipient)
        return fault is not None and await self._do(fault)

    async def _do(self, fault: Fault) -> bool:
        if fault.is_held:
            self.sink.held += 1
            await self.sink.wait_released()
        if fault.is_dropped:
            self.abort()
            await asyncio.get_running_loop().create_future()  # the loss of the connection ends this task
        if fault.reply:
            await self.push(fault.reply)
        return bool(fault.reply)

    def _sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        given = cast("LoginPassword", data)
        with contextlib.suppress(UnicodeDecodeError):
            if self.sink.users.get(given.login.decode()) == given.password.decode():
                return AuthResult(success=True, auth_data=given)
        return AuthResult(success=False, handled=False)

    # Methods, not properties: aiosmtpd reads every attribute while it is being made.

    def _who(self) -> str:
        envelope = self.envelope
        return envelope.rcpt_tos[-1] if envelope is not None and envelope.rcpt_tos else ""

    def _talk(self) -> Session:
        assert self.session is not None
        return self.session

    def _wire(self) -> asyncio.Transport:
        return cast("asyncio.Transport", self.transport)


class _Hooks:
    """What aiosmtpd calls."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: _Conversation, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer no signing in where nobody has to, and pipelining where the test wants it."""
        session.host_name = hostname
        offered = [line for line in responses if server.sink.users or not line.startswith("250-AUTH")]
        return [*offered[:-1], "250-PIPELINING", offered[-1]] if server.sink.has_pipelining else offered

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        return await server.take(envelope)


def _find_complaint(raw: bytes, envelope: Envelope) -> str:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        return "554 5.6.0 Bare line feeds are not allowed"
    if not raw.isascii() and "BODY=8BITMIME" not in envelope.mail_options and not envelope.smtp_utf8:
        return "554 5.6.1 Eight-bit data was not announced"
    if "Message-ID" not in email.message_from_bytes(raw):
        return "554 5.6.0 There is no Message-ID"
    return ""


def _read_certificate(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
