"""What the job does that writes a campaign. Each move is a guarded update: only the campaign's own job makes it."""

from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from nightdesk.campaigns.errors import NotOursToWrite
from nightdesk.campaigns.models import (
    MAX_MADE_BY_CHARS,
    MAX_PROMPT_VERSION_CHARS,
    BrandKitVersion,
    Campaign,
    Origin,
    PieceVersion,
    WritingStatus,
    subject_of,
)
from nightdesk.campaigns.services.branding import find_lapses
from nightdesk.campaigns.services.editing import find_campaign
from nightdesk.campaigns.services.versions import (
    WAS_CHANGED,
    WAS_LOCKED,
    Text,
    add_piece,
    add_version,
    keep_aside,
    lock_row,
)
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.sql import writing
from nightdesk.engine.states import State
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceDraft, PieceRequest

_WHY_NOT_WRITTEN: Final[dict[str, str]] = {
    State.CANCELLED: "The writing was cancelled before it was finished. Regenerate to write it again.",
    State.EXPIRED: "The writing did not start in time. Regenerate to write it again.",
}
_NO_REASON: Final = "The writing failed. Regenerate to try again; if it stays, show its job to an operator."


def start_writing(*, campaign_id: int, generation: int, task_id: UUID, subject: str) -> Campaign:
    """Move a campaign to `processing` for its job. Safe to repeat by the same job.

    A rerun of a job that failed takes the campaign over, as long as nothing it is written from was changed and no newer
    generation was asked for.

    Raises:
        CampaignNotFound: it was deleted meanwhile; a retry would not bring it back.
        NotOursToWrite: completed already, changed since it failed, or another job's.
    """
    ours = Q(task_id=task_id) & ~Q(ai_processing_status=WritingStatus.COMPLETED)
    if subject == subject_of(campaign_id):
        ours |= Q(ai_processing_status=WritingStatus.FAILED, task_id__isnull=False)
    with writing():
        moved = Campaign.objects.filter(ours, pk=campaign_id, generation=generation).update(
            ai_processing_status=WritingStatus.PROCESSING,
            ai_processing_error="",
            ai_processed_at=None,
            task_id=task_id,
            updated_at=timezone.now(),
        )
    campaign = find_campaign(campaign_id=campaign_id)
    if not moved:
        raise NotOursToWrite
    return campaign


def requests_of(*, campaign: Campaign) -> list[PieceRequest]:
    """Say what is to be written for each channel of a campaign that is not locked, in the order of its channels."""
    locked = set(campaign.pieces.exclude(locked_at=None).values_list("channel", flat=True))
    return [
        request_for(campaign, Channel(one), campaign.brand_version) for one in campaign.channels if one not in locked
    ]


def channels_done(*, campaign: Campaign) -> list[str]:
    """List the channels whose piece of the present generation is written."""
    written = PieceVersion.objects.filter(
        piece__campaign=campaign, generation=campaign.generation, origin=Origin.WRITTEN
    )
    return list(written.values_list("piece__channel", flat=True).distinct())


def request_for(
    campaign: Campaign,
    channel: Channel,
    brand: BrandKitVersion | None,
    *,
    wish: str = "",
    previous: dict[str, Any] | None = None,
) -> PieceRequest:
    """Say what is to be written for one channel; see `PieceRequest`."""
    return PieceRequest(
        channel=channel,
        brief=campaign.brief,
        product=campaign.product,
        audience=campaign.audience,
        tone=campaign.tone,
        language=campaign.language,
        brand=brand.brand_voice if brand else None,
        wish=wish,
        previous=previous,
    )


def save_piece(*, campaign_id: int, generation: int, task_id: UUID, draft: dict[str, Any]) -> None:
    """Show a draft as the newest version of its channel's piece; joins the transaction of the step. Safe to repeat.

    Where a person locked or changed the piece since this generation was asked for, theirs stays: the draft is kept as a
    version that says so.

    Raises:
        NotOursToWrite: the campaign was deleted, or belongs to another job by now.
    """
    owned = Campaign.objects.filter(
        pk=campaign_id, generation=generation, task_id=task_id, ai_processing_status=WritingStatus.PROCESSING
    )
    if not owned.update(updated_at=timezone.now()):
        raise NotOursToWrite
    campaign = find_campaign(campaign_id=campaign_id)
    written = text_of(PieceDraft.model_validate(draft), campaign, campaign.brand_version, job_id=task_id)
    piece = lock_row(campaign_id, draft["channel"])
    if piece is None:
        add_piece(campaign_id, draft["channel"], written)
        return
    if piece.is_locked:
        keep_aside(piece, written, WAS_LOCKED)
    elif piece.origin != Origin.WRITTEN and piece.generation == generation:
        keep_aside(piece, written, WAS_CHANGED)
    else:
        add_version(piece, written, shown=True)


def text_of(draft: PieceDraft, campaign: Campaign, brand: BrandKitVersion | None, *, job_id: UUID) -> Text:
    """Make a version's text out of a writer's draft, with what a person should know before using it."""
    return Text(
        fields=draft.fields,
        made_by=draft.made_by[:MAX_MADE_BY_CHARS],
        warnings=list(dict.fromkeys([*draft.warnings, *find_lapses(draft.fields, brand)])),  # a writer may have said it
        origin=Origin.WRITTEN,
        generation=campaign.generation,
        created_at=timezone.now(),
        prompt_version=draft.prompt_version[:MAX_PROMPT_VERSION_CHARS],
        brand_version_id=brand.pk if brand else None,
        job_id=job_id,
    )


def end_writing(*, end: JobEnd) -> None:
    """Move a campaign to `completed` or `failed` when its job ends, whoever ended it. Database work only; repeatable.

    Pieces of channels that are no longer asked for stay until somebody removes them.
    """
    campaign_id = int(end.subject.rpartition(":")[2])
    succeeded = end.state == State.SUCCEEDED
    now = timezone.now()
    error = "" if succeeded else _WHY_NOT_WRITTEN.get(end.state) or (end.error.message if end.error else _NO_REASON)
    (
        Campaign.objects.filter(pk=campaign_id, task_id=end.job_id)
        .exclude(ai_processing_status=WritingStatus.COMPLETED)
        .update(
            ai_processing_status=WritingStatus.COMPLETED if succeeded else WritingStatus.FAILED,
            ai_processing_error=error,
            ai_processed_at=now,
            updated_at=now,
        )
    )
