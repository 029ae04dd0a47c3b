"""No server: letters stay in the house, to be read on the outbox page."""

from collections.abc import Callable

from nightdesk.providers.mail.options import MailOptions
from nightdesk.providers.mail.protocol import Letter, Receipt


class Outbox:
    """Takes every letter and sends none."""

    name = "outbox"
    is_idempotent = True

    def __init__(self, options: MailOptions) -> None:
        """Need nothing of the options."""

    def send(self, letter: Letter, *, check: Callable[[], None]) -> Receipt:
        """Keep it."""
        check()
        return Receipt(is_kept=True)

    def close(self) -> None:
        """Hold nothing open."""
