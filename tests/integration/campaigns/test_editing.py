"""Changing, regenerating and deleting campaigns."""

from typing import Any

import pytest

from nightdesk.campaigns import services
from nightdesk.campaigns.errors import CampaignBusy, CampaignNotFound
from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.core.errors import Permanent
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.providers.text import registry
from tests.integration.campaigns.briefs import Writer, make_campaign, task_of

pytestmark = pytest.mark.django_db


def test_name_can_change_while_the_content_is_written() -> None:
    campaign = make_campaign()

    changed = services.update_campaign(campaign_id=campaign.pk, name="Winter")

    assert (changed.name, changed.brief) == ("Winter", campaign.brief)
    assert changed.updated_at > campaign.updated_at


@pytest.mark.parametrize(
    "change", [{"brief": "Another."}, {"channels": ["blog"]}, {"tone": "formal"}, {"language": "fr"}]
)
def test_what_is_written_from_cannot_change_while_it_is_written(change: dict[str, Any]) -> None:
    campaign = make_campaign()

    with pytest.raises(CampaignBusy):
        services.update_campaign(campaign_id=campaign.pk, **change)

    assert Campaign.objects.get().updated_at == campaign.updated_at


def test_change_keeps_pieces_until_regenerated() -> None:
    campaign = make_campaign(channels=["linkedin", "x"])
    drain()

    services.update_campaign(campaign_id=campaign.pk, brief="Lumo is a lamp for balconies.", channels=["x", "blog"])
    assert sorted(ContentPiece.objects.values_list("channel", "generation")) == [("linkedin", 1), ("x", 1)]
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert sorted(ContentPiece.objects.values_list("channel", "generation")) == [("blog", 2), ("linkedin", 1), ("x", 2)]
    assert ["Lumo" in str(piece.fields) for piece in ContentPiece.objects.order_by("channel")] == [True, False, True]


def test_regenerate_moves_to_the_next_generation_with_a_new_job() -> None:
    campaign = make_campaign()
    drain()

    task_id = services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    row = Campaign.objects.get()
    assert (row.generation, row.ai_processing_status, row.ai_processed_at) == (2, "pending", None)
    assert (row.task_id, Job.objects.get(pk=task_id).state) == (task_id, "waiting")


def test_regenerate_is_refused_while_unfinished() -> None:
    campaign = make_campaign()

    with pytest.raises(CampaignBusy):
        services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)

    assert (Campaign.objects.get().generation, Job.objects.count()) == (1, 1)


def test_failed_regeneration_keeps_the_earlier_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(channels=["x", "blog"])
    drain()
    before = list(ContentPiece.objects.order_by("id").values())

    def refuse(_request: Any) -> None:
        raise Permanent("No.")

    monkeypatch.setitem(registry.WRITERS, "template", lambda: Writer(refuse))
    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert Campaign.objects.get().ai_processing_status == "failed"
    assert list(ContentPiece.objects.order_by("id").values()) == before


def test_regenerate_cancels_a_failed_job_that_was_sent_back_into_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_request: Any) -> None:
        raise Permanent("No.")

    with monkeypatch.context() as patched:
        patched.setitem(registry.WRITERS, "template", lambda: Writer(refuse))
        campaign = make_campaign()
        drain()
    assert campaign.task_id is not None
    actions.retry(job_id=campaign.task_id)

    services.regenerate_campaign(campaign_id=campaign.pk, owner_id=None)
    drain()

    assert Job.objects.get(pk=campaign.task_id).state == "cancelled"
    assert (Campaign.objects.get().ai_processing_status, Campaign.objects.get().generation) == ("completed", 2)


@pytest.mark.parametrize(
    "again", [lambda job: actions.retry(job_id=job), lambda job: actions.rerun(job_id=job, owner_id=None)]
)
def test_failed_job_cannot_go_on_with_a_changed_brief(monkeypatch: pytest.MonkeyPatch, again: Any) -> None:
    def refuse_blog(request: Any) -> None:
        if request.channel == "blog":
            raise Permanent("No.")

    with monkeypatch.context() as patched:
        patched.setitem(registry.WRITERS, "template", lambda: Writer(refuse_blog))
        campaign = make_campaign(channels=["x", "blog"])
        drain()
    services.update_campaign(campaign_id=campaign.pk, brief="Lumo is a lamp for balconies.")

    again(campaign.task_id)
    drain()

    assert Job.objects.order_by("-id")[0].state == "failed"
    assert Campaign.objects.get().ai_processing_status == "failed"
    assert [piece.channel for piece in ContentPiece.objects.all()] == ["x"]


def test_deleted_campaign_takes_pieces_along_and_cancels_its_job() -> None:
    written, waiting = make_campaign(), make_campaign()
    job = Job.objects.get(pk=task_of(waiting))
    services.delete_campaign(campaign_id=waiting.pk)
    drain()

    services.delete_campaign(campaign_id=written.pk)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert (Campaign.objects.count(), ContentPiece.objects.count()) == (0, 0)


def test_campaign_of_a_pruned_job_can_be_deleted_and_regenerated() -> None:
    first, second = make_campaign(), make_campaign()
    drain()
    Job.objects.all().delete()

    services.delete_campaign(campaign_id=first.pk)
    services.regenerate_campaign(campaign_id=second.pk, owner_id=None)

    assert Campaign.objects.get().generation == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: services.find_campaign(campaign_id=7),
        lambda: services.update_campaign(campaign_id=7, name="x"),
        lambda: services.update_campaign(campaign_id=7, brief="x"),
        lambda: services.update_campaign(campaign_id=7),
        lambda: services.regenerate_campaign(campaign_id=7, owner_id=None),
        lambda: services.delete_campaign(campaign_id=7),
    ],
)
def test_campaign_that_does_not_exist_is_not_found(call: Any) -> None:
    with pytest.raises(CampaignNotFound):
        call()
