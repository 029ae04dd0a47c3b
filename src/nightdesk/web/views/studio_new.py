"""Pictures out of nothing: made from words, or taken of a web page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from nightdesk.core.errors import BusinessError, Misconfigured
from nightdesk.images.models import MAX_PROMPT_CHARS
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.saying import say
from nightdesk.web.studio import form, ordering, screenshots
from nightdesk.web.studio.tools import GENERATION, count_unready, list_choices, styles_of


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def make(request: HttpRequest) -> HttpResponse:
    """Ask for a picture from words."""
    if request.method != "POST":
        return _show_form(request, form.first_values(GENERATION))
    try:
        job_ids = ordering.place_orders(GENERATION, request.POST, {}, asset=None, owner_id=actor_on(request).user_id)
    except (BusinessError, Misconfigured) as refusal:
        told = form.describe_refusal(GENERATION, refusal)
        return _show_form(request, form.sent_values(request.POST), status=400, **told)
    said = ngettext(
        "Asked for. The picture appears below when it is done.",
        "Asked for. %(count)d pictures appear below when they are done.",
        len(job_ids),
    )
    return say(request, redirect("web:studio"), said % {"count": len(job_ids)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def take_screenshot(request: HttpRequest) -> HttpResponse:
    """Ask for a picture of a web page."""
    if request.method != "POST":
        return _show_screenshot(request, screenshots.FIRST_VALUES)
    try:
        screenshots.order(request.POST, owner_id=actor_on(request).user_id)
    except (BusinessError, Misconfigured) as refusal:
        told = {"complaints": refusal.details, "refusal": "" if refusal.details else refusal.public_message}
        return _show_screenshot(request, form.sent_values(request.POST), status=400, **told)
    return say(request, redirect("web:studio"), _("Asked for. The picture appears in the library when it is done."))


def _show_form(request: HttpRequest, values: dict[str, Any], *, status: int = 200, **more: Any) -> HttpResponse:
    width, height = form.SIZES["1080x1080"]
    choices = list_choices(GENERATION.operation, pixels=width * height)
    context = {
        "tool": GENERATION,
        "choices": choices,
        "styles": styles_of(choices),
        "unready": count_unready(choices),
        "is_any_ready": any(choice.is_ready for choice in choices),
        "values": values,
        "complaints": {},
        "sizes": form.SIZES.items(),
        "formats": form.FORMATS,
        "copies": range(1, form.MOST_COPIES + 1),
        "max_prompt": MAX_PROMPT_CHARS,
        "section": "studio",
        **more,
    }
    return render(request, "web/studio/new.html", context, status=status)


def _show_screenshot(request: HttpRequest, values: dict[str, Any], *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"values": values, "complaints": {}, "section": "studio", **more}
    return render(request, "web/studio/screenshot.html", context, status=status)
