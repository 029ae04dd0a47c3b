"""Exports over HTTP: what can be had, asking for it, and the files. Exports belong to whoever asked for them."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router

from nightdesk.exports import services
from nightdesk.exports.jobs import ExportDataToCsv
from nightdesk.exports.models import Export
from nightdesk.exports.schemas.exports import (
    CountOut,
    ExportIn,
    ExportOut,
    ExportsQuery,
    ModelsOut,
    RowsIn,
    TicketOut,
)
from nightdesk.httpkit import throttles
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.addresses import client_address, share_of
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.schemas import RowId
from nightdesk.httpkit.submits import Accepted, accepted, submits

tasks_router = Router(tags=["exports"])
router = Router(tags=["exports"])

_FILE = {
    "responses": {
        200: {"description": "The file.", "content": {"application/octet-stream": {"schema": {"type": "string"}}}},
        206: {
            "description": "The bytes that `Range` asked for.",
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        },
    }
}


@tasks_router.post(
    "/export/",
    response={200: Accepted, 202: Accepted, **refusals(409)},
    operation_id="submit_export",
    summary="Export rows to a file",
)
@submits
def submit_export(request: HttpRequest, body: ExportIn) -> HttpResponse:
    """Write the rows of a model that you may see into a file, as a job; its result says where to fetch it.

    409 while five of your exports are on their way.
    """
    actor = actor_of(request)
    export = services.order_export(**body.to_order(), user_id=actor.user_id, is_operator=actor.operator)
    return accepted(export.task_id, f"{ExportDataToCsv.kind.name} task submitted successfully")


@router.get("/", response=Page[ExportOut], operation_id="list_exports", summary="List your exports")
def list_exports(request: HttpRequest, query: Query[ExportsQuery]) -> Page[ExportOut]:
    """List your exports, the newest first."""
    actor = actor_of(request)
    rows = services.exports_shown(user_id=actor.user_id, is_operator=actor.operator).prefetch_related("files__export")
    if query.state is not None:
        rows = rows.filter(state=query.state)
    return page_of(request, rows, query, ExportOut.from_row)


@router.get("/models/", response=ModelsOut, operation_id="list_export_models", summary="Show what can be exported")
def list_models(request: HttpRequest) -> ModelsOut:
    """Show the models, their fields, and by what their rows can be chosen."""
    return ModelsOut.from_offer(services.offered(actor=actor_of(request)))


@router.post("/count/", response=CountOut, operation_id="count_export", summary="Count the rows of an export")
def count_export(request: HttpRequest, body: RowsIn) -> CountOut:
    """Count the rows that an export would have now; 503 where that takes over three seconds."""
    actor = actor_of(request)
    order = services.check_order(
        model_name=body.model_name, filters=body.filters, fields=(), user_id=actor.user_id, is_operator=actor.operator
    )
    return CountOut(count=services.count_rows(order=order))


@router.get(
    "/tickets/{ticket}/",
    auth=None,
    operation_id="download_export_by_ticket",
    summary="Download an export without a token",
    response={200: None, **refusals(401, 403, 409, 410, 429)},
    openapi_extra=_FILE,
)
def download_by_ticket(request: HttpRequest, ticket: str) -> HttpResponseBase:
    """Download the file for which an address was made by `POST /api/exports/{id}/ticket/`."""
    return _redeem(request, ticket)


@router.api_operation(["HEAD"], "/tickets/{ticket}/", auth=None, include_in_schema=False)
def look_at_ticket(request: HttpRequest, ticket: str) -> HttpResponseBase:
    """Answer as `download_by_ticket`, without the bytes."""
    return _redeem(request, ticket)


def _redeem(request: HttpRequest, ticket: str) -> HttpResponseBase:
    throttles.spend(f"api:from:{share_of(client_address(request))}", settings.API_ANONYMOUS_RATE)
    return _download(services.redeem_ticket(ticket=ticket), request)


@router.get("/{export_id}/", response=ExportOut, operation_id="show_export", summary="Show an export")
def show_export(request: HttpRequest, export_id: RowId) -> ExportOut:
    """Show what was asked for, where it stands, and its file once it is ready."""
    return ExportOut.from_row(_find(request, export_id))


@router.delete("/{export_id}/", response={204: None}, operation_id="delete_export", summary="Delete an export")
def delete_export(request: HttpRequest, export_id: RowId) -> HttpResponse:
    """Remove an export and its file; one that is on its way is cancelled."""
    actor = actor_of(request)
    services.delete_export(export_id=export_id, user_id=actor.user_id, is_operator=actor.operator)
    return HttpResponse(status=204)


@router.get(
    "/{export_id}/download/",
    operation_id="download_export",
    summary="Download an export",
    response={200: None, **refusals(409, 410)},
    openapi_extra=_FILE,
)
def download_export(request: HttpRequest, export_id: RowId) -> HttpResponseBase:
    """Download the file, or the part that `Range` names: a download that broke off goes on where it stopped.

    304 and 412 answer `If-None-Match` and `If-Match`, 416 a range that lies outside. HEAD answers the same without bytes.
    """
    return _download(_find(request, export_id), request)


@router.api_operation(["HEAD"], "/{export_id}/download/", include_in_schema=False)
def look_at_download(request: HttpRequest, export_id: RowId) -> HttpResponseBase:
    """Answer as `download_export`, without the bytes."""
    return _download(_find(request, export_id), request)


@router.post(
    "/{export_id}/ticket/",
    response={200: TicketOut, **refusals(409, 410)},
    operation_id="make_export_ticket",
    summary="Make an address for a download",
)
def make_ticket(request: HttpRequest, export_id: RowId) -> TicketOut:
    """Make an address under which the file can be fetched for ten minutes without a token. Whoever has it has the file."""
    export = _find(request, export_id)
    services.file_of(export=export)
    return TicketOut.model_validate(services.make_ticket(export=export, user_id=actor_of(request).user_id))


def _find(request: HttpRequest, export_id: int) -> Export:
    actor = actor_of(request)
    return services.find_export(export_id=export_id, user_id=actor.user_id, is_operator=actor.operator)


def _download(export: Export, request: HttpRequest) -> HttpResponseBase:
    return services.download(file=services.file_of(export=export), request=request)
