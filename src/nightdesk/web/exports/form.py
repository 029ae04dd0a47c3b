"""The form of a new export: which fields in which order, which rows, as what kind of file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from django.http import QueryDict

from nightdesk.exports.models import Export, FileFormat
from nightdesk.exports.services import FieldInfo, ModelInfo
from nightdesk.web.exports.conditions import Condition, list_conditions, read_typed, write_typed
from nightdesk.web.exports.words import name_field

_PLACE: Final = "place."
_LAST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that can be taken along, whether it is, and its place from 1."""

    info: FieldInfo
    is_taken: bool
    place: int

    @property
    def title(self) -> str:
        """What people call it."""
        return name_field(self.info.name, self.info.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportForm:
    """What a person chose. `taken`: the names of the fields, in their order; `typed`: the filters by their names."""

    model: ModelInfo
    taken: tuple[str, ...]
    typed: Mapping[str, str]
    format: str = FileFormat.CSV
    is_raw: bool = False
    has_bom: bool = False

    @classmethod
    def begin(cls, model: ModelInfo) -> Self:
        """Begin with everything that the model offers."""
        return cls(model=model, taken=tuple(one.name for one in model.fields), typed={})

    @classmethod
    def read(cls, sent: QueryDict, model: ModelInfo) -> Self:
        """Read what was sent; fields and filters that the model does not offer are left out."""
        return cls(
            model=model,
            taken=_read_taken(sent, model),
            typed=read_typed(sent, model),
            format=sent.get("format", FileFormat.CSV),
            is_raw=sent.get("is_raw") == "yes",
            has_bom=sent.get("has_bom") == "yes",
        )

    @classmethod
    def repeat(cls, export: Export, model: ModelInfo) -> Self:
        """Begin with what an earlier export had."""
        return cls(
            model=model,
            taken=tuple(export.fields),
            typed={name: write_typed(value) for name, value in export.filters.items()},
            format=export.format,
            is_raw=export.is_raw,
            has_bom=export.has_bom,
        )

    @property
    def choices(self) -> list[Choice]:
        """The fields to choose from: those that are taken along first, in their order."""
        known = {one.name: one for one in self.model.fields}
        taken = [known[name] for name in self.taken if name in known]
        rest = [one for one in self.model.fields if one.name not in self.taken]
        return [Choice(one, one.name in self.taken, place) for place, one in enumerate([*taken, *rest], start=1)]

    @property
    def asked(self) -> list[Condition]:
        """The filters that leave something out."""
        return [one for one in list_conditions(self.model, self.typed) if one.value]

    def order(self) -> dict[str, Any]:
        """Return what is asked of the service, but for whose it is and how text is written."""
        return {
            "model_name": self.model.name,
            "filters": {one.info.name: one.asked() for one in self.asked},
            "fields": list(self.taken),
            "format": self.format,
        }


def _read_taken(sent: QueryDict, model: ModelInfo) -> tuple[str, ...]:
    ticked = set(sent.getlist("fields"))
    taken = [one.name for one in model.fields if one.name in ticked]
    return tuple(sorted(taken, key=lambda name: _read_place(sent.get(_PLACE + name, ""))))


def _read_place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else _LAST
