"""Components of the pages as template tags."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from nightdesk.engine.models import Job
from nightdesk.web.chip import describe_job
from nightdesk.web.desk import Counts, count_jobs
from nightdesk.web.subjects import Subject

register = template.Library()


@register.inclusion_tag("web/components/job_chip.html", takes_context=True)
def job_chip(
    context: template.Context, job: Job, *, brief: bool = False, message: str = "", place: str = ""
) -> dict[str, object]:
    """Show a job's chip; `brief=True` in lists, `message` for the words of the thing that the job is about.

    `place` names the part of the page where the same job may be shown a second time.
    """
    chip = describe_job(job, brief=brief, message=message)
    return {"chip": chip, "place": place, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("web/components/job_row.html", takes_context=True)
def job_row(
    context: template.Context, job: Job, subject: Subject | None, *, place: str = "", brief: bool = False
) -> dict[str, object]:
    """Show a job in a list: what it is about, and its chip."""
    chip = describe_job(job, brief=brief)
    return {
        "job": job,
        "subject": subject,
        "chip": chip,
        "place": place,
        "brief": brief,
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def frame_counts(context: template.Context) -> Counts:
    """Count what the frame of every page counts."""
    request: Any = context["request"]
    return count_jobs(request.user, request.session)


@register.inclusion_tag("web/components/moment.html")
def moment(at: datetime) -> dict[str, object]:
    """Show a moment: in the reader's own zone and words where scripts run, absolute everywhere."""
    return {"at": at}


@register.filter
def duration(seconds: float) -> str:
    """Say how long something took: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 days`."""
    if seconds < 10:
        return gettext("%(seconds).1f s") % {"seconds": seconds}
    if seconds < 60:
        return gettext("%(seconds)d s") % {"seconds": seconds}
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    days = hours // 24
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


@register.filter
def money(micros: int, currency: str) -> str:
    """Write millionths of a currency unit: to the cent, and further where cents would show nothing."""
    places = 2 if not micros or abs(micros) >= 1_000_000 else 4
    return f"{micros / 1_000_000:.{places}f} {currency}"
