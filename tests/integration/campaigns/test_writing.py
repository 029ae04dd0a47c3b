"""The job that writes a campaign: each channel once, only by its own job, and every end is told."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignNotFound, NotOursToWrite
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.core.errors import Permanent, Throttled, Transient
from nightdesk.engine import actions, queries
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.models import Job, JobStep
from nightdesk.engine.testing import drain, run_job
from nightdesk.providers.text import registry
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.limits import check_piece
from tests.integration.campaigns.briefs import ALL_CHANNELS, Writer, make_campaign

pytestmark = pytest.mark.django_db


def write_with(monkeypatch: pytest.MonkeyPatch, before: Any) -> Writer:
    writer = Writer(before)
    monkeypatch.setitem(registry.WRITERS, "template", lambda: writer)
    return writer


def status_of(campaign: Campaign) -> tuple[str, str, bool]:
    row = Campaign.objects.get(pk=campaign.pk)
    return row.ai_processing_status, row.ai_processing_error, row.ai_processed_at is not None


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
        def write(self, request: Any, *, on_progress: Any = None) -> Any:
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


def test_retried_job_takes_its_failed_campaign_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_once(_request: Any) -> None:
        if len(writer.asked) == 1:
            raise Permanent("Not now.")

    writer = write_with(monkeypatch, fail_once)
    campaign = make_campaign(channels=["x"])
    drain()
    job = Job.objects.get()

    actions.retry(job_id=job.id)
    assert run_job(job.id).state == "succeeded"

    assert status_of(campaign) == ("completed", "", True)


def test_rerun_of_a_failed_job_takes_the_campaign_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_once(_request: Any) -> None:
        if len(writer.asked) == 1:
            raise Permanent("Not now.")

    writer = write_with(monkeypatch, fail_once)
    campaign = make_campaign(channels=["x"])
    drain()

    new_id = actions.rerun(job_id=Job.objects.get().id, owner_id=None)
    drain()

    assert status_of(campaign) == ("completed", "", True)
    assert Campaign.objects.get().task_id == new_id


def test_rerun_never_overwrites_a_completed_campaign() -> None:
    campaign = make_campaign(channels=["x"])
    drain()
    before = ContentPiece.objects.values().get()

    new_id = actions.rerun(job_id=Job.objects.get().id, owner_id=None)
    drain()

    assert Job.objects.get(pk=new_id).state == "failed"
    assert status_of(campaign) == ("completed", "", True)
    assert ContentPiece.objects.values().get() == before


def test_rerun_for_another_campaign_than_its_subject_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_request: Any) -> None:
        raise Permanent("No.")

    write_with(monkeypatch, refuse)
    first, second = make_campaign(channels=["x"]), make_campaign(channels=["x"])
    drain()

    new_id = actions.rerun(job_id=first.task_id, arguments={"campaign_id": second.pk}, owner_id=None)  # type: ignore[arg-type]
    drain()

    assert queries.error_of(Job.objects.get(pk=new_id)).code == "not_ours_to_write"  # type: ignore[union-attr]
    assert Campaign.objects.get(pk=second.pk).task_id == second.task_id


def test_old_job_cannot_write_a_newer_generation() -> None:
    campaign = make_campaign(channels=["x"])
    drain()
    old = campaign.task_id
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    with pytest.raises(NotOursToWrite):
        services.start_writing(campaign_id=campaign.pk, generation=1, task_id=old, subject=campaign.subject)  # type: ignore[arg-type]

    assert status_of(campaign)[0] == "pending"


def test_rerun_of_an_old_generation_does_not_take_a_newer_one_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_request: Any) -> None:
        raise Permanent("No.")

    write_with(monkeypatch, refuse)
    campaign = make_campaign(channels=["x"])
    drain()
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()
    newer = Campaign.objects.get().task_id

    new_id = actions.rerun(job_id=campaign.task_id, owner_id=None)  # type: ignore[arg-type]
    drain()

    assert queries.error_of(Job.objects.get(pk=new_id)).code == "not_ours_to_write"  # type: ignore[union-attr]
    assert (Campaign.objects.get().task_id, Campaign.objects.get().generation) == (newer, 2)


def test_completed_campaign_is_not_started_again_even_by_its_own_job() -> None:
    campaign = make_campaign(channels=["x"])
    drain()

    with pytest.raises(NotOursToWrite):
        services.start_writing(
            campaign_id=campaign.pk,
            generation=1,
            task_id=campaign.task_id,  # type: ignore[arg-type]
            subject=campaign.subject,
        )

    assert status_of(campaign) == ("completed", "", True)


def test_piece_of_a_foreign_job_is_not_kept() -> None:
    campaign = make_campaign(channels=["x"])
    services.start_writing(
        campaign_id=campaign.pk,
        generation=1,
        task_id=campaign.task_id,  # type: ignore[arg-type]
        subject=campaign.subject,
    )
    draft = services.draft_piece(campaign=campaign, channel=Channel.X)

    with pytest.raises(NotOursToWrite):
        services.save_piece(campaign_id=campaign.pk, generation=1, task_id=uuid4(), draft=draft)
    with pytest.raises(NotOursToWrite):
        services.save_piece(campaign_id=campaign.pk, generation=2, task_id=campaign.task_id, draft=draft)  # type: ignore[arg-type]

    assert ContentPiece.objects.count() == 0


def test_end_of_a_foreign_job_changes_nothing() -> None:
    campaign = make_campaign()
    end = JobEnd(
        job_id=uuid4(),
        kind="campaigns.write_campaign",
        state="failed",
        subject=campaign.subject,
        owner_id=None,
        error=None,
    )

    services.end_writing(end=end)

    assert status_of(campaign) == ("pending", "", False)


def test_ending_told_twice_counts_once() -> None:
    campaign = make_campaign(channels=["x"])
    drain()
    before = Campaign.objects.values().get()
    end = JobEnd(
        job_id=campaign.task_id,  # type: ignore[arg-type]
        kind="campaigns.write_campaign",
        state="failed",
        subject=campaign.subject,
        owner_id=None,
        error=None,
    )

    services.end_writing(end=end)

    assert Campaign.objects.values().get() == before


def test_job_of_a_campaign_that_is_gone_fails_at_once() -> None:
    campaign = make_campaign()
    Campaign.objects.all().delete()

    drain()

    job = Job.objects.get()
    assert (job.state, job.runs) == ("failed", 1)
    assert queries.error_of(job).code == CampaignNotFound.code  # type: ignore[union-attr]
    assert campaign.task_id == job.id


def test_called_in_place_it_does_not_take_a_campaign_from_its_job() -> None:
    campaign = make_campaign()

    with pytest.raises(NotOursToWrite):
        call_in_place(WriteCampaign(campaign_id=campaign.pk, generation=1))

    assert status_of(campaign) == ("pending", "", False)


def test_writing_stores_each_step_with_its_piece() -> None:
    make_campaign(channels=ALL_CHANNELS)

    drain()

    assert list(JobStep.objects.order_by("id").values_list("name", flat=True)) == ALL_CHANNELS
