"""What people do with one piece: edit it, lock it, go back to an older version, remove it."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.campaigns.errors import PieceChanged, PieceLocked, PieceNotFound, PieceVersionNotFound, PieceWanted
from nightdesk.campaigns.models import MAX_FIELD_CHARS, BrandKitVersion, ContentPiece, Origin, PieceVersion
from nightdesk.campaigns.services.branding import find_lapses
from nightdesk.campaigns.services.cancelling import cancel_job
from nightdesk.campaigns.services.editing import find_campaign
from nightdesk.campaigns.services.versions import Text, add_version, lock_row
from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.engine.sql import writing
from nightdesk.providers.text.channels import CHANNELS, Channel
from nightdesk.providers.text.limits import check_piece, find_errors

_UNSTORABLE: Final = "This text holds a NUL character or half a character. Remove it."


def find_piece(*, campaign_id: int, channel: str) -> ContentPiece:
    """Return the piece of a channel, with its campaign.

    Raises:
        CampaignNotFound. PieceNotFound: nothing is written for this channel.
    """
    piece = ContentPiece.objects.filter(campaign_id=campaign_id, channel=channel).select_related("campaign").first()
    if piece is None:
        find_campaign(campaign_id=campaign_id)
        raise PieceNotFound
    return piece


def versions_of(*, campaign_id: int, channel: str) -> QuerySet[PieceVersion]:
    """Give all versions of a piece, newest first.

    Raises:
        CampaignNotFound. PieceNotFound.
    """
    piece = find_piece(campaign_id=campaign_id, channel=channel)
    return piece.versions.select_related("author", "brand_version").order_by("-number")


def edit_piece(
    *, campaign_id: int, channel: str, fields: Mapping[str, Any], base_version: int, user_id: int | None
) -> ContentPiece:
    """Put a person's text in place of the version they read; fields that are left out stay.

    The same text again makes no new version.

    Raises:
        InvalidInput: with details by field, where the platform would refuse the text.
        CampaignNotFound. PieceNotFound. PieceLocked.
        PieceChanged: it is not at `base_version` any more. Nothing was written; the caller still has the text.
    """
    given = _check_given(Channel(channel), fields)
    with writing():
        piece = _take(campaign_id, channel, base_version)
        edited = {**piece.fields, **given}
        if edited == piece.fields:
            return piece
        return _put(piece, edited, Origin.EDITED, made_by=piece.made_by, prompt=piece.prompt_version, user_id=user_id)


def restore_version(
    *, campaign_id: int, channel: str, number: int, base_version: int, user_id: int | None
) -> ContentPiece:
    """Show an older text again, as a new version.

    Raises:
        CampaignNotFound. PieceNotFound. PieceVersionNotFound. PieceLocked. PieceChanged: see `edit_piece`.
        InvalidInput: the platform would refuse the old text by now.
    """
    with writing():
        piece = _take(campaign_id, channel, base_version)
        old = piece.versions.filter(number=number).first()
        if old is None:
            raise PieceVersionNotFound
        return _put(piece, old.fields, Origin.RESTORED, made_by=old.made_by, prompt=old.prompt_version, user_id=user_id)


def lock_piece(*, campaign_id: int, channel: str, user_id: int | None) -> ContentPiece:
    """Let regenerations leave a piece alone. Safe to repeat: who locked it first stays.

    Raises:
        CampaignNotFound. PieceNotFound.
    """
    unlocked = ContentPiece.objects.filter(campaign_id=campaign_id, channel=channel, locked_at=None)
    with writing():
        now = timezone.now()
        unlocked.update(locked_at=now, locked_by_id=user_id, updated_at=now)
        return find_piece(campaign_id=campaign_id, channel=channel)


def unlock_piece(*, campaign_id: int, channel: str, user_id: int | None) -> ContentPiece:  # noqa: ARG001 (as `lock_piece`)
    """Let a piece be changed again. Any member may; safe to repeat.

    Raises:
        CampaignNotFound. PieceNotFound.
    """
    locked = ContentPiece.objects.filter(campaign_id=campaign_id, channel=channel, locked_at__isnull=False)
    with writing():
        locked.update(locked_at=None, locked_by_id=None, updated_at=timezone.now())
        return find_piece(campaign_id=campaign_id, channel=channel)


def remove_piece(*, campaign_id: int, channel: str) -> None:
    """Remove the piece of a channel that the campaign no longer asks for, with its versions, for good.

    Raises:
        CampaignNotFound. PieceNotFound. PieceLocked.
        PieceWanted: the campaign asks for the channel.
    """
    with writing():
        cancel_job(find_piece(campaign_id=campaign_id, channel=channel).task_id)
        piece = lock_row(campaign_id, channel) or find_piece(campaign_id=campaign_id, channel=channel)
        if channel in piece.campaign.channels:
            raise PieceWanted
        if piece.is_locked:
            raise PieceLocked
        piece.delete()


def _take(campaign_id: int, channel: str, base_version: int) -> ContentPiece:
    piece = lock_row(campaign_id, channel) or find_piece(campaign_id=campaign_id, channel=channel)
    if piece.is_locked:
        raise PieceLocked
    if piece.version != base_version:
        raise PieceChanged
    return piece


def _put(
    piece: ContentPiece, fields: dict[str, Any], origin: Origin, *, made_by: str, prompt: str, user_id: int | None
) -> ContentPiece:
    channel = Channel(piece.channel)
    if errors := find_errors(channel, fields):
        raise InvalidInput(details=errors)
    brand = _brand_of(piece)
    text = Text(
        fields=fields,
        made_by=made_by,
        warnings=[*check_piece(channel, fields).warnings, *find_lapses(fields, brand)],
        origin=origin,
        generation=piece.campaign.generation,
        created_at=timezone.now(),
        prompt_version=prompt,
        brand_version_id=brand.pk if brand else None,
        author_id=user_id,
    )
    add_version(piece, text, shown=True)
    return piece


def _brand_of(piece: ContentPiece) -> BrandKitVersion | None:
    kit = piece.campaign.brand_kit
    return kit.versions.filter(number=kit.version).first() if kit else None


def _check_given(channel: Channel, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts trimmed; whether they fit the platform is looked at when they are put together."""
    if not fields:
        raise InvalidInput(details={"fields": ["Nothing to change was sent. Send at least one field."]})
    known = {spec.name: spec for spec in CHANNELS[channel].fields}
    details: dict[str, list[str]] = {}
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        texts = value if isinstance(value, list | tuple) else [value]
        if name not in known:
            details[clean_text(name)] = [
                f"{CHANNELS[channel].title} has no such field. Choose from: {', '.join(known)}."
            ]
        elif not all(isinstance(text, str) for text in texts) or (len(texts) != 1 and known[name].most == 1):
            details[name] = ["This must be a list of texts." if known[name].most > 1 else "This must be text."]
        elif any(clean_text(text) != text for text in texts):
            details[name] = [_UNSTORABLE]
        elif any(len(text) > MAX_FIELD_CHARS for text in texts):
            details[name] = [f"A text can have at most {MAX_FIELD_CHARS:,} characters. Shorten it."]
        else:
            trimmed = [text.strip() for text in texts]
            kept[name] = trimmed if isinstance(value, list | tuple) else trimmed[0]
    if details:
        raise InvalidInput(details=details)
    return kept
