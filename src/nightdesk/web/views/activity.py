"""One person's jobs: all of them, and the glances that the frame of every page gives."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from nightdesk.engine.feed import shared_tail
from nightdesk.engine.states import FINISHED, UNFINISHED, State
from nightdesk.web import desk
from nightdesk.web.access import signed_in, user_on

PAGE_SIZE: Final = 25
#: What the list may be cut down to -> the states that belong there.
SHOWN: Final = {
    "unfinished": UNFINISHED,
    "done": frozenset({State.SUCCEEDED}),
    "failed": frozenset({State.FAILED, State.UNKNOWN}),
    "stopped": FINISHED - {State.SUCCEEDED, State.FAILED, State.UNKNOWN},
}


@require_safe
@never_cache
@signed_in
def show_activity(request: HttpRequest) -> HttpResponse:
    """List one's own jobs, newest first; having seen the list counts as having looked at the bell."""
    cursor = shared_tail().cursor()
    user = user_on(request)
    shown = request.GET.get("show", "")
    jobs = desk.jobs_of(user)
    if shown in SHOWN:
        jobs = jobs.filter(state__in=SHOWN[shown])
    page = Paginator(jobs, PAGE_SIZE).get_page(request.GET.get("page"))
    desk.mark_seen(request.session)
    context = {"page": page, "rows": desk.with_subjects(page), "shown": shown, "cursor": cursor}
    part = bool(request.headers.get("HX-Request"))
    return render(request, "web/activity/rows.html" if part else "web/activity/list.html", context)


@require_GET
@never_cache
@signed_in
def show_counts(request: HttpRequest) -> HttpResponse:
    """Count again what the frame counts."""
    return render(request, "web/activity/counts.html")


@require_GET
@never_cache
@signed_in
def show_now(request: HttpRequest) -> HttpResponse:
    """Show what the tray holds: jobs under way."""
    return render(request, "web/activity/now.html", {"rows": desk.find_unfinished(user_on(request))})


@require_GET
@never_cache
@signed_in
def show_ended(request: HttpRequest) -> HttpResponse:
    """Show what the bell holds: the jobs that ended last."""
    return render(request, "web/activity/ended.html", {"rows": desk.find_ended(user_on(request))})


@require_POST
@signed_in
def mark_seen(request: HttpRequest) -> HttpResponse:
    """Remember that the bell was looked at."""
    desk.mark_seen(request.session)
    if request.headers.get("HX-Request"):
        return render(request, "web/activity/counts.html")
    return redirect("web:activity")
