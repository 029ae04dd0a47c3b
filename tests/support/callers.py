"""Callers of the API: a user with a token of their own, over Django's test client."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import Client

from nightdesk.accounts import services
from nightdesk.accounts.models import Role, User

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass
class Caller:
    """Sends requests as one user; `secret` is the token in use."""

    user: User
    secret: str

    def call(self, method: str, path: str, body: Any = None, /, **headers: str) -> "Answer":
        """Send a request; a body goes as JSON. Header names are written with underscores."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, content, JSON, **headers)

    def send(self, method: str, path: str, content: bytes, content_type: str, /, **headers: str) -> "Answer":
        """Send bytes as they are."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(headers={"Authorization": f"Bearer {self.secret}", **given}, raise_request_exception=False)
        return client.generic(method, path, content, content_type)

    def get(self, path: str, /, **headers: str) -> "Answer":
        """Send GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, /, **headers: str) -> "Answer":
        """Send POST."""
        return self.call("POST", path, body, **headers)

    def delete(self, path: str, /, **headers: str) -> "Answer":
        """Send DELETE."""
        return self.call("DELETE", path, **headers)


def make_caller(name: str, role: Role = Role.MEMBER) -> Caller:
    """Create a user `name@example.org` and a token for them."""
    user = services.create_user(email=f"{name}@example.org", first_name=name.title(), role=role)
    _, secret = services.create_token(user_id=user.id, name="tests")
    return Caller(user=user, secret=secret)


def problem_of(response: "HttpResponse | Answer") -> dict[str, Any]:
    """Read a problem and check that it is one of the answer's status."""
    assert response["Content-Type"] == PROBLEM, response.content
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    return body
