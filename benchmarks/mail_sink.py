"""A mail server that only counts, as a process of its own: `python -m benchmarks.mail_sink [CERTIFICATE]`.

aiosmtpd, on which the tests' server rests, takes 600 mails a second on a busy machine and would be what is measured. This
one speaks as much SMTP as senders need, with pipelining as Postfix has it; with a certificate it wants STARTTLS and a
sign-in, as servers on port 587 do. It looks nobody up and forks nothing for a connection, which flatters whoever makes
many. A second port tells what came.
"""

import asyncio
import base64
import contextlib
import json
import re
import socket
import ssl
import sys
from pathlib import Path
from typing import Any, Final, Self

from tests.support.environment import complete_environment
from tests.support.processes import Process, start_process, wait_until

USER: Final = "bench"
PASSWORD: Final = "made-up-for-the-bench"
_SECRET: Final = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode())
_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Count:
    """What came."""

    def __init__(self) -> None:
        self.mails = 0
        self.connections = 0
        self.ids: set[bytes] = set()
        self.first = b""

    def take(self, raw: bytes) -> None:
        """Count a mail."""
        self.mails += 1
        found = _MESSAGE_ID.search(raw)
        self.ids.add(found[1] if found else b"")
        self.first = self.first or raw

    def tell(self) -> bytes:
        """Write it as JSON."""
        told = {"mails": self.mails, "ids": len(self.ids), "connections": self.connections}
        return json.dumps({**told, "first": self.first.decode("ascii", "replace")}).encode()


class Conversation(asyncio.Protocol):
    """One connection."""

    def __init__(self, count: Count, context: ssl.SSLContext | None) -> None:
        self._count = count
        self._context = context  # until it is in use
        self._wants_sign_in = context is not None
        self._encrypting: asyncio.Task[None] | None = None
        self._waiting = bytearray()
        self._is_letter = False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._count.connections += 1
        self._transport = transport
        self._transport.write(b"220 sink.bench ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer all commands that are there, in one write."""
        self._waiting += data
        if self._encrypting is None or self._encrypting.done():
            self._answer_all()

    def _answer_all(self) -> None:
        said = bytearray()
        while (answer := self._step()) is not None:
            said += answer
        if said:
            self._transport.write(bytes(said))

    def _step(self) -> bytes | None:
        end = b"\r\n.\r\n" if self._is_letter else b"\r\n"
        at = self._waiting.find(end)
        if at < 0:
            return None
        part = bytes(self._waiting[:at])
        del self._waiting[: at + len(end)]
        if not self._is_letter:
            return self._answer(part)
        self._is_letter = False
        self._count.take(part)
        return b"250 2.0.0 Ok: queued as BENCH\r\n"

    def _answer(self, line: bytes) -> bytes | None:
        command, _, rest = line.partition(b" ")
        match command.upper():
            case b"EHLO":
                auth = b"250-AUTH PLAIN\r\n" if self._wants_sign_in and not self._context else b""
                start = b"250-STARTTLS\r\n" if self._context else b""
                return (
                    b"250-sink.bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                    + start
                    + auth
                    + b"250 SIZE 9999999\r\n"
                )
            case b"STARTTLS" if self._context:
                self._transport.write(b"220 2.0.0 Go on\r\n")
                self._transport.pause_reading()  # what comes now is for the other layer
                self._encrypting = asyncio.ensure_future(self._encrypt(self._context))
                self._context = None
            case b"AUTH" if not self._context:
                self._wants_sign_in = self._wants_sign_in and not rest.endswith(_SECRET)
                return b"535 5.7.8 No\r\n" if self._wants_sign_in else b"235 2.7.0 Yes\r\n"
            case b"MAIL" if self._wants_sign_in:
                return b"530 5.7.0 Sign in\r\n"
            case b"DATA":
                self._is_letter = True
                return b"354 Go on\r\n"
            case b"QUIT":
                self._transport.write(b"221 Bye\r\n")
                self._transport.close()
            case _:
                return b"250 Ok\r\n"
        return None

    async def _encrypt(self, context: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError):  # ssl.SSLError among them: whoever breaks the handshake is gone
            loop = asyncio.get_running_loop()
            self._transport = await loop.start_tls(self._transport, self, context, server_side=True)
            self._answer_all()  # what came with the end of the handshake


class MailSink:
    """The process, seen from the benchmark."""

    def __init__(self, folder: Path, certificate: Path | None = None) -> None:
        self.certificate = certificate
        self._process: Process = start_process(
            "mail sink",
            [sys.executable, "-m", "benchmarks.mail_sink", *([str(certificate)] if certificate else [])],
            log=folder / "mail-sink.log",
            env=complete_environment({}),
            cwd=Path.cwd(),
        )
        said = wait_until(self._process.printed, 20, "the sink says its ports")
        self.port, self._control = (int(port) for port in said.split()[:2])

    def tell(self) -> dict[str, Any]:
        """Return what came since the start."""
        with socket.create_connection(("127.0.0.1", self._control), timeout=10) as line, line.makefile("rb") as told:
            found: dict[str, Any] = json.loads(told.read())
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill9()


async def _serve(certificate: str | None) -> None:
    count, loop, context = Count(), asyncio.get_running_loop(), None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    async def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(count.tell())
        writer.close()

    def converse() -> asyncio.Protocol:
        return Conversation(count, context)

    server = await loop.create_server(converse, "127.0.0.1", 0, backlog=1024)
    control = await asyncio.start_server(tell, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], control.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(sys.argv[1] if len(sys.argv) > 1 else None))
