"""Files on their way out: whole, in parts, again where they stopped, from a folder and from a bucket."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory
from django.utils.http import http_date

from nightdesk.core.ids import new_job_id
from nightdesk.exports import services
from nightdesk.exports.models import ExportFile
from tests.integration.images.store import Store

DATA = bytes(range(256)) * 3_000  # several pieces


@pytest.fixture
def file(db: None) -> ExportFile:
    """A whole file."""
    made = services.write_file(job_id=new_job_id(), format="csv", write=lambda out: out.write(DATA))
    services.keep_files(files=[made])
    return made


def fetch(file: ExportFile, method: str = "get", **headers: str) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)(
        "/", headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    return services.download(file=file, request=request)


def body(response: HttpResponseBase) -> bytes:
    data = response.getvalue() if isinstance(response, StreamingHttpResponse) else cast("Any", response).content
    response.close()
    return bytes(data)


def test_a_whole_file_comes_as_an_attachment(file: ExportFile) -> None:
    response = fetch(file)

    assert (response.status_code, body(response) == DATA) == (200, True)
    assert dict(response.items()) == {
        "Content-Length": str(len(DATA)),
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="file-{file.pk}-{file.created_at:%Y-%m-%d}.csv"',
        "ETag": f'"{file.sha256}"',
        "Last-Modified": http_date(int(file.created_at.timestamp())),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def test_head_says_what_get_would_without_the_bytes(file: ExportFile) -> None:
    response = fetch(file, "head", Range="bytes=0-9")

    assert (response.status_code, response["Content-Length"], body(response)) == (200, str(len(DATA)), b"")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=300000-600000", 300_000, 600_000),
        ("bytes=767999-", 767_999, 767_999),
        ("bytes=5-99999999", 5, 767_999),
        ("bytes=-3", 767_997, 767_999),
        ("bytes=-99999999", 0, 767_999),
    ],
)
def test_a_range_comes_alone(file: ExportFile, asked: str, start: int, end: int) -> None:
    response = fetch(file, Range=asked)

    assert body(response) == DATA[start : end + 1]
    assert response["Content-Length"] == str(end + 1 - start)
    if end + 1 - start < len(DATA):
        assert (response.status_code, response["Content-Range"]) == (206, f"bytes {start}-{end}/{len(DATA)}")


@pytest.mark.parametrize("asked", ["bytes=768000-", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_outside_is_416(file: ExportFile, asked: str) -> None:
    response = fetch(file, Range=asked)

    assert (response.status_code, response["Content-Range"], body(response)) == (416, f"bytes */{len(DATA)}", b"")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5", "bytes=a-b", "bytes=٣-٤"])
def test_what_is_no_range_of_ours_gets_the_whole_file(file: ExportFile, asked: str) -> None:
    response = fetch(file, Range=asked)

    assert (response.status_code, len(body(response))) == (200, len(DATA))


def test_a_download_goes_on_only_with_the_same_file(file: ExportFile) -> None:
    same = fetch(file, Range="bytes=10-", If_Range=f'"{file.sha256}"')
    other = fetch(file, Range="bytes=10-", If_Range='"of another file"')
    dated = fetch(file, Range="bytes=10-", If_Range=http_date(file.created_at.timestamp()))

    assert (same.status_code, body(same)) == (206, DATA[10:])
    assert (other.status_code, body(other)) == (200, DATA)
    assert (dated.status_code, body(dated)) == (206, DATA[10:])
    assert fetch(file, If_None_Match=f'"{file.sha256}"').status_code == 304
    assert fetch(file, If_Match='"of another file"').status_code == 412


def test_an_event_loop_is_not_held_up(file: ExportFile) -> None:
    async def read() -> bytes:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"range", b"bytes=7-500000")]}
        response = services.download(file=file, request=ASGIRequest(scope, io.BytesIO()))
        assert isinstance(response, StreamingHttpResponse)
        assert response.is_async
        pieces = [piece async for piece in cast("AsyncIterator[bytes]", response.streaming_content)]
        response.close()
        return b"".join(pieces)

    assert asyncio.run(read()) == DATA[7:500_001]


@pytest.mark.django_db(transaction=True)
def test_a_bucket_is_asked_for_the_wanted_bytes(bucket: Store) -> None:
    made = services.write_file(job_id=new_job_id(), format="csv.gz", write=lambda out: out.write(DATA))

    whole, part = fetch(made), fetch(made, Range="bytes=1000-2000")

    assert bucket.files() == [made.name]
    assert body(whole) == DATA
    assert body(part) == DATA[1000:2001]
    assert services.drop_files(names=[made.name]) == 1
    assert bucket.files() == []
