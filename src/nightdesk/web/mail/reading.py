"""What a mail says, as far as this reader may know it."""

import email.parser
import email.policy
from dataclasses import dataclass
from typing import Final

from nightdesk.core.errors import OperationalFault
from nightdesk.httpkit.actors import Actor
from nightdesk.mail import services
from nightdesk.mail.models import MailBody, OutboxMail

#: What people look for; the rest is for programs.
_HEADERS: Final = ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it leaves: headers in words, and both of its forms."""

    headers: list[tuple[str, str]]
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail that somebody opens. `is_secret`: it is for its recipient only. `trouble`: why it cannot be read, in words."""

    letter: Letter | None = None
    is_secret: bool = False
    trouble: str = ""

    @property
    def stamp(self) -> str:
        """Changes when there is more to read, or less."""
        return f"{self.letter is not None}-{self.is_secret}-{bool(self.trouble)}"


def open_mail(mail: OutboxMail, body: MailBody | None, actor: Actor) -> Opened:
    """Read what a mail says, as far as this reader may know it, and say why not where not."""
    if body is None:
        return Opened(is_secret=not services.may_read_body(mail=mail, user_id=actor.user_id))
    try:
        return Opened(open_letter(body))
    except OperationalFault as fault:  # damaged, or its key is gone: everything else about it is still to be seen
        return Opened(trouble=fault.public_message)


def find_body(mail: OutboxMail, actor: Actor) -> MailBody | None:
    """Return what was kept of a mail; None: it is not written yet, or this reader may not know what it says."""
    if not services.may_read_body(mail=mail, user_id=actor.user_id):
        return None
    return MailBody.objects.filter(pk=mail.pk).first()


def open_letter(body: MailBody) -> Letter:
    """Read a mail out of its bytes.

    Raises:
        BodyUnreadable: what was kept is damaged. Misconfigured: its key is gone.
    """
    raw = services.open_body(body=body)
    message = email.parser.BytesParser(policy=email.policy.default).parsebytes(raw)
    parts = {part.get_content_subtype(): str(part.get_content()) for part in message.walk() if not part.is_multipart()}
    headers = [(name, str(message[name])) for name in _HEADERS if name in message]
    return Letter(headers, parts.get("html", ""), parts.get("plain", ""))
