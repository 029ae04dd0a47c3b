"""What people do with campaigns."""

from collections.abc import Sequence
from typing import Final, TypedDict, Unpack
from uuid import UUID

from django.utils import timezone

from nightdesk.campaigns.errors import CampaignBusy, CampaignNotFound
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.campaigns.models import UNFINISHED, Campaign, WritingStatus
from nightdesk.campaigns.services.checking import check_campaign
from nightdesk.core.errors import NotFound
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sql import writing
from nightdesk.providers.text.template.languages import guess_language

#: What pieces are written from: not to be changed while they are written.
_WRITTEN_FROM: Final = frozenset({"brief", "product", "audience", "tone", "channels", "language"})


class CampaignChanges(TypedDict, total=False):
    """What may be changed of a campaign; what is left out stays."""

    name: str
    brief: str
    product: str
    audience: str
    tone: str
    channels: Sequence[str]
    language: str


def create_campaign(
    *,
    name: str,
    brief: str,
    channels: Sequence[str],
    product: str = "",
    audience: str = "",
    tone: str = "",
    language: str | None = None,
    created_by_id: int | None,
) -> Campaign:
    """Create a campaign and ask for its content, in one transaction. Without a language it is guessed from the brief.

    Raises:
        InvalidInput: with details by field.
    """
    given = {"name": name, "brief": brief, "channels": channels, "product": product, "audience": audience, "tone": tone}
    fields = check_campaign(given if language is None else {**given, "language": language})
    fields.setdefault("language", guess_language(fields["brief"]))
    now = timezone.now()
    campaign = Campaign(
        **fields, created_by_id=created_by_id, created_at=now, updated_at=now, task_id=new_job_id(), generation=1
    )
    with writing():
        campaign.save(force_insert=True)
        _ask_for_content(campaign, owner_id=created_by_id)
    return campaign


def _ask_for_content(campaign: Campaign, *, owner_id: int | None) -> None:
    enqueue(
        WriteCampaign(campaign_id=campaign.pk, generation=campaign.generation),
        owner_id=owner_id,
        subject=campaign.subject,
        unique_key=f"{campaign.subject}:{campaign.generation}",
        job_id=campaign.task_id,
    )


def find_campaign(*, campaign_id: int) -> Campaign:
    """Return a campaign.

    Raises:
        CampaignNotFound: there is none.
    """
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    return campaign


def update_campaign(*, campaign_id: int, **changes: Unpack[CampaignChanges]) -> Campaign:
    """Change a campaign. Its pieces stay as they are until it is regenerated.

    A failed writing cannot be taken up again after a change of what it was written from: half would be of the old brief.

    Raises:
        InvalidInput: with details by field. CampaignNotFound.
        CampaignBusy: the content is being written and the change touches what it is written from.
    """
    fields = check_campaign(changes)
    with writing():
        rows = Campaign.objects.filter(pk=campaign_id)
        if fields.keys() & _WRITTEN_FROM:
            rows = rows.exclude(ai_processing_status__in=UNFINISHED)
        if fields and not rows.update(**fields, updated_at=timezone.now()):
            find_campaign(campaign_id=campaign_id)
            raise CampaignBusy
        if fields.keys() & _WRITTEN_FROM:
            Campaign.objects.filter(pk=campaign_id, ai_processing_status=WritingStatus.FAILED).update(task_id=None)
        return find_campaign(campaign_id=campaign_id)


def regenerate_campaign(*, campaign_id: int, owner_id: int | None) -> UUID:
    """Ask for the content once more, as the next generation, and return its job.

    The pieces stay until new ones take their place.

    Raises:
        CampaignNotFound.
        CampaignBusy: it is being written.
    """
    with writing():
        campaign = find_campaign(campaign_id=campaign_id)
        if campaign.is_unfinished:
            raise CampaignBusy
        _cancel_job(campaign.task_id)  # somebody may have sent the failed one back into its line
        task_id, now = new_job_id(), timezone.now()
        moved = Campaign.objects.filter(pk=campaign_id, generation=campaign.generation).update(
            ai_processing_status=WritingStatus.PENDING,
            ai_processing_error="",
            ai_processed_at=None,
            task_id=task_id,
            generation=campaign.generation + 1,
            updated_at=now,
        )
        if not moved:
            raise CampaignBusy
        campaign.refresh_from_db()
        _ask_for_content(campaign, owner_id=owner_id)
    return task_id


def delete_campaign(*, campaign_id: int) -> None:
    """Delete a campaign with its pieces; its job is cancelled.

    Raises:
        CampaignNotFound.
    """
    with writing():
        _cancel_job(find_campaign(campaign_id=campaign_id).task_id)
        deleted, _ = Campaign.objects.filter(pk=campaign_id).delete()
        if not deleted:
            raise CampaignNotFound


def _cancel_job(job_id: UUID | None) -> None:
    """Cancel a job unless it is finished or long forgotten. Before any lock on the campaign: endings lock job first."""
    if job_id is None:
        return
    try:
        actions.cancel(job_id=job_id)
    except NotFound:
        return
