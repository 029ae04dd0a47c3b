"""What people do with campaigns."""

from collections.abc import Sequence
from typing import Final, TypedDict, Unpack
from uuid import UUID

from django.utils import timezone

from nightdesk.campaigns.errors import BrandKitNotFound, CampaignBusy, CampaignNotFound, EverythingLocked
from nightdesk.campaigns.jobs import WriteCampaign
from nightdesk.campaigns.models import UNFINISHED, BrandKitVersion, Campaign, WritingStatus
from nightdesk.campaigns.services.brand_kits import find_brand_version
from nightdesk.campaigns.services.branding import find_conflicts
from nightdesk.campaigns.services.cancelling import cancel_job
from nightdesk.campaigns.services.checking import check_campaign
from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.sql import writing
from nightdesk.providers.text.template.languages import guess_language

#: What pieces are written from: not to be changed while they are written.
_WRITTEN_FROM: Final = frozenset({"brief", "product", "audience", "tone", "channels", "language", "brand_kit_id"})
#: What may demand what the brand kit forbids.
_MAY_CONFLICT: Final = frozenset({"name", "brief", "product", "brand_kit_id"})


class CampaignChanges(TypedDict, total=False):
    """What may be changed of a campaign; what is left out stays."""

    name: str
    brief: str
    product: str
    audience: str
    tone: str
    channels: Sequence[str]
    language: str
    brand_kit_id: int | None


def create_campaign(
    *,
    name: str,
    brief: str,
    channels: Sequence[str],
    product: str = "",
    audience: str = "",
    tone: str = "",
    language: str | None = None,
    brand_kit_id: int | None = None,
    created_by_id: int | None,
) -> Campaign:
    """Create a campaign and ask for its content, in one transaction. Without a language it is guessed from the brief.

    A brief that demands what the brand kit forbids is kept and written; `brand_warnings` say so.

    Raises:
        InvalidInput: with details by field; also a brand kit that is absent or archived.
    """
    given = {"name": name, "brief": brief, "channels": channels, "product": product, "audience": audience, "tone": tone}
    fields = check_campaign(given if language is None else {**given, "language": language})
    fields.setdefault("language", guess_language(fields["brief"]))
    now = timezone.now()
    campaign = Campaign(
        **fields, created_by_id=created_by_id, created_at=now, updated_at=now, task_id=new_job_id(), generation=1
    )
    with writing():
        campaign.brand_version = _find_brand(brand_kit_id)
        campaign.brand_kit_id = brand_kit_id
        campaign.brand_warnings = find_conflicts(campaign, campaign.brand_version)
        campaign.save(force_insert=True)
        _ask_for_content(campaign, owner_id=created_by_id)
    return campaign


def _find_brand(kit_id: int | None) -> BrandKitVersion | None:
    """Return the newest version of the kit that somebody chose.

    Raises:
        InvalidInput: there is no such kit, or it is archived.
    """
    if kit_id is None:
        return None
    try:
        brand = find_brand_version(kit_id=kit_id)
    except BrandKitNotFound:
        raise InvalidInput(details={"brand_kit_id": ["There is no such brand kit. Choose another one."]}) from None
    if brand.kit.is_archived:
        raise InvalidInput(details={"brand_kit_id": ["This brand kit is archived. Restore it or choose another one."]})
    return brand


def _ask_for_content(campaign: Campaign, *, owner_id: int | None) -> None:
    enqueue(
        WriteCampaign(campaign_id=campaign.pk, generation=campaign.generation),
        owner_id=owner_id,
        subject=campaign.subject,
        unique_key=f"{campaign.subject}:{campaign.generation}",
        job_id=campaign.task_id,
    )


