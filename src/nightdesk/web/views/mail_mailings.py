"""Bulk mailings: their list, and one with its counts and its mails, those in doubt first."""

from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.mail import services
from nightdesk.mail.errors import MailingNotFound
from nightdesk.mail.jobs import SendBulkNotificationEmails
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.mail.lines import find_lines
from nightdesk.web.mail.mailings import find_mailings, mailings_seen, order_mails
from nightdesk.web.mail.sender import describe_sender
from nightdesk.web.parts import render_part

PAGE_SIZE: Final = 25


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the mailings, newest first, each with its counts."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    page = Paginator(mailings_seen(actor), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "mailings": find_mailings(actor, page), "cursor": cursor, "section": "mail"}
    return render_part(request, part="web/mail/mailing_rows.html", whole="web/mail/mailings.html", context=context)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show a mailing by the id of its job: it can be looked at before its mails are written down."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    mailing = next(iter(find_mailings(actor, mailings_seen(actor).filter(task_id=job_id))), None)
    job = mailing.job if mailing is not None else _find_job(request, job_id)
    page = None
    if mailing is not None:
        mails = services.mails_shown(user_id=actor.user_id, is_operator=actor.operator, bulk_id=mailing.row.pk).defer(
            "sealed_context"
        )
        page = Paginator(order_mails(mails), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "mailing": mailing,
        "job": job,
        "job_id": job_id,
        "page": page,
        "lines": find_lines(actor, page) if page is not None else [],
        "sender": describe_sender(),
        "cursor": cursor,
        "section": "mail",
    }
    return render_part(request, part="web/mail/mailing_content.html", whole="web/mail/mailing.html", context=context)


def _find_job(request: HttpRequest, job_id: UUID) -> Job:
    """Return the job of a mailing that has written nothing down yet."""
    actor = actor_on(request)
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator)
    job = jobs.filter(pk=job_id, kind=SendBulkNotificationEmails.kind.name).first()
    if job is None:
        raise MailingNotFound
    return job
