"""The calendar of posts: what is planned and what went out, and planned posts moved to another time."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.feed import shared_tail
from nightdesk.publishing import services
from nightdesk.web.access import actor_on, signed_in
from nightdesk.web.posts.months import Span, fill_weeks
from nightdesk.web.saying import say


@require_safe
@never_cache
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """Show a month, or with `?week=` a week, of what is planned and what went out."""
    return _show(request, request.GET.get("month", ""), request.GET.get("week", ""))


@require_POST
@signed_in
def move(request: HttpRequest, round_id: int) -> HttpResponse:
    """Give a planned round another time."""
    zone = request.POST.get("time_zone", "")
    month, week = request.POST.get("month", ""), request.POST.get("week", "")
    try:
        moment = services.read_moment(text=request.POST.get("scheduled_at", ""), time_zone=zone)
        services.reschedule(round_id=round_id, scheduled_at=moment, time_zone=zone, by=actor_on(request).user_id)
    except InvalidInput as refusal:
        said = " ".join(one for several in refusal.details.values() for one in several) or refusal.public_message
        return _show(request, month, week, refusal=said, status=400)
    local = timezone.localtime(moment)
    said = _("Moved to %(day)s.") % {"day": f"{local:%Y-%m-%d %H:%M}"}
    if request.headers.get("HX-Request"):
        return say(request, _show(request, month, week), said)
    span = Span.read(month, week)
    query = f"?week={span.first:%Y-%m-%d}" if span.is_week else f"?month={span.first:%Y-%m}"
    return say(request, redirect(reverse("web:calendar") + query), said)


def _show(request: HttpRequest, month: str, week: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    cursor = shared_tail().cursor()
    span = Span.read(month, week)
    context = {
        "span": span,
        "weeks": fill_weeks(span),
        "zone": timezone.get_current_timezone_name(),
        "today": timezone.localdate(),
        "refusal": refusal,
        "cursor": cursor,
        "section": "posts",
    }
    part = bool(request.headers.get("HX-Request"))
    response = render(
        request, "web/calendar/weeks.html" if part else "web/calendar/calendar.html", context, status=status
    )
    patch_vary_headers(response, ["HX-Request"])
    return response
