"""The filters of an export as inputs that fit what is asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nightdesk.exports.services import FilterInfo, ModelInfo
from nightdesk.web.exports.words import name_field

_PREFIX: Final = "filter."
#: look-up -> what stands beside the name of the field.
_LOOKUPS: Final[dict[str, str | Promise]] = {
    "exact": "",
    "icontains": gettext_lazy("contains"),
    "in": gettext_lazy("is one of"),
    "gte": gettext_lazy("at least"),
    "lte": gettext_lazy("at most"),
    "gt": gettext_lazy("more than"),
    "lt": gettext_lazy("less than"),
    "isnull": gettext_lazy("is empty"),
}
_MOMENTS: Final[dict[str, str | Promise]] = {
    "gte": gettext_lazy("from"),
    "lte": gettext_lazy("until"),
    "gt": gettext_lazy("after"),
    "lt": gettext_lazy("before"),
}
#: The look-ups that a form offers; others are shown where an earlier export had them.
_OFFERED: Final[dict[str, frozenset[str]]] = {
    "text": frozenset({"icontains"}),
    "choice": frozenset({"exact"}),
    "boolean": frozenset({"exact"}),
    "integer": frozenset({"exact"}),
    "uuid": frozenset({"exact"}),
    "moment": frozenset({"gte", "lte"}),
}
#: Kinds that stand at once in the form; the others wait under "More".
_FIRST: Final = frozenset({"choice", "boolean"})
_FIRST_MOMENTS: Final = frozenset({"created_at", "date_joined"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A filter with what was typed, "" for any. `label` says field and look-up in words."""

    info: FilterInfo
    label: str
    value: str
    is_first: bool
    complaints: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the form."""
        return _PREFIX + self.info.name

    @property
    def id(self) -> str:
        """Its id in the page."""
        return "filter-" + self.info.name

    @property
    def options(self) -> list[tuple[str, str]]:
        """What can be chosen; nothing where it is typed."""
        if self.info.lookup == "in":
            return []
        if self.info.kind == "boolean" or self.info.lookup == "isnull":
            return [("true", _("Yes")), ("false", _("No"))]
        return [(one, capfirst(one.replace("_", " "))) for one in self.info.choices]

    @property
    def input(self) -> str:
        """The type of its input."""
        if self.info.lookup == "in":
            return "text"
        if self.info.kind == "moment":
            # An earlier export may have a moment to the second, which no input for days can show.
            return "date" if len(self.value) in (0, len("2026-11-25")) else "text"
        return "number" if self.info.kind == "integer" else "text"

    @property
    def hint(self) -> str:
        """What to type, where that is not plain."""
        return _("Several, with commas between them.") if self.info.lookup == "in" else ""

    @property
    def shown(self) -> str:
        """What was chosen, in words."""
        return dict(self.options).get(self.value, self.value)

    def asked(self) -> Any:
        """Return the value as the service reads it; numbers, days and words are read by the service itself."""
        if self.info.lookup == "in":
            return [one.strip() for one in self.value.split(",") if one.strip()]
        return self.value


def list_conditions(
    model: ModelInfo, typed: Mapping[str, str], complaints: Mapping[str, list[str]] | None = None
) -> list[Condition]:
    """List the filters that a form offers, and whatever else was asked for; those that stand at once come first."""
    said = complaints or {}
    texts = [one.name for one in model.fields if one.kind == "text"][:1]
    found = [
        Condition(
            info=info,
            label=_label(info),
            value=typed.get(info.name, ""),
            is_first=_is_first(info, texts) or bool(typed.get(info.name)) or f"filters.{info.name}" in said,
            complaints=tuple(said.get(f"filters.{info.name}", ())),
        )
        for info in model.filters
        if info.lookup in _OFFERED.get(info.kind, ()) or typed.get(info.name)
    ]
    return sorted(found, key=lambda one: not one.is_first)


def read_typed(sent: Mapping[str, str], model: ModelInfo) -> dict[str, str]:
    """Read what was typed, by the filters' names."""
    found = {info.name: sent.get(_PREFIX + info.name, "").strip() for info in model.filters}
    return {name: value for name, value in found.items() if value}


def write_typed(value: Any) -> str:
    """Write a filter's value as it would be typed."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def _label(info: FilterInfo) -> str:
    words = _MOMENTS if info.kind == "moment" else _LOOKUPS
    return f"{name_field(_field_of(info), info.title)} {words[info.lookup]}".strip()


def _is_first(info: FilterInfo, texts: list[str]) -> bool:
    return (
        info.kind in _FIRST or _field_of(info) in _FIRST_MOMENTS or (info.kind == "text" and _field_of(info) in texts)
    )


def _field_of(info: FilterInfo) -> str:
    return info.name.removesuffix(f"__{info.lookup}")
