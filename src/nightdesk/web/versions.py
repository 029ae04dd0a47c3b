"""The versions of a piece, and what differs between two of them."""

from dataclasses import dataclass
from typing import Any

from nightdesk.campaigns import services
from nightdesk.campaigns.models import ContentPiece, PieceVersion
from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec
from nightdesk.web.differences import Stretch, compare_texts


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field in both versions."""

    label: str
    stretches: list[Stretch]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return all(stretch.kind == "same" for stretch in self.stretches)


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions of a piece, field by field."""

    old: PieceVersion
    new: PieceVersion
    fields: list[ComparedField]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return all(field.is_same for field in self.fields)


def list_versions(piece: ContentPiece) -> list[PieceVersion]:
    """List all versions, newest first, with their authors."""
    return list(services.versions_of(campaign_id=piece.campaign_id, channel=piece.channel))


def compare_versions(versions: list[PieceVersion], old: str, new: str) -> Compared | None:
    """Compare the versions of these numbers, by default the newest with the one before; None when there is only one.

    `versions`: newest first, all of one piece.
    """
    if len(versions) < 2:
        return None
    numbers = {str(version.number): version for version in versions}
    after = numbers.get(new, versions[0])
    before = numbers.get(old) or next((one for one in versions if one.number < after.number), versions[-1])
    fields = CHANNELS[Channel(after.piece.channel)].fields
    return Compared(before, after, [_compare(field, before.fields, after.fields) for field in fields])


def _compare(field: FieldSpec, old: dict[str, Any], new: dict[str, Any]) -> ComparedField:
    label = f"{field.label}s" if field.most > 1 else field.label
    return ComparedField(label, compare_texts(_as_text(old.get(field.name)), _as_text(new.get(field.name))))


def _as_text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value or "")
