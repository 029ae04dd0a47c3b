"""Jobs and rows of mail, as tests look at them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.testing import run_job
from nightdesk.mail.jobs import SendNotificationEmail
from nightdesk.mail.models import OutboxMail

TO = "ada@example.org"


def ask(*, to: str = TO, template: str = "notification", **context: Any) -> UUID:
    """Ask for one mail."""
    given = {"notification": {"message": "It is done."}, "password_reset": {"reset_url": "https://studio.example/r/1"}}
    return enqueue(
        SendNotificationEmail(
            recipient_email=to,
            subject="Your export is ready",
            template_name=template,
            context={**given.get(template, {"content": "News."}), **context},
        )
    )


def run_again(job_id: UUID) -> Job:
    """Run a job whose retry is due later, now."""
    Job.objects.filter(pk=job_id).update(run_at=timezone.now() - timedelta(seconds=1))
    return run_job(job_id)


def mail_of(job_id: UUID) -> OutboxMail:
    """Return the mail of a job."""
    return OutboxMail.objects.get(task_id=job_id)
