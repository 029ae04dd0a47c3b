"""Pictures over HTTP. All members see all of them."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Query, Router

from nightdesk.core.errors import InvalidInput
from nightdesk.httpkit.actors import actor_of
from nightdesk.httpkit.answers import answer
from nightdesk.httpkit.errors import UnsupportedMediaType
from nightdesk.httpkit.idempotency import is_answered
from nightdesk.httpkit.large_bodies import accepts_bytes
from nightdesk.httpkit.openapi import refusals
from nightdesk.httpkit.paging import Page, page_of
from nightdesk.httpkit.parsing import refuse_unstorable, too_large
from nightdesk.httpkit.submits import JOB_PATH, documents_submit, submits
from nightdesk.images import services
from nightdesk.images.api.serving import file_response
from nightdesk.images.models import Asset, AssetParent
from nightdesk.images.schemas.assets import (
    AssetDetail,
    AssetOut,
    AssetPatch,
    AssetsQuery,
    UploadAccepted,
    UploadQuery,
)

router = Router(tags=["images"])

FILE_FIELD: Final = "file"
#: A picture of the largest size, and what multipart puts around it.
MAX_UPLOAD_BODY_BYTES: Final = services.MAX_BYTES + 64 * 1024
_CHUNK_BYTES: Final = 256 * 1024
_WRONG_TYPE: Final = (
    "Send the picture as multipart/form-data with the field `file`, or as the body with a Content-Type like image/jpeg."
)
_BINARY: Final = {"type": "string", "format": "binary"}
_UPLOAD_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {FILE_FIELD: _BINARY}, "required": [FILE_FIELD]}
            },
            "application/octet-stream": {"schema": _BINARY},
        },
    }
}
_FILE_ANSWER: Final = {
    "responses": {
        200: {
            "description": "The file, as we encoded it.",
            "content": {f"image/{name}": {"schema": _BINARY} for name in ("jpeg", "png", "webp", "avif")},
        },
        304: {"description": "The caller has it already: its ETag is in `If-None-Match`."},
    }
}


@router.post(
    "/",
    response={200: UploadAccepted, 202: UploadAccepted, **refusals(409, 422)},
    operation_id="upload_asset",
    summary="Upload an image",
    openapi_extra=_UPLOAD_BODY,
)
@documents_submit
@accepts_bytes(MAX_UPLOAD_BODY_BYTES)
def upload_asset(request: HttpRequest, query: Query[UploadQuery]) -> HttpResponse:
    """Upload a picture of up to 40 MB, as `multipart/form-data` with the field `file` or as the body itself (`image/*`).

    Type, size and header are checked at once (422 `rejected_picture`); its pixels are read by the job `task_id`.
    """
    with _receive(request) as (source, name):
        if is_answered(request):
            return _show_as_it_stands(_register(request, "", ""))
        stored = services.receive_upload(source=source, field=FILE_FIELD)
        try:
            return _show_as_it_stands(_register(request, stored, query.name or name))
        finally:
            services.drop_files(names=[stored])  # unless an asset has it now


def _show_as_it_stands(response: HttpResponse) -> HttpResponse:
    """Write the asset anew into an answer that waited for its job (`Prefer: wait`)."""
    body = json.loads(response.content)
    if body["status"] != "PENDING" and (asset := Asset.objects.filter(pk=body["asset"]["id"]).first()):
        waited = UploadAccepted.model_validate({**body, "asset": AssetOut.from_row(asset)})
        response.content = waited.model_dump_json(by_alias=True)
    return response


@submits
def _register(request: HttpRequest, stored: str, name: str) -> HttpResponse:
    asset = services.register_upload(stored=stored, name=name, owner_id=actor_of(request).user_id)
    assert asset.job_id is not None  # noqa: S101 (uploads have one)
    body = UploadAccepted(
        task_id=asset.job_id,
        status="PENDING",
        message="images.process_uploaded_image task submitted successfully",
        asset=AssetOut.from_row(asset),
    )
    return answer(202, body, location=JOB_PATH.format(job_id=asset.job_id))


@contextmanager
def _receive(request: HttpRequest) -> Iterator[tuple[BinaryIO, str]]:
    """Give the picture of a request as a file on disk, with its name; its hash goes to `Idempotency-Key`.

    Raises:
        UnsupportedMediaType, PayloadTooLarge. InvalidInput: no file, or several, in the form.
    """
    kind = request.content_type or ""
    if kind == "multipart/form-data":
        files = request.FILES.getlist(FILE_FIELD)
        if len(files) != 1 or len(request.FILES) != 1:
            raise InvalidInput(details={FILE_FIELD: ["Send exactly one file in the field `file`."]})
        (upload,) = files
        name = upload.name or ""
        refuse_unstorable({"name": name})
        digest = hashlib.sha256()
        for chunk in upload.chunks(_CHUNK_BYTES):
            digest.update(chunk)
        request.body_sha256 = digest.hexdigest()  # type: ignore[attr-defined]
        yield cast("BinaryIO", upload.file), name
    elif kind.startswith("image/") or kind == "application/octet-stream":
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            request.body_sha256 = _copy(request, cast("BinaryIO", file))  # type: ignore[attr-defined]
            yield cast("BinaryIO", file), ""
    else:
        raise UnsupportedMediaType(_WRONG_TYPE)


def _copy(request: HttpRequest, file: BinaryIO) -> str:
    """Copy a body to a file, piece by piece; return its hash."""
    digest = hashlib.sha256()
    size = 0
    while chunk := request.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > MAX_UPLOAD_BODY_BYTES:
            raise too_large(MAX_UPLOAD_BODY_BYTES)
        digest.update(chunk)
        file.write(chunk)
    return digest.hexdigest()


@router.get("/", response=Page[AssetOut], operation_id="list_assets", summary="List images")
def list_assets(request: HttpRequest, query: Query[AssetsQuery]) -> Page[AssetOut]:
    """List the library, newest first: what is listed and has not expired."""
    rows = services.assets_shown()
    if query.origin:
        rows = rows.filter(origin=query.origin)
    if query.operation:
        rows = rows.filter(operation=query.operation)
    if query.job:
        rows = rows.filter(job_id=query.job)
    if words := query.q.strip():
        rows = rows.filter(Q(name__icontains=words) | Q(prompt__icontains=words))
    return page_of(request, rows, query, AssetOut.from_row)


@router.get(
    "/{asset_id}/",
    response={200: AssetDetail, **refusals(410)},
    operation_id="show_asset",
    summary="Show an image's record",
)
def show_asset(request: HttpRequest, asset_id: str) -> AssetDetail:  # noqa: ARG001 (Ninja passes it)
    """Show a picture's record, with what it was made from and what was made from it; 410 when nobody kept it."""
    return _show(asset_id)


