"""What a column of an export is, and by what its rows may be chosen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ValueKind(StrEnum):
    """What the cells of a column hold; decides how they are written and by which look-ups rows may be chosen."""

    TEXT = "text"  # anything people write
    CHOICE = "choice"  # one of a few words of ours
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MOMENT = "moment"  # a date with its time, in UTC
    UUID = "uuid"
    JSON = "json"  # lists and objects


#: Look-ups of each kind, as Django names them; "exact" is said by the bare name of the field.
_LOOKUPS: Final[dict[ValueKind, tuple[str, ...]]] = {
    ValueKind.TEXT: ("exact", "in", "icontains"),
    ValueKind.CHOICE: ("exact", "in"),
    ValueKind.INTEGER: ("exact", "in", "gte", "lte"),
    ValueKind.BOOLEAN: ("exact",),
    ValueKind.MOMENT: ("gte", "gt", "lte", "lt"),
    ValueKind.UUID: ("exact", "in"),
    ValueKind.JSON: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `path`: where Django's ORM finds it, the same as `name` unless said."""

    name: str
    kind: ValueKind
    path: str = ""
    choices: tuple[str, ...] = ()
    is_nullable: bool = False

    @property
    def source(self) -> str:
        """The ORM's path."""
        return self.path or self.name

    @property
    def title(self) -> str:
        """What people call it."""
        words = self.name.removesuffix("_id").replace("_", " ") if self.name != "id" else "number"
        return words[:1].upper() + words[1:]

    @property
    def lookups(self) -> tuple[str, ...]:
        """By what rows may be chosen."""
        return (*_LOOKUPS[self.kind], "isnull") if self.is_nullable and _LOOKUPS[self.kind] else _LOOKUPS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One way of choosing rows. `name` is what is asked for: `status`, `created_at__gte`."""

    column: Column
    lookup: str

    @property
    def name(self) -> str:
        """The field, and the look-up unless it is "exact"."""
        return self.column.name if self.lookup == "exact" else f"{self.column.name}__{self.lookup}"

    @property
    def kind(self) -> ValueKind:
        """What a value has to be."""
        return ValueKind.BOOLEAN if self.lookup == "isnull" else self.column.kind

    @property
    def path(self) -> str:
        """What Django's ORM is asked."""
        return f"{self.column.source}__{self.lookup}"


def text(name: str, path: str = "", *, is_nullable: bool = False) -> Column:
    """Make a column of text."""
    return Column(name=name, kind=ValueKind.TEXT, path=path, is_nullable=is_nullable)


def choice(name: str, choices: list[str]) -> Column:
    """Make a column of a few words of ours."""
    return Column(name=name, kind=ValueKind.CHOICE, choices=tuple(str(one) for one in choices))


def integer(name: str, *, is_nullable: bool = False) -> Column:
    """Make a column of whole numbers."""
    return Column(name=name, kind=ValueKind.INTEGER, is_nullable=is_nullable)


def boolean(name: str) -> Column:
    """Make a column of true and false."""
    return Column(name=name, kind=ValueKind.BOOLEAN)


def moment(name: str, *, is_nullable: bool = False) -> Column:
    """Make a column of moments."""
    return Column(name=name, kind=ValueKind.MOMENT, is_nullable=is_nullable)


def identifier(name: str, *, is_nullable: bool = False) -> Column:
    """Make a column of UUIDs."""
    return Column(name=name, kind=ValueKind.UUID, is_nullable=is_nullable)


def structure(name: str) -> Column:
    """Make a column of lists or objects."""
    return Column(name=name, kind=ValueKind.JSON)
