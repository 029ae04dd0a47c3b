"""A campaign to write, and writers that misbehave."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.engine.testing import drain
from nightdesk.providers.text import registry
from nightdesk.providers.text.protocol import (
    CallOutcome,
    CallRecord,
    OnCall,
    OnProgress,
    PieceDraft,
    PieceRequest,
    Purpose,
)
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


def call_record(**known: Any) -> CallRecord:
    """Say what a call of a model was like."""
    given: dict[str, Any] = {
        "provider": "loopback",
        "model_asked": "tiny",
        "prompt_version": "copy-1",
        "purpose": Purpose.DRAFT,
        "started_at": datetime(2026, 11, 20, tzinfo=UTC),
        "duration_s": 1.5,
        "outcome": CallOutcome.OK,
    }
    return CallRecord(**(given | known))


class PaidWriter(Writer):
    """A `Writer` that tells of one call for each piece, made before anything else happens to it."""

    made_by = "tiny"

    def __init__(
        self, before: Callable[[PieceRequest], object] = lambda _request: None, *, at_once: int = 1, **known: Any
    ) -> None:
        super().__init__(before, at_once=at_once)
        self.known = known
        self.deadlines_s: list[float | None] = []

    def write(
        self,
        request: PieceRequest,
        *,
        on_progress: OnProgress | None = None,
        on_call: OnCall | None = None,
        deadline_s: float | None = None,
        **more: Any,
    ) -> PieceDraft:
        """Tell of the call, then do what was asked for, then write."""
        assert on_call is not None
        self.deadlines_s.append(deadline_s)
        on_call(call_record(**self.known))
        draft = super().write(request, on_progress=on_progress)
        return draft.model_copy(update={"made_by": self.made_by, "prompt_version": "copy-1"})


def install(monkeypatch: pytest.MonkeyPatch, writer: Writer) -> Writer:
    """Let this test's campaigns be written by this writer."""
    monkeypatch.setitem(registry.WRITERS, "template", lambda: writer)
    return writer


def written_campaign(**fields: Any) -> Campaign:
    """Create a campaign and let it be written."""
    campaign = make_campaign(**fields)
    drain()
    campaign.refresh_from_db()
    assert campaign.ai_processing_status == "completed"
    return campaign


def piece_of(campaign: Campaign, channel: str = "x") -> ContentPiece:
    """Read a piece anew."""
    return ContentPiece.objects.get(campaign=campaign, channel=channel)


def history(piece: ContentPiece) -> list[tuple[int, str]]:
    """List the versions of a piece with their origins, oldest first."""
    return list(piece.versions.order_by("number").values_list("number", "origin"))


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
