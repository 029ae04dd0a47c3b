"""Only the job that a campaign waits for may write it, and only once."""

from typing import Any
from uuid import uuid4

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import NotOursToWrite
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.core.errors import Permanent
from nightdesk.engine import actions, queries
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain, run_job
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceRequest
from nightdesk.providers.text.template.writer import TemplateWriter
from tests.integration.campaigns.briefs import make_campaign, status_of, write_with

pytestmark = pytest.mark.django_db


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
    request = PieceRequest(channel=Channel.X, brief=campaign.brief)
    draft = TemplateWriter().write(request).model_dump(mode="json")

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


def test_called_in_place_it_does_not_take_a_campaign_from_its_job() -> None:
    campaign = make_campaign()

    with pytest.raises(NotOursToWrite):
        call_in_place(WriteCampaign(campaign_id=campaign.pk, generation=1))

    assert status_of(campaign) == ("pending", "", False)
