"""How a piece is shown: its fields in their channel's order, each text with its length against the limit."""

from dataclasses import dataclass
from typing import Any

from nightdesk.campaigns.models import Campaign, ContentPiece
from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec
from nightdesk.providers.text.counting import count_text


@dataclass(frozen=True, slots=True)
class Text:
    """One text. `goal`: the length to stay within, None where there is none."""

    text: str
    count: int
    goal: int | None

    @property
    def is_over(self) -> bool:
        """Whether it is longer than it should be."""
        return self.goal is not None and self.count > self.goal


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a piece: a single text, or several."""

    label: str
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPiece:
    """A channel of a campaign with what was written for it; `piece` is None until then.

    `stamp` differs whenever it would look different: the page swaps only what changed.
    """

    channel: str
    title: str
    piece: ContentPiece | None
    parts: tuple[Part, ...]
    is_old: bool
    stamp: str


def show_pieces(campaign: Campaign) -> list[ShownPiece]:
    """List the campaign's channels in their order, then pieces of channels that are no longer asked for."""
    pieces = {piece.channel: piece for piece in campaign.pieces.all()}
    extra = [channel for channel in Channel if channel in pieces and channel not in campaign.channels]
    return [_show(campaign, channel, pieces.get(channel)) for channel in [*campaign.channels, *extra]]


def _show(campaign: Campaign, channel: str, piece: ContentPiece | None) -> ShownPiece:
    spec = CHANNELS[Channel(channel)]
    is_old = piece is not None and piece.generation < campaign.generation
    written = f"{piece.pk}-{piece.version}-{piece.updated_at.timestamp()}" if piece else "none"
    return ShownPiece(
        channel=channel,
        title=spec.title,
        piece=piece,
        parts=tuple(filter(None, (_part(field, piece.fields) for field in spec.fields))) if piece else (),
        is_old=is_old,
        stamp=f"{written}-{is_old}-{campaign.ai_processing_status}",
    )


def _part(field: FieldSpec, fields: dict[str, Any]) -> Part | None:
    value = fields.get(field.name) or []
    texts = [value] if isinstance(value, str) else value
    shown = tuple(Text(text, count_text(text, field.unit), field.goal) for text in texts)
    label = f"{field.label}s" if field.most > 1 else field.label
    return Part(label, shown) if shown else None
