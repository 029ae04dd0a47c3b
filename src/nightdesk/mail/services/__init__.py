"""What is done with mail."""

from nightdesk.mail.services.outbox_lists import mails_shown

__all__ = ["mails_shown"]
