"""Pieces of campaigns that a picture can go with."""

from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from nightdesk.campaigns.errors import PieceNotFound
from nightdesk.campaigns.models import ContentPiece
from nightdesk.campaigns.services import find_piece
from nightdesk.providers.text.channels import CHANNELS

#: A list of more is no help; the campaign's own page leads here for a piece that is not among them.
MOST_CHOICES: Final = 40
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class PieceChoice:
    """A piece as a form names it: `key` is `<campaign>-<channel>`."""

    key: str
    campaign_id: int
    channel: str
    title: str
    url: str


def find_pieces() -> list[PieceChoice]:
    """List the pieces that may be changed, of the newest campaigns first."""
    pieces = ContentPiece.objects.filter(locked_at=None).select_related("campaign").order_by("-campaign_id", "channel")
    return [_describe(piece) for piece in pieces[:MOST_CHOICES]]


def pieces_with(asset_id: str) -> list[PieceChoice]:
    """List the pieces that a picture goes with."""
    pieces = ContentPiece.objects.filter(picture_id=asset_id).select_related("campaign").order_by("-campaign_id")
    return [_describe(piece) for piece in pieces]


def find_piece_choice(key: str) -> PieceChoice:
    """Read a key as a form sends it.

    Raises:
        CampaignNotFound. PieceNotFound: also where it is no such key.
    """
    number, _dash, channel = key.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS) or channel not in CHANNELS:
        raise PieceNotFound
    return _describe(find_piece(campaign_id=int(number), channel=channel))


def _describe(piece: ContentPiece) -> PieceChoice:
    return PieceChoice(
        key=f"{piece.campaign_id}-{piece.channel}",
        campaign_id=piece.campaign_id,
        channel=piece.channel,
        title=f"{piece.campaign.name} · {piece.channel_title}",
        url=f"{reverse('web:campaign', args=[piece.campaign_id])}#piece-{piece.channel}",
    )
