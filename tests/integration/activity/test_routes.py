"""The table of what is written down knows every address that takes something in."""

import re
import uuid
from collections.abc import Iterator, Sequence

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from nightdesk.accounts.models import Role
from nightdesk.accounts.services import create_user
from nightdesk.activity.actions import TITLES
from nightdesk.activity.middleware import route_of
from nightdesk.activity.routes import ROUTES
from nightdesk.config.api import api
from nightdesk.config.urls import urlpatterns
from nightdesk.engine.feed import shared_tail

UNSAFE = {"post", "put", "patch", "delete"}
#: What stands in for the parts of an address; nothing is found by them.
PARTS = {"int": "987654321", "uuid": str(uuid.UUID(int=7)), "slug": "nothing", "str": "nothing", "path": "nothing"}


def operations() -> list[str]:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    return [
        f"{method.upper()} {path.rstrip('/')}"
        for path, methods in paths.items()
        for method in methods
        if method in UNSAFE
    ]


def page_routes(patterns: Sequence[object], before: str = "") -> Iterator[str]:
    """Yield the routes of all pages: what is neither the API nor Django's admin."""
    for pattern in patterns:
        assert isinstance(pattern, URLPattern | URLResolver)
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route
        elif not route.startswith(("api/", "admin/")):
            yield from page_routes(pattern.url_patterns, route)


def address_of(route: str) -> str:
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda part: PARTS[part[1] or "str"], route).strip("^$?")


@pytest.mark.parametrize("operation", operations())
def test_operation_of_the_api_that_changes_something_is_in_the_table(operation: str) -> None:
    assert operation in ROUTES


def test_page_that_takes_something_in_is_in_the_table(db: None) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(create_user(email="olga@example.org", role=Role.ADMINISTRATOR))
    lacking = [
        route
        for route in page_routes(urlpatterns)
        if f"POST {route_of(route)}" not in ROUTES and client.post(address_of(route)).status_code not in {403, 405}
    ]
    shared_tail().stop()

    assert [route for route in lacking if not route.startswith("admin/")] == []  # Django's admin has its own log


def test_each_entry_has_words_and_names_parts_of_its_address() -> None:
    for route, noted in ROUTES.items():
        if noted is None:
            continue
        assert {noted.action, noted.failed_as or noted.action} <= TITLES.keys(), route
        assert set(re.findall(r"{\w+}", noted.subject)) <= {*re.findall(r"{\w+}", route), "{new}", "{of_job}"}, route
