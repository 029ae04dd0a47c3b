"""What a sender of mail is asked, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from nightdesk.core.errors import Permanent, Throttled, Transient


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail ready to leave. `raw` is the whole message (RFC 5322, CRLF), the same bytes in every try.

    `key` is the same in every try, too: a service that knows idempotency keys is given it.
    """

    key: str
    message_id: str
    envelope_from: str
    recipient: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The other side took a letter. `is_kept`: there is no other side, and the letter has not left the house."""

    provider_id: str = ""
    code: int | None = None
    is_kept: bool = False


class RecipientRefused(Permanent):
    """The recipient was refused for good. `is_dead`: the address takes no mail at all (550, 551, 553)."""

    code = "recipient_refused"
    public_message = "The mail server refused this recipient. Check the address."

    def __init__(self, public_message: str | None = None, *, smtp_code: int | None = None, is_dead: bool) -> None:
        """Say what the server said, in plain words."""
        super().__init__(public_message)
        self.smtp_code = smtp_code
        self.is_dead = is_dead


class MailDelayed(Transient):
    """The server does not take this one mail now (45x): a full mailbox, greylisting, a check that was not possible."""

    code = "mail_delayed"
    public_message = "The mail server does not take this mail just now. It is sent again later."

    def __init__(self, public_message: str | None = None, *, smtp_code: int | None = None) -> None:
        """Say what the server said, in plain words."""
        super().__init__(public_message)
        self.smtp_code = smtp_code


class SenderBusy(Throttled):
    """The server wants no mail from us for a while (421, 454): the whole sender pauses for `retry_after_s`.

    It says nothing of the mail, which keeps its tries.
    """

    code = "mail_sender_busy"
    spends_try = False
    public_message = "The mail server asked us to pause. Mail is sent again when the pause is over."

    def __init__(
        self, public_message: str | None = None, *, retry_after_s: float | None, smtp_code: int | None = None
    ) -> None:
        """Say what the server said, in plain words."""
        super().__init__(public_message, retry_after_s=retry_after_s)
        self.smtp_code = smtp_code


class Sender(Protocol):
    """A way for mail to leave. Used by many threads at once."""

    name: str
    #: Whether the same letter sent twice under the same key arrives once.
    is_idempotent: bool

    def send(self, letter: Letter, *, check: Callable[[], None]) -> Receipt:
        """Send one letter to its one recipient. `check` is called while waiting and may raise, to stop it.

        What `check` raises comes out as it is where the letter has certainly not been sent. Where it may have been,
        OutcomeUnknown comes out instead, within a second: whoever asked looks at its own `check` again.

        Raises:
            Transient, MailDelayed, SenderBusy: certainly not sent; may be tried again.
            RecipientRefused, Permanent, Misconfigured: certainly not sent; trying again does not help.
            OutcomeUnknown: it may have been sent: the connection broke after the letter and before the answer.
        """
        ...

    def close(self) -> None:
        """Give back what is held open. Safe to repeat."""
        ...
