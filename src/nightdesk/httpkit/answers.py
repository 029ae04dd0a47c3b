"""Answers, rendered one way wherever they are made."""

from collections.abc import Mapping
from typing import Any, Final

import pydantic_core
from django.http import HttpRequest, HttpResponse
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

JSON: Final = "application/json"


class Renderer(BaseRenderer):
    """Render with pydantic's serialiser, so that times look the same from every endpoint: RFC 3339, UTC, `Z`."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """Turn data into JSON bytes. Infinity and NaN, which JSON does not know, become null."""
        return pydantic_core.to_json(data, inf_nan_mode="null")


def answer(
    status: int, body: BaseModel | None, *, location: str = "", headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Build a JSON answer from a schema; `location` becomes the Location header."""
    content = b"" if body is None else pydantic_core.to_json(body, by_alias=True, inf_nan_mode="null")
    response = HttpResponse(content, status=status, content_type=f"{JSON}; charset=utf-8")
    if location:
        response["Location"] = location
    for name, value in (headers or {}).items():
        response[name] = value
    return response
