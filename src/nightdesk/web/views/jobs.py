"""A job's chip and its one action."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from nightdesk.core.errors import NotFound
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.chip import describe_job


@require_GET
@never_cache
@signed_in
def show_chip(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show the chip of one job, as it stands now."""
    return _chip(request, _find_job(request, job_id))


@require_POST
@signed_in
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Cancel a job: at once while it waits, as soon as it notices while it runs."""
    actions.cancel(job_id=_find_job(request, job_id).id)
    return _answer(request, job_id)


@require_POST
@signed_in
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Let a job that ended without success run again."""
    actions.retry(job_id=_find_job(request, job_id).id)
    return _answer(request, job_id)


def _find_job(request: HttpRequest, job_id: UUID) -> Job:
    actor = actor_on(request)
    job = visible_jobs(user_id=actor.user_id, operator=actor.operator).filter(id=job_id).first()
    if job is None:
        raise NotFound
    return job


def _answer(request: HttpRequest, job_id: UUID) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _chip(request, _find_job(request, job_id))
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "web:home")


def _chip(request: HttpRequest, job: Job) -> HttpResponse:
    return render(request, "web/components/job_chip.html", {"chip": describe_job(job)})
