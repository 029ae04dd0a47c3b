"""The outbox: its list, one mail with what it says, and what can be done with it."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.feed import shared_tail
from nightdesk.mail import services
from nightdesk.mail.errors import MailNotFound
from nightdesk.mail.models import OutboxMail
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.mail.filter import MailFilter
from nightdesk.web.mail.frame import render_around, show_mail_html
from nightdesk.web.mail.lines import find_lines
from nightdesk.web.mail.mailings import GLANCE, find_mailings, mailings_seen
from nightdesk.web.mail.reading import find_body, open_letter, open_mail
from nightdesk.web.mail.sender import describe_sender
from nightdesk.web.mail.story import tell_story
from nightdesk.web.parts import render_part
from nightdesk.web.saying import say

PAGE_SIZE: Final = 25


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the mails that match the address, newest first; where nothing is left out, mailings stand above them."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    asked = MailFilter.read(request.GET)
    page = Paginator(asked.find(actor), PAGE_SIZE).get_page(request.GET.get("page"))
    begins = page.number == 1 and not asked.is_on
    mailings = find_mailings(actor, mailings_seen(actor)[:GLANCE]) if begins else []
    context = {
        "page": page,
        "lines": find_lines(actor, page),
        "mailings": mailings,
        "has_open_mailing": any(one.is_unfinished for one in mailings),
        "mailing": mailings_seen(actor).filter(pk=int(asked.mailing)).first() if asked.mailing else None,
        "sender": describe_sender(),
        "asked": asked,
        "cursor": cursor,
        "section": "mail",
    }
    return render_part(request, part="web/mail/rows.html", whole="web/mail/list.html", context=context)


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Show a mail: where it stands, what happened when, and what it says."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    mail = _find(request, mail_id)
    (line,) = find_lines(actor, [mail])
    body = find_body(mail, actor)
    part = bool(request.headers.get("HX-Request"))
    context: dict[str, object] = {
        "line": line,
        "mail": mail,
        "opened": open_mail(mail, body, actor),
        "story": tell_story(mail, body),
        "as_text": request.GET.get("as") == "text",
        "sender": describe_sender(),
        "cursor": cursor,
        "section": "mail",
    }
    show_it = render if part else render_around
    response = show_it(request, "web/mail/mail_parts.html" if part else "web/mail/mail.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@never_cache
@signed_in
def show_html(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Show what a mail looks like, for the frame on its page."""
    body = find_body(_find(request, mail_id), actor_on(request))
    if body is None:
        raise MailNotFound
    return show_mail_html(open_letter(body).html)


@require_POST
@signed_in
def retry(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Send a mail again that failed or was cancelled: the same mail, under the same Message-ID."""
    services.retry_mail(mail_id=_find_to_change(request, mail_id).pk, by=actor_on(request).user_id)
    return say(request, _back(request, mail_id), _("It is queued again."))


@require_POST
@signed_in
def cancel(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Stop a mail that waits."""
    services.cancel_mail(mail_id=_find_to_change(request, mail_id).pk, by=actor_on(request).user_id)
    return say(request, _back(request, mail_id), _("It is cancelled and does not leave."))


@require_POST
@signed_in
def decide(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Take a person's word for whether a mail arrived; one that did not is sent again."""
    outcome = request.POST.get("outcome", "")
    if outcome not in ("arrived", "again"):
        raise InvalidInput(_("This form is incomplete. Load the page again and repeat it."))
    arrived = outcome == "arrived"
    mail = _find_to_change(request, mail_id)
    services.decide_mail(mail_id=mail.pk, arrived=arrived, by=actor_on(request).user_id)
    return say(request, _back(request, mail_id), _("It counts as sent.") if arrived else _("It is queued again."))


def _find(request: HttpRequest, mail_id: int) -> OutboxMail:
    actor = actor_on(request)
    return services.find_mail(mail_id=mail_id, user_id=actor.user_id, is_operator=actor.operator)


def _find_to_change(request: HttpRequest, mail_id: int) -> OutboxMail:
    actor = actor_on(request)
    return services.find_mail_to_change(mail_id=mail_id, user_id=actor.user_id, is_operator=actor.operator)


def _back(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Lead back to the list that the button stood in, else to the mail."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("web:mail", mail_id)
