"""Reports, for operators: the list, a new one, and one as a page with charts."""

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nightdesk.core.errors import BusinessError
from nightdesk.engine.feed import shared_tail
from nightdesk.exports import services
from nightdesk.web.access import actor_on, for_operators
from nightdesk.web.parts import render_part
from nightdesk.web.reports.form import OWN, TYPES, ReportForm
from nightdesk.web.reports.periods import list_periods
from nightdesk.web.reports.shown import describe_report, describe_reports
from nightdesk.web.saying import say

PAGE_SIZE: Final = 25


@require_safe
@never_cache
@for_operators
def show_list(request: HttpRequest) -> HttpResponse:
    """List the reports, the newest first, each with where it stands."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    page = Paginator(services.reports_shown(user_id=actor.user_id).defer("dataset"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "rows": describe_reports(page, actor), "cursor": cursor, "section": "exports"}
    return render_part(request, part="web/reports/rows.html", whole="web/reports/list.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@for_operators
def create(request: HttpRequest) -> HttpResponse:
    """Ask for what a report is about and over which days, and set it in motion."""
    periods = list_periods(timezone.localdate())
    if request.method != "POST":
        return _show_form(request, ReportForm(periods=periods))
    form = ReportForm.read(request.POST, periods)
    try:
        report = services.order_report(**form.order(), user_id=actor_on(request).user_id)
    except BusinessError as refusal:
        return _show_form(request, form, refusal)
    return redirect("web:report", report.pk)


@require_safe
@never_cache
@for_operators
def show(request: HttpRequest, report_id: int) -> HttpResponse:
    """Show one report: its numbers, charts and tables, or where it stands."""
    cursor = shared_tail().cursor()
    actor = actor_on(request)
    report = services.find_report(report_id=report_id, user_id=actor.user_id)
    context = {"shown": describe_report(report, actor), "cursor": cursor, "section": "exports"}
    return render_part(request, part="web/reports/body.html", whole="web/reports/report.html", context=context)


@require_safe
@never_cache
@for_operators
def download(request: HttpRequest, report_id: int, format: str) -> HttpResponseBase:  # noqa: A002 (as in the address)
    """Send a report as a file, or the part of it that is asked for."""
    report = services.find_report(report_id=report_id, user_id=actor_on(request).user_id)
    return services.download(file=services.file_of_report(report=report, format=format), request=request)


@require_POST
@for_operators
def delete(request: HttpRequest, report_id: int) -> HttpResponse:
    """Delete a report with its files; what was mailed is not called back."""
    services.delete_report(report_id=report_id, user_id=actor_on(request).user_id)
    return say(request, redirect("web:reports"), _("The report and its files are gone."))


def _show_form(request: HttpRequest, form: ReportForm, refusal: BusinessError | None = None) -> HttpResponse:
    complaints = refusal.details if refusal else {}
    beside = {"report_type", "period", "date_from", "date_to", "recipients"}
    context = {
        "form": form,
        "types": TYPES,
        "own": OWN,
        "zone": timezone.get_current_timezone_name(),
        "complaints": complaints,
        "others": [one for name, said in complaints.items() if name not in beside for one in said],
        "refusal": refusal.public_message if refusal and not complaints else "",
        "section": "exports",
    }
    return render(request, "web/reports/form.html", context, status=refusal.status if refusal else 200)
