"""The page about the API names every operation, and none that is not there."""

import re

from nightdesk.config.api import api
from tests.docs.pages import page

METHODS = r"(?:GET|POST|PATCH|PUT|DELETE)"


def _operations() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    return {(method.upper(), path.rstrip("/")) for path, methods in paths.items() for method in methods}


def _named() -> set[tuple[str, str]]:
    text = page("docs/api.md").text
    named = set()
    for methods, path in re.findall(rf"((?:`?{METHODS}`? ?)+)(/api/[\w/{{}}-]+)", text):
        named |= {(method, path.rstrip("/")) for method in re.findall(METHODS, methods)}
    return named


def test_page_names_the_operations_that_there_are() -> None:
    assert _named() == _operations()


def test_refusal_on_the_page_is_one_that_the_api_gives() -> None:
    (block,) = page("docs/api.md").blocks("json")
    schema = api.get_openapi_schema(path_prefix="/api/")["components"]["schemas"]["Problem"]
    assert set(re.findall(r'^  "(\w+)":', block, re.MULTILINE)) == set(schema["properties"])
