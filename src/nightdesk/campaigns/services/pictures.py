"""The picture of a piece: an asset that goes with its text. One that is used is kept."""

from django.utils import timezone

from nightdesk.campaigns.errors import PieceLocked
from nightdesk.campaigns.models import ContentPiece
from nightdesk.campaigns.services.pieces import find_piece
from nightdesk.campaigns.services.versions import lock_row
from nightdesk.engine.sql import writing
from nightdesk.images.services import find_ready_asset, keep_asset


def set_picture(*, campaign_id: int, channel: str, asset_id: str) -> ContentPiece:
    """Let a picture go with a piece, in place of the one before. From now on it is kept: it expires no more.

    The text and its versions stay as they are. The same picture again changes nothing.

    Raises:
        CampaignNotFound. PieceNotFound. PieceLocked.
        AssetNotFound. AssetExpired. AssetNotReady: its file is still being read or made.
    """
    with writing():
        piece = _take(campaign_id, channel)
        asset = find_ready_asset(asset_id=asset_id)
        # Also what a deletion of the asset waits for: it writes the asset's row before the piece names it.
        keep_asset(asset_id=asset_id)
        return piece if piece.picture_id == asset.pk else _put(piece, asset.pk)


def remove_picture(*, campaign_id: int, channel: str) -> ContentPiece:
    """Take the picture off a piece; it stays in the library. Safe to repeat.

    Raises:
        CampaignNotFound. PieceNotFound. PieceLocked.
    """
    with writing():
        piece = _take(campaign_id, channel)
        return piece if piece.picture_id is None else _put(piece, None)


def _take(campaign_id: int, channel: str) -> ContentPiece:
    piece = lock_row(campaign_id, channel) or find_piece(campaign_id=campaign_id, channel=channel)
    if piece.is_locked:
        raise PieceLocked
    return piece


def _put(piece: ContentPiece, asset_id: str | None) -> ContentPiece:
    piece.picture_id, piece.updated_at = asset_id, timezone.now()
    piece.save(update_fields=["picture", "updated_at"])
    return piece
