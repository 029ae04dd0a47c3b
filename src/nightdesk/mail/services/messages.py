"""A mail as the bytes that leave (RFC 5322, CRLF): written once, kept, and the same in every try.

The headers are written here and not by `email.message`: it breaks long words at 78 characters by encoding them, and an
encoded List-Unsubscribe is none. Bodies are quoted-printable by `binascii`; the one of `email` takes 50 times as long.
"""

import binascii
import email
import email.policy
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from nightdesk.core.errors import Permanent
from nightdesk.engine.sealing import seal, unseal
from nightdesk.mail.models import Category, MailBody, OutboxMail
from nightdesk.mail.services.addresses import fold_address
from nightdesk.mail.services.contexts import open_context, users_by_address
from nightdesk.mail.services.rendering import Rendered, fill_context, render_complete
from nightdesk.providers.mail.protocol import Letter
from nightdesk.providers.mail.registry import configured

#: The domain of addresses in an installation that was never told its own.
_NO_DOMAIN: Final = "localhost.localdomain"
#: Level 6 halves a mail; higher ones take longer for two per cent.
_COMPRESSION: Final = 6
_MESSAGE_ID: Final = re.compile(rb"^Message-ID: (<[^>\r\n]+>)\r\n", re.MULTILINE)


class BodyUnreadable(Permanent):
    """What a mail said is not what was kept."""

    code = "mail_body_unreadable"
    public_message = "What was kept of this mail cannot be read any more. Send a new one."


@dataclass(frozen=True, slots=True)
class Body:
    """A mail's bytes as they leave, and as they are kept."""

    raw: bytes
    kept: bytes
    sha256: str
    is_sealed: bool


