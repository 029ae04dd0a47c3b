"""One mail that was asked for by a task: its row is written in the first run, then it is delivered."""

from typing import Any

from nightdesk.engine.run import Run
from nightdesk.mail.jobs import SendNotificationEmail
from nightdesk.mail.services.delivering import deliver
from nightdesk.mail.services.templates import find_template
from nightdesk.mail.services.writing import write_mail


def send_notification(*, job: SendNotificationEmail, run: Run) -> dict[str, Any]:
    """Write the mail down, once for the job, and send it; its category is the template's.

    Raises:
        TemplateNotFound. InvalidInput: the address or the subject is none. Else as `deliver`.
    """
    mail = write_mail(
        dedupe_key=f"job:{run.job_id}",
        category=find_template(job.template_name).category,
        template=job.template_name,
        recipient=job.recipient_email,
        subject=job.subject,
        context=job.context,
        asked_by=run.owner_id,
        task_id=run.job_id,
    )
    return deliver(mail=mail, run=run)
