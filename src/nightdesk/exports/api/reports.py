"""Reports over HTTP, for operators: asking for one, its numbers, and its files."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router

from nightdesk.exports import services
from nightdesk.exports.jobs import GenerateAdminReport
from nightdesk.exports.schemas.reports import FileKind, ReportIn, ReportLine, ReportOut, ReportsQuery
from nightdesk.httpkit.actors import operator_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits

tasks_router = Router(tags=["reports"])
router = Router(tags=["reports"])

#: 206, 304, 412 and 416 are said in words: a shape of an answer is promised for what is in the document.
_FILE: Final = {
    "responses": {
        200: {
            "description": "The file.",
            "content": {kind: {"schema": {"type": "string"}} for kind in ("application/pdf", "text/csv")},
        }
    }
}


@tasks_router.post(
    "/report/",
    response={200: Accepted, 202: Accepted, **refusals(403, 409)},
    operation_id="submit_report",
    summary="Make a report",
)
@submits
def submit_report(request: HttpRequest, body: ReportIn) -> HttpResponse:
    """Count what happened over whole days, as a job: a page with charts, a PDF, a table, and mails if you name addresses.

    For operators. 409 while five of your reports are on their way.
    """
    report = services.order_report(**body.model_dump(), user_id=operator_of(request).user_id)
    return accepted(report.task_id, f"{GenerateAdminReport.kind.name} task submitted successfully")


@router.get(
    "/",
    response={200: Page[ReportLine], **refusals(403)},
    operation_id="list_reports",
    summary="List your reports",
)
def list_reports(request: HttpRequest, query: Query[ReportsQuery]) -> Page[ReportLine]:
    """List your reports without their numbers, the newest first. For operators."""
    rows = services.reports_shown(user_id=operator_of(request).user_id).defer("dataset")
    if query.report_type is not None:
        rows = rows.filter(report_type=query.report_type)
    return page_of(request, rows.prefetch_related("files__report"), query, ReportLine.from_row)


@router.get(
    "/{report_id}/", response={200: ReportOut, **refusals(403)}, operation_id="show_report", summary="Show a report"
)
def show_report(request: HttpRequest, report_id: RowId) -> ReportOut:
    """Show where a report stands, its numbers and its files once it is ready. For operators."""
    return ReportOut.from_row(services.find_report(report_id=report_id, user_id=operator_of(request).user_id))


@router.delete(
    "/{report_id}/", response={204: None, **refusals(403)}, operation_id="delete_report", summary="Delete a report"
)
def delete_report(request: HttpRequest, report_id: RowId) -> HttpResponse:
    """Remove a report and its files; one that is on its way is cancelled. For operators."""
    services.delete_report(report_id=report_id, user_id=operator_of(request).user_id)
    return HttpResponse(status=204)


@router.get(
    "/{report_id}/download/{format}/",
    operation_id="download_report",
    summary="Download a report",
    response={200: None, **refusals(403, 409, 410)},
    openapi_extra=_FILE,
)
def download_report(request: HttpRequest, report_id: RowId, format: FileKind) -> HttpResponseBase:  # noqa: A002
    """Download a report as PDF or CSV, or the part that `Range` names (206). For operators. HEAD answers without bytes.

    304 and 412 answer `If-None-Match` and `If-Match`, 416 a range that lies outside.
    """
    return _download(request, report_id, format)


@router.api_operation(["HEAD"], "/{report_id}/download/{format}/", include_in_schema=False)
def look_at_download(request: HttpRequest, report_id: RowId, format: FileKind) -> HttpResponseBase:  # noqa: A002
    """Answer as `download_report`, without the bytes."""
    return _download(request, report_id, format)


def _download(request: HttpRequest, report_id: int, format: str) -> HttpResponseBase:  # noqa: A002
    report = services.find_report(report_id=report_id, user_id=operator_of(request).user_id)
    return services.download(file=services.file_of_report(report=report, format=format), request=request)
