"""A campaign as the API's tests send it."""

from typing import Any

from tests.support.callers import Caller

CAMPAIGNS = "/api/campaigns/"
BRIEF = "Nimbus is a compact espresso machine that heats up in 30 seconds. Every machine comes with free delivery."
NEW = {"name": "Autumn", "brief": BRIEF, "channels": ["linkedin", "x"], "language": "en"}


def create(caller: Caller, **fields: Any) -> dict[str, Any]:
    """Create a campaign and return the answer's body."""
    response = caller.post(CAMPAIGNS, NEW | fields)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body
