"""Who sends mail."""

from nightdesk.mail.tasks.sending import (
    send_bulk_notification_emails,
    send_mail,
    send_mail_batch,
    send_notification_email,
    send_welcome_email,
)

__all__ = [
    "send_bulk_notification_emails",
    "send_mail",
    "send_mail_batch",
    "send_notification_email",
    "send_welcome_email",
]