def find_campaign(*, campaign_id: int) -> Campaign:
    """Return a campaign, with its brand kit.

    Raises:
        CampaignNotFound: there is none.
    """
    campaign = Campaign.objects.filter(pk=campaign_id).select_related("brand_kit", "brand_version").first()
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
    fields = check_campaign({name: value for name, value in changes.items() if name != "brand_kit_id"})
    rows = Campaign.objects.filter(pk=campaign_id)
    with writing():
        if "brand_kit_id" in changes:
            kit_id = fields["brand_kit_id"] = changes["brand_kit_id"]
            if not rows.filter(brand_kit_id=kit_id).exists():  # the one it has may be archived by now
                _find_brand(kit_id)
        if fields.keys() & _WRITTEN_FROM:
            rows = rows.exclude(ai_processing_status__in=UNFINISHED)
        if fields and not rows.update(**fields, updated_at=timezone.now()):
            find_campaign(campaign_id=campaign_id)
            raise CampaignBusy
        if fields.keys() & _WRITTEN_FROM:
            Campaign.objects.filter(pk=campaign_id, ai_processing_status=WritingStatus.FAILED).update(task_id=None)
        campaign = find_campaign(campaign_id=campaign_id)
        if fields.keys() & _MAY_CONFLICT:
            campaign.brand_warnings = find_conflicts(campaign, newest_brand_of(campaign))
            campaign.save(update_fields=["brand_warnings"])
        return campaign


def newest_brand_of(campaign: Campaign) -> BrandKitVersion | None:
    """Return what the campaign's brand kit says today; also of a kit that was archived after it was chosen."""
    return None if campaign.brand_kit_id is None else find_brand_version(kit_id=campaign.brand_kit_id)


def regenerate_campaign(*, campaign_id: int, owner_id: int | None) -> UUID:
    """Ask for the content once more, as the next generation, and return its job.

    The pieces stay until new ones take their place, locked ones for good; jobs that write single pieces are cancelled.
    It is written with what the brand kit says now.

    Raises:
        CampaignNotFound. EverythingLocked: there is nothing to write.
        CampaignBusy: it is being written.
    """
    with writing():
        campaign = find_campaign(campaign_id=campaign_id)
        if campaign.is_unfinished:
            raise CampaignBusy
        locked = campaign.pieces.exclude(locked_at=None).values_list("channel", flat=True)
        if not set(campaign.channels) - set(locked):
            raise EverythingLocked
        cancelled = _cancel_jobs_of(campaign)  # somebody may have sent a failed one back into its line
        job_id = _move_to_next_generation(campaign)
        pieces = campaign.pieces.exclude(task_id=None)
        if pieces.exclude(task_id__in=cancelled).exists():  # asked for in between; jobs are locked before campaigns
            raise CampaignBusy
        pieces.update(task_id=None)
        _ask_for_content(campaign, owner_id=owner_id)
    return job_id


def _cancel_jobs_of(campaign: Campaign) -> list[UUID]:
    """Cancel the jobs of a campaign and its pieces, as far as they are known by now, and return them."""
    pieces = campaign.pieces.order_by("task_id").values_list("task_id", flat=True)
    jobs = [job_id for job_id in (campaign.task_id, *pieces) if job_id is not None]
    for job_id in jobs:
        cancel_job(job_id)
    return jobs


def _move_to_next_generation(campaign: Campaign) -> UUID:
    """Move a campaign on, if it still stands where it was read; return the job that is to write it."""
    job_id = new_job_id()
    moved = Campaign.objects.filter(pk=campaign.pk, generation=campaign.generation).update(
        ai_processing_status=WritingStatus.PENDING,
        ai_processing_error="",
        ai_processed_at=None,
        task_id=job_id,
        generation=campaign.generation + 1,
        updated_at=timezone.now(),
    )
    if not moved:
        raise CampaignBusy
    campaign.refresh_from_db()  # its row is locked: what is read now stays
    campaign.brand_version = newest_brand_of(campaign)
    campaign.brand_warnings = find_conflicts(campaign, campaign.brand_version)
    campaign.save(update_fields=["brand_version", "brand_warnings"])
    return job_id


def delete_campaign(*, campaign_id: int) -> None:
    """Delete a campaign with its pieces; its jobs are cancelled.

    Raises:
        CampaignNotFound.
    """
    with writing():
        campaign = find_campaign(campaign_id=campaign_id)
        _cancel_jobs_of(campaign)
        rows = Campaign.objects.filter(pk=campaign_id)
        # Locked before its pieces, as everybody else does it; deleting goes the other way round.
        if not rows.update(updated_at=timezone.now()):
            raise CampaignNotFound
        # And these before their versions go: an edit on its way would leave one more, of a piece that is gone.
        campaign.pieces.update(task_id=None)
        rows.delete()
