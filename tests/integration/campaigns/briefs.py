"""A campaign to write, and writers that misbehave."""

from collections.abc import Callable
from typing import Any

from nightdesk.campaigns import services
from nightdesk.campaigns.models import Campaign
from nightdesk.providers.text.protocol import OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.template.writer import TemplateWriter

BRIEF = (
    "Nimbus is a compact espresso machine that heats up in 30 seconds. Every machine comes with free delivery. "
    "Our budget is 5,000 EUR. More at https://nimbus.example."
)
ALL_CHANNELS = ["google_rsa", "meta_feed", "linkedin", "x", "email", "blog"]


def make_campaign(**fields: Any) -> Campaign:
    """Create a campaign the way people do."""
    given: dict[str, Any] = {"name": "Autumn", "brief": BRIEF, "channels": ["linkedin", "x"], "created_by_id": None}
    return services.create_campaign(**(given | fields))


class Writer:
    """The template writer, with something done before each piece."""

    name = "template"
    made_by = "template"

    def __init__(self, before: Callable[[PieceRequest], object]) -> None:
        self.before = before
        self.asked: list[str] = []

    def write(self, request: PieceRequest, *, on_progress: OnProgress | None = None) -> PieceDraft:
        """Do what was asked for, then write."""
        self.asked.append(request.channel.value)
        self.before(request)
        return TemplateWriter().write(request, on_progress=on_progress)
