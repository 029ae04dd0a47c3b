"""Who sends mail: one, a batch, a mailing, a welcome."""

from typing import Any

from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.handlers import handles
from nightdesk.engine.run import Run
from nightdesk.mail import services
from nightdesk.mail.jobs import (
    SendBulkNotificationEmails,
    SendMail,
    SendMailBatch,
    SendNotificationEmail,
    SendWelcomeEmail,
)


@handles(SendNotificationEmail)
def send_notification_email(job: SendNotificationEmail, run: Run) -> dict[str, Any]:
    """Send a mail to one recipient."""
    return services.send_notification(job=job, run=run)


@handles(SendBulkNotificationEmails)
def send_bulk_notification_emails(job: SendBulkNotificationEmails, run: Run) -> dict[str, Any]:
    """Send a mail to each of many recipients."""
    return services.send_bulk(job=job, run=run)


@handles(SendWelcomeEmail)
def send_welcome_email(job: SendWelcomeEmail, run: Run) -> dict[str, Any]:
    """Welcome a user or an administrator."""
    return services.send_welcome(job=job, run=run)


@handles(SendMail)
def send_mail(job: SendMail, run: Run) -> dict[str, Any]:
    """Send a mail of the outbox."""
    return services.send_mail(mail_id=job.mail_id, run=run)


@handles(SendMailBatch)
def send_mail_batch(job: SendMailBatch, run: Run) -> dict[str, Any]:
    """Send one batch of a mailing."""
    return services.send_batch(bulk_id=job.bulk_id, batch=job.batch, run=run)


@when_ended(SendNotificationEmail, SendWelcomeEmail, SendMail, SendMailBatch)
def mail_job_ended(end: JobEnd) -> None:
    """Tell the mails of a job how it ended."""
    services.mail_ended(end)


@when_ended(SendBulkNotificationEmails)
def bulk_job_ended(end: JobEnd) -> None:
    """Tell a mailing how its job ended."""
    services.bulk_ended(end)
