"""A page, or only the part of it that htmx has asked for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_part(
    request: HttpRequest, *, part: str, whole: str, context: Mapping[str, Any], status: int | None = None
) -> HttpResponse:
    """Render the template `part` for htmx, else `whole`, which includes it; caches keep the two apart."""
    is_part = bool(request.headers.get("HX-Request"))
    response = render(request, part if is_part else whole, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
