"""The OpenAPI document and its page."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from nightdesk.config.api import api


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(api.get_openapi_schema(path_prefix="/api/"))


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

    wrong = [
        (name, status)
        for name, operation in operations(document)
        for status, response in operation["responses"].items()
        if int(status) >= 400 and response["content"] != problem
    ]

    assert wrong == []


def test_every_operation_documents_what_can_happen_to_it(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        statuses = set(operation["responses"])
        assert {"401", "403", "413", "429", "503"} <= statuses, name
        assert ("404" in statuses) or "{" not in name, name
        assert ({"400", "415"} <= statuses) or "requestBody" not in operation, name


def test_every_operation_has_a_name_a_summary_and_a_description(document: dict[str, Any]) -> None:
    named = operations(document)

    assert len({operation["operationId"] for _, operation in named}) == len(named)
    assert [name for name, operation in named if not (operation["summary"] and operation.get("description"))] == []


def test_bodies_refuse_unknown_fields(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = {name for name in schemas if re.fullmatch(r"\w+(In|Patch)", name)}

    assert {name for name in bodies if schemas[name].get("additionalProperties") is not False} == set()
    assert bodies != set()


def test_page_needs_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/api/docs").content.decode()

    addresses = re.findall(r"(?:src|href)=[\"']([^\"']+)", page)
    assert addresses != []
    assert [address for address in addresses if not address.startswith("/static/ninja/")] == []
    assert [address for address in addresses if finders.find(address.removeprefix("/static/")) is None] == []


def test_page_runs_no_inline_script(db: None) -> None:
    page = Client().get("/api/docs").content.decode()

    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page)
    assert [attributes.strip() for attributes in inline] == ['type="application/json" id="swagger-settings"']
    assert re.findall(r"\son\w+=", page) == []
