"""A NinjaAPI that keeps the house's rules for errors, sizes and slashes."""

import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path
from django.urls.resolvers import RoutePattern
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from nightdesk.core.errors import NotFound
from nightdesk.httpkit.answers import Renderer
from nightdesk.httpkit.errors import MethodNotAllowed
from nightdesk.httpkit.large_bodies import accepts_bytes
from nightdesk.httpkit.openapi import complete_document
from nightdesk.httpkit.parsing import MAX_BODY_BYTES, StrictParser, too_large
from nightdesk.httpkit.problems import problem

View = Callable[..., Any]


class Api(NinjaAPI):
    """All operations of Nightdesk. Errors are problems, each path works with and without its trailing slash."""

    def __init__(self, **options: Any) -> None:
        super().__init__(renderer=Renderer(), parser=StrictParser(), **options)
        self._documents: dict[str, OpenAPISchema] = {}

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Answer any exception with a problem; nothing gets past this."""
        return problem(request, exc)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Build the OpenAPI document once; it never changes while the process lives."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._documents:
            self._documents[prefix] = complete_document(super().get_openapi_schema(path_prefix=prefix))
        return self._documents[prefix]

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Every route, guarded, in both spellings; whatever matches none is a 404 problem, not a page."""
        patterns, app_name, namespace = super().urls
        limits = self._find_limits()
        both: list[URLResolver | URLPattern] = []
        for pattern in patterns:
            most = limits.get(str(pattern.pattern), MAX_BODY_BYTES)
            both += _both_spellings(pattern, most) if isinstance(pattern, URLPattern) else [pattern]
        both.append(re_path(r"^.*$", _not_found))
        return both, app_name, namespace

    def _find_limits(self) -> dict[str, int]:
        """Find the routes whose bodies may be larger, as `large_bodies.accepts_bytes` says, with their limits in bytes."""
        limits: dict[str, int] = {}
        for router in self._get_bound_routers():
            operations = [one for view in router.path_operations.values() for one in view.operations]
            for pattern, operation in zip(router.urls_paths(router.prefix), operations, strict=True):
                most = getattr(operation.view_func, "max_body_bytes", None)
                if most is not None:
                    limits[str(pattern.pattern)] = most
        return limits


def _both_spellings(pattern: URLPattern, most: int) -> list[URLPattern]:
    if not isinstance(pattern.pattern, RoutePattern):
        return [pattern]
    route = str(pattern.pattern)
    view = _guard(pattern.callback, most)
    kept = path(route, view, pattern.default_args, name=pattern.name)
    if not route:  # Ninja's root, there only to be reversed
        return [path("", _not_found, name=pattern.name)]
    other = route[:-1] if route.endswith("/") else f"{route}/"
    return [kept, path(other, view, pattern.default_args)]


def _guard(view: View, most: int) -> View:
    """Refuse oversized bodies before they are read, and turn Ninja's plain 405 into a problem."""
    if inspect.iscoroutinefunction(view):

        async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refused = _refuse_size(request, most)
            return refused or _finish(request, await view(request, *args, **kwargs))

        guarded_async.csrf_exempt = True  # type: ignore[attr-defined]
        return accepts_bytes(most)(guarded_async)

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = _refuse_size(request, most)
        return refused or _finish(request, view(request, *args, **kwargs))

    # Authentication checks the CSRF token itself, and only for sessions.
    guarded.csrf_exempt = True  # type: ignore[attr-defined]
    return accepts_bytes(most)(guarded)  # for whoever takes bodies in, before there is a view


def _refuse_size(request: HttpRequest, most: int) -> HttpResponse | None:
    declared = str(request.META.get("CONTENT_LENGTH") or "0")
    if declared.isdigit() and int(declared) > most:
        return problem(request, too_large(most))
    return None


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, HttpResponseNotAllowed):
        return problem(request, MethodNotAllowed(response["Allow"].split(", ")))
    # Answers depend on who asks and change by themselves: nobody in between may keep them.
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _not_found(request: HttpRequest) -> HttpResponse:
    return problem(request, NotFound())


_not_found.csrf_exempt = True  # type: ignore[attr-defined]
