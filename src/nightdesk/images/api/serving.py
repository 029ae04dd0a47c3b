"""A picture's file as an answer: cached by who asked, never run, whatever it holds."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

from nightdesk.images import services
from nightdesk.images.models import Asset
from nightdesk.providers.images.encoding import THUMB_FORMAT, content_type_of, extension_of

#: An asset never changes, and its address is its own: a browser need not ask again for as long as it keeps it.
_CACHE_CONTROL: Final = "private, max-age=31536000, immutable"
_PIECE_BYTES: Final = 256 * 1024
#: Small enough to be answered at once: small copies, and most pictures.
_MOST_WHOLE_BYTES: Final = 1024 * 1024


def file_response(*, asset: Asset, side: int | None, request: HttpRequest) -> HttpResponseBase:
    """Answer with a ready asset's file, or its small copy; 304 where the caller has it. Who may see it is asked before.

    Raises:
        AssetNotReady, AssetNotFound, AssetExpired: see `services.read_file`. StoreAway.
    """
    name = services.file_name(asset=asset, side=side)
    etag = f'"{asset.sha256}-{side}"' if side else f'"{asset.sha256}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _body(services.open_file(name=name), request)
        file_format = THUMB_FORMAT if side else asset.format
        response["Content-Type"] = content_type_of(file_format)
        response["Content-Disposition"] = f'inline; filename="{asset.pk}.{extension_of(file_format)}"'
    response["ETag"] = etag
    response["Cache-Control"] = _CACHE_CONTROL
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _body(file: BinaryIO, request: HttpRequest) -> HttpResponseBase:
    size = file.size  # type: ignore[attr-defined]  # of Django's files
    if size <= _MOST_WHOLE_BYTES:
        with file:
            return HttpResponse(file.read())
    if not isinstance(request, ASGIRequest):
        return FileResponse(file)
    response = StreamingHttpResponse(_pieces(file))
    response["Content-Length"] = str(size)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]  # as FileResponse does
    return response


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """Read in a thread: a disk or a server that is slow must not hold up everybody else."""
    while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
        yield piece
