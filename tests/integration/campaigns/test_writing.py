"""The job that writes a campaign: each channel once, only by its own job, and every end is told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignNotFound
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.core.errors import Permanent, Throttled, Transient
from nightdesk.engine import actions, queries
from nightdesk.engine.models import Job, JobStep
from nightdesk.engine.testing import drain
from nightdesk.providers.text import registry
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.limits import check_piece
from tests.integration.campaigns.briefs import ALL_CHANNELS, Writer, make_campaign, status_of, write_with

pytestmark = pytest.mark.django_db


def test_job_writes_every_channel_within_its_limits() -> None:
    campaign = make_campaign(channels=ALL_CHANNELS)

    assert drain() == 1

    pieces = list(ContentPiece.objects.filter(campaign=campaign).order_by("id"))
    assert [piece.channel for piece in pieces] == ALL_CHANNELS
    assert [check_piece(Channel(piece.channel), piece.fields).errors for piece in pieces] == [()] * 6
    assert {(piece.made_by, piece.generation) for piece in pieces} == {("template", 1)}
    assert status_of(campaign) == ("completed", "", True)
    job = Job.objects.get()
    assert (job.state, job.progress) == ("succeeded", 100)
    assert queries.result_of(job) == {"campaign_id": campaign.id, "generation": 1, "channels": ALL_CHANNELS}


def test_internals_of_the_brief_are_in_no_piece() -> None:
    make_campaign(channels=ALL_CHANNELS)

    drain()

    assert [piece.channel for piece in ContentPiece.objects.all() if "5,000" in str(piece.fields)] == []


def test_progress_names_the_channel_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    make_campaign(channels=["google_rsa", "linkedin", "blog"])
    seen: list[tuple[int, str]] = []
    monkeypatch.setattr(
        "nightdesk.engine.run.Run.progress", lambda _run, percent, message: seen.append((percent, message))
    )

    drain()

    assert list(dict.fromkeys(seen)) == [
        (0, "Writing Google Search ad (1 of 3)"),
        (33, "Writing LinkedIn (2 of 3)"),
        (66, "Writing Blog post (3 of 3)"),
    ]


def test_retry_writes_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_at_blog_once(request: Any) -> None:
        if request.channel == Channel.BLOG and writer.asked.count("blog") == 1:
            raise Transient("The writer is busy.")

    writer = write_with(monkeypatch, fail_at_blog_once)
    campaign = make_campaign(channels=["x", "blog", "email"])

    drain()
    assert status_of(campaign) == ("processing", "", False)
    assert [piece.channel for piece in ContentPiece.objects.all()] == ["x"]
    Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
    drain()

    assert writer.asked == ["x", "blog", "blog", "email"]
    assert status_of(campaign) == ("completed", "", True)


def test_failure_is_told_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_request: Any) -> None:
        raise Permanent("The writer refuses this brief. Shorten it.")

    write_with(monkeypatch, refuse)
    campaign = make_campaign()

    drain()

    assert status_of(campaign) == ("failed", "The writer refuses this brief. Shorten it.", True)
    assert Job.objects.get().state == "failed"


def test_bug_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(_request: Any) -> None:
        raise KeyError("secret detail")

    write_with(monkeypatch, break_down)
    campaign = make_campaign()
    for _ in range(4):
        Job.objects.update(run_at=datetime(2020, 1, 1, tzinfo=UTC))
        drain()

    status, error, ended = status_of(campaign)
    assert (status, ended) == ("failed", True)
    assert error != ""
    assert "secret detail" not in error


def test_piece_over_a_hard_limit_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rambler(Writer):
        def write(self, request: Any, *, on_progress: Any = None, **more: Any) -> Any:
            draft = super().write(request, on_progress=on_progress)
            return draft.model_copy(update={"fields": {"text": "so " * 200}})

    monkeypatch.setitem(registry.WRITERS, "template", lambda: Rambler(lambda _request: None))
    campaign = make_campaign(channels=["x"])

    drain()

    status, error, _ = status_of(campaign)
    assert status == "failed"
    assert error.startswith("The text for X cannot be used: Post is 600 characters long; X allows 280")
    assert ContentPiece.objects.count() == 0


def test_throttled_writer_is_asked_again_when_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def throttle(_request: Any) -> None:
        raise Throttled(retry_after_s=300)

    write_with(monkeypatch, throttle)
    campaign = make_campaign()

    drain()

    job = Job.objects.get()
    assert (job.state, status_of(campaign)[0]) == ("waiting", "processing")
    assert 200 < (job.run_at - datetime.now(UTC)).total_seconds() <= 300


def test_cancelled_job_leaves_a_campaign_that_can_be_regenerated() -> None:
    campaign = make_campaign()
    assert campaign.task_id is not None

    actions.cancel(job_id=campaign.task_id)

    assert status_of(campaign) == (
        "failed",
        "The writing was cancelled before it was finished. Regenerate to write it again.",
        True,
    )
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()
    assert status_of(campaign) == ("completed", "", True)


def test_cancel_while_writing_keeps_the_pieces_that_were_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    def cancel_at_blog(request: Any) -> None:
        if request.channel == Channel.BLOG:
            actions.cancel(job_id=Job.objects.get().id)
            raise Transient("The writer went away.")

    write_with(monkeypatch, cancel_at_blog)
    campaign = make_campaign(channels=["x", "blog"])

    drain()

    assert Job.objects.get().state == "cancelled"
    assert status_of(campaign)[0] == "failed"
    assert [piece.channel for piece in ContentPiece.objects.all()] == ["x"]


def test_job_of_a_campaign_that_is_gone_fails_at_once() -> None:
    campaign = make_campaign()
    Campaign.objects.all().delete()

    drain()

    job = Job.objects.get()
    assert (job.state, job.runs) == ("failed", 1)
    assert queries.error_of(job).code == CampaignNotFound.code  # type: ignore[union-attr]
    assert campaign.task_id == job.id


def test_writing_stores_each_step_with_its_piece() -> None:
    make_campaign(channels=ALL_CHANNELS)

    drain()

    assert list(JobStep.objects.order_by("id").values_list("name", flat=True)) == ALL_CHANNELS
