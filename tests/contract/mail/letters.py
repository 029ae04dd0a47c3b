"""Letters to send, and callers who do or do not want to stop."""

import threading
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import Letter
from nightdesk.providers.mail.smtp.sender import Smtp
from tests.support.smtp import SmtpSink

SENDER: Final = "desk@example.org"


def write_letter(
    number: int = 1, *, to: str = "ada@example.net", text: str = "Good morning.", padding: int = 0
) -> Letter:
    """Write a letter as the outbox does; `padding` makes it so many bytes longer."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message_id = f"<mail-{number}@nightdesk.example>"
    message["From"] = f"Studio <{SENDER}>"
    message["To"] = to if to.isascii() else "undisclosed-recipients:;"
    message["Subject"] = f"Grüße Nr. {number}"
    message["Message-ID"] = message_id
    message["Date"] = "Wed, 25 Nov 2026 10:00:00 +0000"
    message["List-Unsubscribe"] = "<https://nightdesk.example/mail/unsubscribe/abc/>"
    message.set_content(f"{text}\n.\n..ends\n" + "\n".join(["y" * 70] * (padding // 71)))
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    return Letter(
        key=f"mail-{number}", message_id=message_id, envelope_from=SENDER, recipient=to, raw=message.as_bytes()
    )


def make_smtp(sink: SmtpSink, **options: Any) -> Smtp:
    """Make a sender to a server."""
    given = {"host": sink.host, "port": sink.port, "security": sink.security, "timeout_s": 10.0, **options}
    return Smtp(MailOptions(**given))


def go_on() -> None:
    """Never stop."""


class Stopped(BaseException):
    """What a caller raises to stop; like the engine's cancel it is no `Exception`."""


class Stopping:
    """A caller who can be told to stop, and who then says so each time that it is asked."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def __call__(self) -> None:
        if self._stop.is_set():
            raise Stopped
