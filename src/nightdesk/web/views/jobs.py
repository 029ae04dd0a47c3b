"""A job: its chip, its drawer (a page of its own without scripts), and what can be done with it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from nightdesk.core.redaction import redact
from nightdesk.engine import actions, queries
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.httpkit.actors import Actor
from nightdesk.mail.jobs import SendBulkNotificationEmails
from nightdesk.operations.access import (
    find_job,
    find_job_to_change,
    has_result,
    may_read_content,
    read_error,
    read_result,
)
from nightdesk.publishing.jobs import ConcludeRound
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.chip import describe_job, title_of
from nightdesk.web.desk import is_routine
from nightdesk.web.mail.lines import say_mail
from nightdesk.web.mail.mailings import say_end
from nightdesk.web.parts import render_part
from nightdesk.web.posts.status import say_round
from nightdesk.web.subjects import find_subjects
from nightdesk.web.timeline import tell_story

#: A job may change long after its end, when its result goes: that is no news to anybody.
STALE: Final = timedelta(minutes=2)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show everything that is known of a job: as a page, or as the contents of the drawer."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    context = {**_describe(actor, find_job(actor, str(job_id))), "cursor": cursor}
    return render_part(request, part="web/jobs/job.html", whole="web/jobs/page.html", context=context)


@require_GET
@never_cache
@signed_in
def show_chip(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show the chip of one job, as it stands now."""
    return _chip(request, find_job(actor_on(request), str(job_id)))


@require_GET
@never_cache
@signed_in
def show_toast(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Say in one line how a job has just ended, for a page that shows something else; 204 when that is no news."""
    job = find_job(actor_on(request), str(job_id))
    if job.finished_at is None or timezone.now() - job.finished_at > STALE or is_routine(job):
        return HttpResponse(status=204)
    subject = find_subjects([job]).get(job.id)
    chip = describe_job(job)
    if (told := _tell_end(job)) is not None:
        look, word = told
        chip = replace(chip, look=look, word=word)
    return render(request, "web/jobs/toast.html", {"chip": chip, "subject": subject})


def _tell_end(job: Job) -> tuple[str, str | Promise] | None:
    """Return look and words where "done" is not all: of mail, and of what went to several at once."""
    if job.state != State.SUCCEEDED:
        return None
    if job.kind == ConcludeRound.kind.name:
        return say_round(queries.result_of(job))
    return say_end(job.pk) if job.kind == SendBulkNotificationEmails.kind.name else say_mail(job)


@require_POST
@signed_in
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Cancel a job: at once while it waits, as soon as it notices while it runs."""
    actions.cancel(job_id=_find_to_change(request, job_id).id)
    return _answer(request, job_id)


@require_POST
@signed_in
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Let a job that ended without success run again; one in doubt only when a person says that it was not done."""
    confirm = "not_done" if request.POST.get("confirm") == "not_done" else None
    actions.retry(job_id=_find_to_change(request, job_id).id, confirm=confirm)
    return _answer(request, job_id)


@require_POST
@signed_in
def decide(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Take a person's word for how a job in doubt really ended."""
    actions.decide(job_id=_find_to_change(request, job_id).id, done=request.POST.get("done") == "yes")
    return _answer(request, job_id)


def _find_to_change(request: HttpRequest, job_id: UUID) -> Job:
    return find_job_to_change(actor_on(request), str(job_id))


def _answer(request: HttpRequest, job_id: UUID) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _chip(request, find_job(actor_on(request), str(job_id)))
    back = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "web:home")


def _chip(request: HttpRequest, job: Job) -> HttpResponse:
    place = request.GET.get("place", "")
    context = {"chip": describe_job(job), "place": place if place.isalpha() else ""}
    return render(request, "web/components/job_chip.html", context)


def _describe(actor: Actor, job: Job) -> dict[str, Any]:
    open_to = may_read_content(actor, job)
    return {
        "job": job,
        "title": title_of(job),
        "subject": find_subjects([job]).get(job.id),
        "error": read_error(job),
        "gates": queries.explain(job),
        "story": tell_story(job, queries.attempts_of(job)),
        "is_secret": not open_to,
        "arguments": _as_text(redact(queries.arguments_of(job))) if open_to else "",
        "result": _as_text(redact(read_result(actor, job))) if open_to and has_result(job) else "",
        "in_doubt": job.state == State.UNKNOWN,
        "operator": actor.operator,
        "section": "",
    }


def _as_text(value: object) -> str:
    return "" if value in (None, {}) else json.dumps(value, indent=2, ensure_ascii=False)
