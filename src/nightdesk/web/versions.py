"""The versions of a piece, and what differs between two of them."""

from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator

from nightdesk.campaigns import services
from nightdesk.campaigns.models import ContentPiece, PieceVersion
from nightdesk.providers.text.channels import CHANNELS, Channel, FieldSpec
from nightdesk.web.differences import Stretch, compare_texts

PAGE_SIZE: Final = 25
_MOST_DIGITS: Final = 9  # more is no version's number


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


class Versions:
    """The versions of a piece, newest first, with their authors; one page of them is shown."""

    def __init__(self, piece: ContentPiece, page: str) -> None:
        """Load a page; what is no page gives the first or the last."""
        self._all = services.versions_of(campaign_id=piece.campaign_id, channel=piece.channel)
        self.page: Page[PieceVersion] = Paginator(self._all, PAGE_SIZE).get_page(page)
        self._fields = CHANNELS[Channel(piece.channel)].fields

    def compare(self, old: str, new: str) -> Compared | None:
        """Compare the versions of these numbers, by default the newest with the one before; None when there is only one."""
        if self.page.paginator.count < 2:
            return None
        after = self._find(number=new) or (self.page[0] if self.page.number == 1 else self._all[0])
        before = self._find(number=old) or self._before(after)
        return Compared(before, after, [_compare(field, before.fields, after.fields) for field in self._fields])

    def _find(self, number: str) -> PieceVersion | None:
        if not (number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS):
            return None
        shown = next((one for one in self.page if one.number == int(number)), None)
        return shown or self._all.filter(number=int(number)).first()

    def _before(self, after: PieceVersion) -> PieceVersion:
        shown = next((one for one in self.page if one.number < after.number), None) if after in self.page else None
        return shown or self._all.filter(number__lt=after.number).first() or after


def _compare(field: FieldSpec, old: dict[str, Any], new: dict[str, Any]) -> ComparedField:
    label = f"{field.label}s" if field.most > 1 else field.label
    return ComparedField(label, compare_texts(_as_text(old.get(field.name)), _as_text(new.get(field.name))))


def _as_text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value or "")
