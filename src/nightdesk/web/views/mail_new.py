"""A new mail, to one or to many."""

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from nightdesk.core.errors import Conflict, InvalidInput
from nightdesk.mail import services
from nightdesk.mail.models.outbox import MAX_SUBJECT_CHARS
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.mail.form import (
    NewMail,
    begin_mail,
    complain_of_mail,
    place_complaints,
    read_context,
    read_key,
    read_mail,
)
from nightdesk.web.mail.recipients import read_recipients
from nightdesk.web.mail.sender import describe_sender
from nightdesk.web.mail.share import count_mail
from nightdesk.web.views.mail_templates import may_send

#: The template of a mail about which nothing else was said.
_FIRST: Final = "notification"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def write(request: HttpRequest) -> HttpResponse:
    """Ask what a mail says and who gets it, and send it; what was wrong stays beside its field."""
    template = services.find_template(request.GET.get("template", _FIRST))
    if request.method != "POST":
        return _show(request, begin_mail(template))
    mail = read_mail(request.POST, template)
    complaints = complain_of_mail(mail)
    try:
        context = read_context(mail)
        if not complaints:
            return redirect(_send(request, mail, context))
    except InvalidInput as refusal:
        if not refusal.details:
            raise
        complaints |= place_complaints(refusal.details, template)
    return _show(request, mail, complaints)


@require_POST
@signed_in
def count_recipients(request: HttpRequest) -> HttpResponse:
    """Say how many recipients stand in the field, while somebody types."""
    return render(request, "web/mail/counted.html", {"recipients": read_recipients(request.POST.get("to", ""))})


def _send(request: HttpRequest, mail: NewMail, context: dict[str, Any]) -> str:
    """Write the mail down, or order the mailing; return where it is shown. The same form sent twice is one mail."""
    key, to = read_key(mail), mail.recipients.addresses
    count_mail(request)
    actor = actor_on(request)
    order: dict[str, Any] = {
        "subject": mail.subject,
        "template_name": mail.template.name,
        "context": context,
        "user_id": actor.user_id,
        "is_operator": actor.operator,
    }
    if len(to) == 1:
        row = services.order_written_mail(recipient_email=to[0], key=key, **order)
        return reverse("web:mail", args=[row.pk])
    with suppress(Conflict):  # a second click: the mailing is under way already
        services.order_mailing(recipient_emails=to, job_id=UUID(key), **order)
    return reverse("web:mailing", args=[key])


def _show(request: HttpRequest, mail: NewMail, complaints: dict[str, list[str]] | None = None) -> HttpResponse:
    said = complaints or {}
    context = {
        "mail": mail,
        "fields": [(field, said.get(field.name, [])) for field in mail.fields],
        "recipients": mail.recipients,
        "templates": [one for one in services.list_templates() if may_send(request, one)],
        "complaints": said,
        "longest": MAX_SUBJECT_CHARS,
        "sender": describe_sender(),
        "section": "mail",
    }
    return render(request, "web/mail/new.html", context, status=400 if said else 200)