@router.patch(
    "/{asset_id}/", response={200: AssetDetail, **refusals(410)}, operation_id="rename_asset", summary="Rename an image"
)
def rename_asset(request: HttpRequest, asset_id: str, body: AssetPatch) -> AssetDetail:  # noqa: ARG001 (Ninja passes it)
    """Give a picture another name, for people; nothing else of it ever changes."""
    services.rename_asset(asset_id=asset_id, name=body.name)
    return _show(asset_id)


@router.post(
    "/{asset_id}/keep/",
    response={200: AssetDetail, **refusals(410)},
    operation_id="keep_asset",
    summary="Keep an image",
)
def keep_asset(request: HttpRequest, asset_id: str) -> AssetDetail:  # noqa: ARG001 (Ninja passes it)
    """Keep a result for good, with the result of its job; 410 when it is too late."""
    services.keep_asset(asset_id=asset_id)
    return _show(asset_id)


@router.delete(
    "/{asset_id}/", response={204: None, **refusals(409)}, operation_id="delete_asset", summary="Delete an image"
)
def delete_asset(request: HttpRequest, asset_id: str) -> HttpResponse:  # noqa: ARG001 (Ninja passes it)
    """Delete a picture and its files, for good; what was made from it stays. 409 while a campaign or post uses it."""
    services.delete_asset(asset_id=asset_id)
    return HttpResponse(status=204)


@router.get(
    "/{asset_id}/file/",
    response={200: None, **refusals(409, 410, 422)},
    operation_id="fetch_asset",
    summary="Fetch an image",
    openapi_extra=_FILE_ANSWER,
)
def fetch_asset(request: HttpRequest, asset_id: str) -> HttpResponseBase:
    """Fetch a picture's file. It never changes: keep it as long as you like."""
    return file_response(asset=services.find_ready_asset(asset_id=asset_id), side=None, request=request)


@router.get(
    "/{asset_id}/file/{side}/",
    response={200: None, **refusals(409, 410, 422)},
    operation_id="fetch_thumbnail",
    summary="Fetch a small copy of an image",
    openapi_extra=_FILE_ANSWER,
)
def fetch_thumbnail(request: HttpRequest, asset_id: str, side: int) -> HttpResponseBase:
    """Fetch the small copy whose longest side is at most `side` pixels: 600, 300 or 150."""
    return file_response(asset=services.find_ready_asset(asset_id=asset_id), side=side, request=request)


def _show(asset_id: str) -> AssetDetail:
    asset = services.find_asset(asset_id=asset_id)
    related = AssetParent.objects.order_by("pk")
    return AssetDetail.from_rows(asset, related.filter(child=asset), related.filter(parent=asset))
