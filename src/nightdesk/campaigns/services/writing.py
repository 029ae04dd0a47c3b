"""What the job does that writes a campaign. Each move is a guarded update: only the campaign's own job makes it."""

from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from nightdesk.campaigns.errors import CampaignNotFound, NotOursToWrite
from nightdesk.campaigns.models import Campaign, ContentPiece, WritingStatus, subject_of
from nightdesk.core.errors import Permanent
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.sql import writing
from nightdesk.engine.states import State
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import check_piece
from nightdesk.providers.text.protocol import OnProgress, PieceDraft, PieceRequest
from nightdesk.providers.text.registry import find_writer

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
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    if not moved:
        raise NotOursToWrite
    return campaign


def draft_piece(*, campaign: Campaign, channel: Channel, on_progress: OnProgress | None = None) -> dict[str, Any]:
    """Write the piece for one channel and return it as JSON; nothing is kept yet. May take long: no transaction.

    Raises:
        OperationalFault: the writer could not do it.
        Permanent: what it wrote breaks a limit of the platform.
    """
    request = PieceRequest(
        channel=channel,
        brief=campaign.brief,
        product=campaign.product,
        audience=campaign.audience,
        tone=campaign.tone,
        language=campaign.language,
    )
    draft = find_writer().write(request, on_progress=on_progress)
    if errors := check_piece(channel, draft.fields).errors:
        raise Permanent(f"The text for {CHANNELS[channel].title} cannot be used: {errors[0]}")
    return draft.model_dump(mode="json")


def save_piece(*, campaign_id: int, generation: int, task_id: UUID, draft: dict[str, Any]) -> None:
    """Keep a piece in place of the channel's earlier one; joins the transaction of the step. Safe to repeat.

    Raises:
        NotOursToWrite: the campaign was deleted, or belongs to another job by now.
    """
    piece = PieceDraft.model_validate(draft)
    now = timezone.now()
    owned = Campaign.objects.filter(
        pk=campaign_id, generation=generation, task_id=task_id, ai_processing_status=WritingStatus.PROCESSING
    )
    if not owned.update(updated_at=now):
        raise NotOursToWrite
    ContentPiece.objects.bulk_create(
        [
            ContentPiece(
                campaign_id=campaign_id,
                channel=piece.channel,
                fields=piece.fields,
                made_by=piece.made_by,
                generation=generation,
                warnings=piece.warnings,
                created_at=now,
            )
        ],
        update_conflicts=True,
        unique_fields=["campaign", "channel"],
        update_fields=["fields", "made_by", "generation", "warnings", "created_at"],
    )


def end_writing(*, end: JobEnd) -> None:
    """Move a campaign to `completed` or `failed` when its job ends, whoever ended it. Database work only; repeatable.

    Pieces of earlier generations go when a newer one is complete, and stay when it failed.
    """
    campaign_id = int(end.subject.rpartition(":")[2])
    succeeded = end.state == State.SUCCEEDED
    now = timezone.now()
    error = "" if succeeded else _WHY_NOT_WRITTEN.get(end.state) or (end.error.message if end.error else _NO_REASON)
    moved = (
        Campaign.objects.filter(pk=campaign_id, task_id=end.job_id)
        .exclude(ai_processing_status=WritingStatus.COMPLETED)
        .update(
            ai_processing_status=WritingStatus.COMPLETED if succeeded else WritingStatus.FAILED,
            ai_processing_error=error,
            ai_processed_at=now,
            updated_at=now,
        )
    )
    if moved and succeeded:
        ContentPiece.objects.filter(campaign_id=campaign_id, generation__lt=F("campaign__generation")).delete()
