"""Components of the pages as template tags."""

from django import template

from nightdesk.engine.models import Job
from nightdesk.web.chip import describe_job

register = template.Library()


@register.inclusion_tag("web/components/job_chip.html", takes_context=True)
def job_chip(context: template.Context, job: Job, *, brief: bool = False, message: str = "") -> dict[str, object]:
    """Show a job's chip; `brief=True` in lists, `message` for the words of the thing that the job is about."""
    return {"chip": describe_job(job, brief=brief, message=message), "csrf_token": context.get("csrf_token")}