def write_body(*, mail: OutboxMail, context: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Body:
    """Write a mail: its template filled in, as bytes. `context` and `user` are read where they are not given.

    Raises:
        MissingVariables, TemplateNotFound, TemplateBroken, RowGone: it cannot be written.
    """
    if context is None:
        context = open_context(mail.bulk.sealed_context if mail.bulk else mail.sealed_context)
        user = users_by_address([mail.recipient]).get(fold_address(mail.recipient))
    filled = fill_context(context, recipient=mail.recipient, user=user, category=mail.category, subject=mail.subject)
    rendered = render_complete(template=mail.template, context=filled)
    return pack_body(mail=mail, raw=compose(mail=mail, rendered=rendered, leave=str(filled["unsubscribe_url"])))


def pack_body(*, mail: OutboxMail, raw: bytes) -> Body:
    """Pack the bytes of a mail as they are kept: sealed where it is about security."""
    packed = zlib.compress(raw, _COMPRESSION)
    is_sealed = mail.category == Category.SECURITY
    kept = seal(binascii.b2a_base64(packed, newline=False).decode()).encode() if is_sealed else packed
    return Body(raw, kept, hashlib.sha256(raw).hexdigest(), is_sealed)


def render_mail(*, mail: OutboxMail) -> bytes:
    """Return a mail's bytes: those that were kept, else written and kept now. The same from then on.

    Raises:
        MissingVariables, TemplateNotFound, TemplateBroken, RowGone: it cannot be written.
    """
    kept = MailBody.objects.filter(pk=mail.pk).first()
    if kept is None:
        body = write_body(mail=mail)
        kept, _ = MailBody.objects.get_or_create(
            pk=mail.pk, defaults={"raw": body.kept, "sha256": body.sha256, "is_sealed": body.is_sealed}
        )
    return open_body(body=kept)


def compose(*, mail: OutboxMail, rendered: Rendered, leave: str) -> bytes:
    """Write headers and both forms of a mail. `leave`: where its recipient unsubscribes, "" where they cannot."""
    parts = [part_head(kind) + encode_lines(lines_of(text)) for kind, text in forms_of(rendered)]
    return assemble(mail=mail, parts=parts, leave=leave)


def assemble(*, mail: OutboxMail, parts: Sequence[bytes], leave: str) -> bytes:
    """Write the headers of a mail, and put its encoded parts below."""
    boundary = f"=_{mail.uid.hex}"
    lines = [*_headers(mail, leave), f'Content-Type: multipart/alternative; boundary="{boundary}"', "", ""]
    return b"".join(
        [
            "\r\n".join(lines).encode(),  # ASCII but for the local part of a rare address (RFC 6532)
            *(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts),
            b"--%s--\r\n" % boundary.encode(),
        ]
    )


def open_body(*, body: MailBody) -> bytes:
    """Return the bytes of a mail as they were written.

    Raises:
        BodyUnreadable: what was kept is damaged. Misconfigured: its key is gone.
    """
    kept = bytes(body.raw)
    try:
        raw = zlib.decompress(binascii.a2b_base64(unseal(kept.decode())) if body.is_sealed else kept)
    except (zlib.error, ValueError) as exc:
        raise BodyUnreadable from exc
    if hashlib.sha256(raw).hexdigest() != body.sha256:
        raise BodyUnreadable
    return raw


def read_body(*, mail: OutboxMail) -> Rendered | None:
    """Return what a mail says, as it was written; None where it was not written yet, or is not kept.

    Raises:
        BodyUnreadable: what was kept is damaged.
    """
    body = MailBody.objects.filter(pk=mail.pk).first()
    if body is None:
        return None
    message = email.message_from_bytes(open_body(body=body), policy=email.policy.default)
    parts = {
        part.get_content_subtype(): str(part.get_content()).replace("\r\n", "\n")
        for part in message.walk()
        if not part.is_multipart()
    }
    return Rendered(subject=mail.subject, html=parts.get("html", ""), text=parts.get("plain", ""))


def make_letter(*, mail: OutboxMail, raw: bytes) -> Letter:
    """Put a mail's bytes into an envelope."""
    found = _MESSAGE_ID.search(raw)
    return Letter(
        key=str(mail.uid),
        message_id=found[1].decode() if found else message_id_of(mail),
        envelope_from=_sender(configured().sender_address).address,
        recipient=ascii_address(mail.recipient),
        raw=raw,
    )


def message_id_of(mail: OutboxMail) -> str:
    """Make a mail's Message-ID: of its row, so the same in every try."""
    domain = _sender(configured().sender_address).address.rpartition("@")[2]
    if domain == _NO_DOMAIN:
        domain = urlsplit(settings.BASE_URL).hostname or _NO_DOMAIN
    return f"<{mail.uid}@{domain}>"


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who mail is from: as a header shows it, and the bare address."""

    shown: str
    address: str


@lru_cache(maxsize=2)
def _sender(setting: str) -> _Sender:
    name, address = parseaddr(setting)
    return _Sender(formataddr((name, ascii_address(address))), ascii_address(address))


def ascii_address(address: str) -> str:
    """Return an address whose domain every server understands: other letters as RFC 3490 writes them.

    One that has no such form comes back as it is: the sender refuses it.
    """
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}" if not domain.isascii() else address
    except UnicodeError:
        return address


def _headers(mail: OutboxMail, leave: str) -> list[str]:
    headers = [
        f"From: {_sender(configured().sender_address).shown}",
        f"To: {ascii_address(mail.recipient)}",
        f"Subject: {_one_line(mail.subject)}",
        f"Date: {format_datetime(timezone.now())}",
        f"Message-ID: {message_id_of(mail)}",
        "Auto-Submitted: auto-generated",
        f"Feedback-ID: {mail.bulk_id or 0}:{mail.template}:{mail.category}:nightdesk",
        "MIME-Version: 1.0",
    ]
    if leave:
        headers += [f"List-Unsubscribe: <{leave}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
    return headers


def _one_line(subject: str) -> str:
    """Write a subject; one with other letters, or that looks encoded, is encoded (RFC 2047)."""
    if subject.isascii() and "=?" not in subject:
        return subject
    return Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")


def forms_of(rendered: Rendered) -> tuple[tuple[str, str], ...]:
    """Return both forms of a mail, the plainest first, by their kind of text."""
    return (("plain", rendered.text), ("html", rendered.html))


def lines_of(text: str) -> list[str]:
    """Split a text into lines that end as mail wants it."""
    return [f"{line}\r\n" for line in text.splitlines()] or ["\r\n"]


def encode_lines(lines: Sequence[str]) -> bytes:
    """Write whole lines quoted-printable; each is written alike, whichever stand around it."""
    return binascii.b2a_qp("".join(lines).encode(), istext=True)


def part_head(kind: str) -> bytes:
    """Write the headers of a part."""
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode()
