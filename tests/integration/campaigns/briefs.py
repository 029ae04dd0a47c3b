"""A campaign to write, and writers that misbehave."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.models import Campaign
from nightdesk.providers.text import registry
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


def task_of(campaign: Campaign) -> UUID:
    """Return the job that writes it, which there must be."""
    assert campaign.task_id is not None
    return campaign.task_id


class Writer:
    """The template writer, with something done before each piece; `at_once` pieces side by side."""

    name = "template"
    made_by = "template"

    def __init__(self, before: Callable[[PieceRequest], object], *, at_once: int = 1) -> None:
        self.before = before
        self.at_once = at_once
        self.asked: list[str] = []

    def write(self, request: PieceRequest, *, on_progress: OnProgress | None = None, **more: Any) -> PieceDraft:
        """Do what was asked for, then write."""
        self.asked.append(request.channel.value)
        self.before(request)
        return TemplateWriter().write(request, on_progress=on_progress)


def write_with(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[PieceRequest], object], *, at_once: int = 1
) -> Writer:
    """Let this test's campaigns be written by a `Writer`."""
    writer = Writer(before, at_once=at_once)
    monkeypatch.setitem(registry.WRITERS, "template", lambda: writer)
    return writer


def status_of(campaign: Campaign) -> tuple[str, str, bool]:
    """Read status and error of a campaign, and whether it has an end."""
    row = Campaign.objects.get(pk=campaign.pk)
    return row.ai_processing_status, row.ai_processing_error, row.ai_processed_at is not None
