"""One piece written anew: asked for by a person, done by a job that never overwrites what came after it was asked for."""

from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from nightdesk.campaigns.errors import CampaignBusy, NotOursToWrite, PieceBusy, PieceLocked, PieceNotFound
from nightdesk.campaigns.jobs import WritePiece
from nightdesk.campaigns.models import (
    MAX_WISH_CHARS,
    UNFINISHED,
    BrandKitVersion,
    Campaign,
    ContentPiece,
    PieceVersion,
    subject_of,
)
from nightdesk.campaigns.services.cancelling import cancel_job
from nightdesk.campaigns.services.checking import check_fields, check_text
from nightdesk.campaigns.services.editing import find_campaign, newest_brand_of
from nightdesk.campaigns.services.pieces import find_piece
from nightdesk.campaigns.services.versions import WAS_CHANGED, WAS_LOCKED, add_version, keep_aside, lock_row
from nightdesk.campaigns.services.writing import request_for, text_of
from nightdesk.core.ids import new_job_id
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.sql import writing
from nightdesk.engine.states import FINISHED, State
from nightdesk.providers.text.channels import Channel
from nightdesk.providers.text.protocol import PieceDraft, PieceRequest

_CHECKS: Final = {"wish": check_text(MAX_WISH_CHARS)}
#: Where a job ended so, trying it again is no way on: the piece is not its own any more.
_SETTLED: Final = frozenset({NotOursToWrite.code, PieceLocked.code, PieceNotFound.code})


def regenerate_piece(*, campaign_id: int, channel: str, wish: str = "", owner_id: int | None) -> UUID:
    """Ask for one piece to be written anew, and return the job. `wish` says what should be different.

    The piece stays until the new text takes its place, as the next version. It is written from the campaign as it stands
    when the job runs, with what the brand kit says now.

    Raises:
        InvalidInput: the wish is too long or cannot be kept.
        CampaignNotFound. PieceNotFound. PieceLocked.
        PieceBusy: it is being written anew. CampaignBusy: all of them are being written.
    """
    wish = check_fields({"wish": wish}, _CHECKS)["wish"]
    with writing():
        piece = find_piece(campaign_id=campaign_id, channel=channel)
        if piece.is_locked:
            raise PieceLocked
        if is_busy(piece):
            raise PieceBusy
        cancel_job(piece.task_id)  # somebody may be sending the failed one back into its line
        # Locked until the job is there: a regeneration of everything comes before all this, or after.
        idle = Campaign.objects.filter(pk=campaign_id).exclude(ai_processing_status__in=UNFINISHED)
        if not idle.update(generation=F("generation")):
            find_campaign(campaign_id=campaign_id)
            raise CampaignBusy
        return _ask_anew(piece, wish, owner_id)


def is_busy(piece: ContentPiece) -> bool:
    """Whether a job is (to be) writing this piece anew."""
    return piece.task_id is not None and Job.objects.filter(pk=piece.task_id).exclude(state__in=FINISHED).exists()


def _ask_anew(piece: ContentPiece, wish: str, owner_id: int | None) -> UUID:
    job_id, brand = new_job_id(), newest_brand_of(piece.campaign)
    rows = ContentPiece.objects.filter(pk=piece.pk, version=piece.version, task_id=piece.task_id, locked_at=None)
    if not rows.update(task_id=job_id, updated_at=timezone.now()):
        raise PieceBusy
    accepted = enqueue(
        WritePiece(
            campaign_id=piece.campaign_id,
            channel=piece.channel,
            base_version=piece.version,
            wish=wish,
            brand_version_id=brand.pk if brand else None,
        ),
        owner_id=owner_id,
        subject=piece.campaign.subject,
        unique_key=f"{piece.campaign.subject}:piece:{piece.channel}",
        job_id=job_id,
    )
    if accepted != job_id:  # an older job of this piece was sent back into its line: it does not do what is asked now
        raise PieceBusy
    return job_id


def take_piece(*, order: WritePiece, task_id: UUID, subject: str) -> PieceRequest:
    """Take a piece over for its job and say what is to be written. Safe to repeat by the same job.

    A job that has written has its text as a finished step: whatever was done to the piece since does not stop it. A
    rerun of a job that failed takes the piece over, as long as it stands at the version it was asked for.

    Raises:
        CampaignNotFound. PieceNotFound: it is gone. PieceLocked: since it was asked for.
        NotOursToWrite: changed since it was asked for, or another job's.
    """
    piece = find_piece(campaign_id=order.campaign_id, channel=order.channel)
    if not piece.versions.filter(job_id=task_id).exists():
        _claim(piece, order, task_id, subject)
    channel, brand = Channel(order.channel), _brand_of(order)
    return request_for(piece.campaign, channel, brand, wish=order.wish, previous=piece.fields)


def _claim(piece: ContentPiece, order: WritePiece, task_id: UUID, subject: str) -> None:
    if piece.is_locked:
        raise PieceLocked
    ours = Q(task_id=task_id)
    if subject == subject_of(order.campaign_id) and not is_busy(piece):
        ours |= Q(task_id=piece.task_id)
    with writing():
        rows = ContentPiece.objects.filter(ours, pk=piece.pk, version=order.base_version, locked_at=None)
        if not rows.update(task_id=task_id, updated_at=timezone.now()):
            raise NotOursToWrite(
                "This piece was changed after this was asked for, so it stays as it is. Regenerate it to write it anew."
            )


def _brand_of(order: WritePiece) -> BrandKitVersion | None:
    if order.brand_version_id is None:
        return None
    return BrandKitVersion.objects.filter(pk=order.brand_version_id).first()


def save_rewritten(*, order: WritePiece, task_id: UUID, draft: dict[str, Any]) -> None:
    """Show a draft as the newest version of its piece; joins the transaction of the step. Safe to repeat.

    Where somebody locked or changed the piece since it was asked for, theirs stays: the draft is kept as a version that
    says so.

    Raises:
        PieceNotFound: it is gone.
    """
    piece = lock_row(order.campaign_id, order.channel)
    if piece is None:
        raise PieceNotFound
    written = text_of(PieceDraft.model_validate(draft), piece.campaign, _brand_of(order), job_id=task_id)
    if piece.is_locked:
        keep_aside(piece, written, WAS_LOCKED)
    elif piece.version != order.base_version:
        keep_aside(piece, written, WAS_CHANGED)
    else:
        add_version(piece, written, shown=True)


def is_shown(*, campaign_id: int, channel: str, job_id: UUID) -> bool:
    """Whether the text that a job wrote is the one that is shown for its channel."""
    rows = PieceVersion.objects.filter(piece__campaign_id=campaign_id, piece__channel=channel, job_id=job_id)
    return rows.filter(number=F("piece__version")).exists()


def end_rewriting(*, end: JobEnd) -> None:
    """Let a piece go when its job ends, whoever ended it. Database work only; repeatable.

    A job that failed keeps its piece, so that it can be looked at and tried again; one that was cancelled does not.
    """
    if end.state in {State.SUCCEEDED, State.CANCELLED} or (end.error is not None and end.error.code in _SETTLED):
        ContentPiece.objects.filter(task_id=end.job_id).update(task_id=None, updated_at=timezone.now())
