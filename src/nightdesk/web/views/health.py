"""How the installation is: for operators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.feed import shared_tail
from nightdesk.engine.models import Job
from nightdesk.engine.states import UNFINISHED
from nightdesk.operations import services
from nightdesk.operations.jobs import SystemHealthCheck
from nightdesk.web.access import for_operators, user_on
from nightdesk.web.parts import render_part
from nightdesk.web.upkeep.health import VERDICTS, describe_parts, draw_history, first_day


@require_safe
@never_cache
@for_operators
def show(request: HttpRequest) -> HttpResponse:
    """Show what the newest check found, part by part, the days before, and a check that is under way."""
    cursor = shared_tail().cursor()
    check = services.latest_health()
    jobs = Job.objects.filter(kind=SystemHealthCheck.kind.name)
    context = {
        "check": check,
        "verdict": VERDICTS[check.verdict] if check else None,
        "parts": describe_parts(check) if check else [],
        "history": draw_history(services.health_history(since=first_day()).values_list("at", "verdict")),
        "job": jobs.filter(state__in=UNFINISHED).order_by("-id").first(),
        "cursor": cursor,
    }
    return render_part(request, part="web/health/state.html", whole="web/health/page.html", context=context)


@require_POST
@for_operators
def check_now(request: HttpRequest) -> HttpResponse:
    """Ask for a check now; while one is asked for, that one is it."""
    enqueue(SystemHealthCheck(), owner_id=user_on(request).pk, unique_key="health:now")
    return redirect("web:health")
