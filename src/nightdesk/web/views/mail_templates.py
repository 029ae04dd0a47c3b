"""Mail templates: what there is, what each says, and a test to oneself."""

from typing import Final
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nightdesk.core.errors import Forbidden
from nightdesk.mail import services
from nightdesk.mail.models import Category
from nightdesk.web.access import actor_on, signed_in, user_on
from nightdesk.web.mail.frame import render_around, show_mail_html
from nightdesk.web.mail.share import count_mail
from nightdesk.web.mail.states import CATEGORIES

#: How a template is looked at: in a wide window, on a phone, as text.
_LOOKS: Final = ("wide", "phone", "text")


@require_safe
@never_cache
@signed_in
def show_list(request: HttpRequest) -> HttpResponse:
    """List the templates with what each needs."""
    templates = [(one, CATEGORIES[one.category], may_send(request, one)) for one in services.list_templates()]
    return render(request, "web/mail/templates.html", {"templates": templates, "section": "mail"})


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show a template filled with its sample: wide, as on a phone, or as text."""
    template = services.find_template(name)
    look = request.GET.get("as", "")
    context: dict[str, object] = {
        "template": template,
        "category": CATEGORIES[template.category],
        "shown": services.preview_template(name=template.name),
        "look": look if look in _LOOKS else _LOOKS[0],
        "may_send": may_send(request, template),
        "section": "mail",
    }
    return render_around(request, "web/mail/template.html", context)


@require_safe
@never_cache
@signed_in
def show_html(_request: HttpRequest, name: str) -> HttpResponse:
    """Show what a template looks like, for the frame on its page."""
    return show_mail_html(services.preview_template(name=services.find_template(name).name).html)


@require_POST
@signed_in
def send_test(request: HttpRequest, name: str) -> HttpResponse:
    """Send a template, filled with its sample, to whoever asks."""
    template = services.find_template(name)
    if not may_send(request, template):
        raise Forbidden
    count_mail(request)
    user = user_on(request)
    mail = services.write_mail(
        dedupe_key=f"test:{uuid4()}",
        category=template.category,
        template=template.name,
        recipient=user.email,
        subject=_("Test: %(subject)s") % {"subject": template.subject},
        context=template.sample,
        user_id=user.pk,
        asked_by=user.pk,
    )
    return redirect("web:mail", mail.pk)


def may_send(request: HttpRequest, template: services.TemplateInfo) -> bool:
    """Whether this person may send mail of a template: mail about security reaches those who refuse all other."""
    return template.category != Category.SECURITY or actor_on(request).operator
