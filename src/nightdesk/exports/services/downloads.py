"""Files on their way to whoever may have them: whole, in parts, or from where a broken download stopped (RFC 9110).

A store in a bucket is asked for the wanted bytes only. Who may have a file is asked before; a ticket is an address that
says so itself for a few minutes, for programs that send no headers.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from django.core import signing
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe

from nightdesk.core.errors import Unauthenticated
from nightdesk.exports.errors import ExportNotFound
from nightdesk.exports.models import Export, ExportFile
from nightdesk.exports.services.files import is_local, storage_faults
from nightdesk.exports.services.keeping import find_export
from nightdesk.exports.services.writing import CONTENT_TYPES

#: Long enough to paste an address into a terminal, too short for it to be of use in a log.
TICKET_LIVES: Final = timedelta(minutes=10)
TICKET_PATH: Final = "/api/exports/tickets/{ticket}/"

_SALT: Final = "nightdesk.exports.ticket"
_PIECE_BYTES: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


class TicketOver(Unauthenticated):
    """The address was not signed here, or its minutes are over."""

    code = "ticket_over"
    public_message = "This address has had its time. Ask for a new one, or send your token."


@dataclass(frozen=True, slots=True)
class Ticket:
    """An address that can be fetched without signing in."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes of a file: from `start`, `length` of them."""

    start: int
    length: int


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


# ---- tickets


def make_ticket(*, export: Export, user_id: int) -> Ticket:
    """Sign an address under which an export can be fetched for `TICKET_LIVES`, as this user."""
    ticket = signing.dumps([export.pk, user_id], salt=_SALT)
    return Ticket(TICKET_PATH.format(ticket=ticket), timezone.now() + TICKET_LIVES)


def redeem_ticket(*, ticket: str) -> Export:
    """Return the export that a ticket is for, if whoever made it may still have it.

    Raises:
        TicketOver: it is not ours, or too old. ExportNotFound: the export is gone.
    """
    try:
        export_id, user_id = signing.loads(ticket, salt=_SALT, max_age=TICKET_LIVES)
    except signing.BadSignature:
        raise TicketOver from None
    export = find_export(export_id=export_id, user_id=user_id, is_operator=True)
    if export.owner is not None and not export.owner.is_active:
        raise ExportNotFound
    return export


# ---- answers


def download_name(*, file: ExportFile) -> str:
    """Return what a browser calls the file: of our own words, numbers and the day, nothing that anybody typed."""
    if file.export is not None:
        what, number, at = file.export.model_name, file.export.pk, file.export.created_at
    elif file.report is not None:
        what, number, at = f"{file.report.report_type}-report", file.report.pk, file.report.created_at
    else:
        what, number, at = "file", file.pk, file.created_at
    return f"{what}-{number}-{at:%Y-%m-%d}.{file.format}"


def download(*, file: ExportFile, request: HttpRequest) -> HttpResponseBase:
    """Answer with a whole file of an export or a report, or with the part that was asked for. GET and HEAD.

    200, 206 for one range, 304, 412, and 416 where the range lies outside. Several ranges at once get the whole file.

    Raises:
        FileExpired: the file is gone. StoreAway.
    """
    size, etag = file.size_bytes or 0, f'"{file.sha256}"'
    modified = int(file.created_at.timestamp())
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        wanted = _read_range(request, size, etag=etag, modified=modified)
        if wanted is None:
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
        else:
            response = _answer(file, wanted, request)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _read_range(request: HttpRequest, size: int, *, etag: str, modified: int) -> _Part | None:
    """Return which part is wanted, the whole file where no range counts; None: the range lies outside."""
    whole = _Part(0, size)
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip().replace(" ", ""))
    if request.method != "GET" or found is None or not _is_same(request, etag=etag, modified=modified):
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:  # the last so many bytes
        length = min(int(last), size)
        return _Part(size - length, length) if length else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < int(first):
        return whole  # no range at all (RFC 9110, 14.1.1)
    return _Part(start, end - start + 1) if start < size else None


def _is_same(request: HttpRequest, *, etag: str, modified: int) -> bool:
    """Whether what the caller has a part of is still this file, as `If-Range` says."""
    said = request.headers.get("If-Range", "").strip()
    return not said or said == etag or parse_http_date_safe(said) == modified


def _answer(file: ExportFile, part: _Part, request: HttpRequest) -> HttpResponseBase:
    size = file.size_bytes or 0
    response: HttpResponseBase
    if request.method == "HEAD" or not part.length:
        response = HttpResponse()
    else:
        response = _stream(_open(file.name, part), part.length, request)
    if part.length < size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
    response["Content-Length"] = str(part.length)
    response["Content-Type"] = CONTENT_TYPES[file.format]
    response["Content-Disposition"] = f'attachment; filename="{download_name(file=file)}"'
    return response


def _open(name: str, part: _Part) -> _Source:
    with storage_faults():
        file: Any = default_storage.open(name, "rb")
        if is_local():
            file.seek(part.start)
            return file  # type: ignore[no-any-return]
        wanted = f"bytes={part.start}-{part.start + part.length - 1}"
        return file.obj.get(Range=wanted)["Body"]  # type: ignore[no-any-return]


def _stream(source: _Source, length: int, request: HttpRequest) -> HttpResponseBase:
    read = _reader(source, length)
    pieces = _pieces(read) if isinstance(request, ASGIRequest) else iter(read, b"")
    response = StreamingHttpResponse(pieces)
    response._resource_closers.append(source.close)  # type: ignore[attr-defined]  # as FileResponse does
    return response


def _reader(source: _Source, length: int) -> Callable[[], bytes]:
    """Return what reads the next piece, up to the end of the part, b"" after it."""
    left = length

    def read() -> bytes:
        nonlocal left
        piece = source.read(min(_PIECE_BYTES, left))
        left -= len(piece)
        return piece

    return read


async def _pieces(read: Callable[[], bytes]) -> AsyncIterator[bytes]:
    """Read in a thread: a disk or a server that is slow must not hold up everybody else."""
    while piece := await asyncio.to_thread(read):
        yield piece
