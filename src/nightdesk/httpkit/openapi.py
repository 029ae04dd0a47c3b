"""The OpenAPI document: what Ninja cannot know about our errors and headers is added here."""

from collections.abc import Iterator
from typing import Any, Final

from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel

from nightdesk.httpkit.problems import PROBLEM_JSON, Problem

_PROBLEM_REF: Final = "#/components/schemas/Problem"
_METHODS: Final = ("get", "post", "put", "patch", "delete")

_SAID: Final[dict[int, str]] = {
    400: "The request cannot be read or a field is wrong: `details` says which and why.",
    401: "Nobody, or nobody we know, is asking.",
    403: "You may not do this.",
    404: "There is no such thing, or you may not see it.",
    409: "It is not in a state in which this can be done.",
    410: "It was here and has been removed.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The request reads well but cannot be carried out.",
    429: "Too many requests: `Retry-After` says for how many seconds to wait.",
    503: "Something we depend on does not answer. Try again later.",
}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    429: {"Retry-After": {"required": True, "schema": {"type": "string", "pattern": "^[0-9]+$"}}},
}


def refusals(*statuses: int) -> dict[int, type[Problem]]:
    """Document further refusals of one operation: `response={200: Out, **refusals(409, 410)}`."""
    return dict.fromkeys(statuses, Problem)


def streams_events(description: str) -> dict[str, Any]:
    """Document an operation that answers with server-sent events: goes into `openapi_extra`."""
    content = {"text/event-stream": {"schema": {"type": "string"}}}
    return {"responses": {200: {"description": description, "content": content}}}


def takes_json(model: type[BaseModel]) -> dict[str, Any]:
    """Document the body of an operation that reads it by itself: goes into `openapi_extra`."""
    schema = model.model_json_schema()
    inner = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inline(schema, inner)}}
    return {"requestBody": {"required": True, "content": content}}


def _inline(schema: Any, inner: dict[str, Any]) -> Any:
    """Put the definitions of a schema where they are referred to: an extra has no place for them."""
    if isinstance(schema, list):
        return [_inline(one, inner) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        return _inline(inner[schema["$ref"].rpartition("/")[2]] | rest, inner)
    return {name: _inline(value, inner) for name, value in schema.items()}


def complete_document(document: OpenAPISchema) -> OpenAPISchema:
    """Add to each operation the refusals that follow from its shape, as problems. Changes `document` in place."""
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for path, operation in _operations(document):
        responses: dict[Any, Any] = operation["responses"]
        for status in list(responses):
            if _is_problem(responses[status]):
                responses[status] = _refusal(int(status))
        for status in _implied(path, operation):
            responses.setdefault(status, _refusal(status))
        operation["responses"] = {str(status): responses[status] for status in sorted(responses, key=int)}
    return document


def _operations(document: OpenAPISchema) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: set[int] = set()
    for path, methods in document["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation is not None and id(operation) not in seen:
                seen.add(id(operation))
                yield path, operation


def _implied(path: str, operation: dict[str, Any]) -> Iterator[int]:
    has_body = "requestBody" in operation
    if has_body or any(parameter["in"] in {"query", "header"} for parameter in operation["parameters"]):
        yield 400
    if operation.get("security"):
        yield from (401, 403, 429)
    if "{" in path:
        yield 404
    yield 503
    # A body that is sent is measured everywhere, also where none is expected.
    yield 413
    if has_body:
        yield 415


def _is_problem(response: dict[str, Any]) -> bool:
    content = response.get("content", {})
    return any(body.get("schema", {}).get("$ref") == _PROBLEM_REF for body in content.values())


def _refusal(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _SAID[status],
        "content": {PROBLEM_JSON: {"schema": {"$ref": _PROBLEM_REF}}},
    }
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    return response
