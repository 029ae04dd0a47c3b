"""What a value looks like as a cell of a CSV file: once for PostgreSQL, once for Python, the same characters.

Moments are in UTC, like 2026-11-25 18:30:00.25Z (RFC 3339 allows the blank; a T would cost a tenth of the speed);
booleans true and false; lists and objects JSON, their keys ordered as PostgreSQL orders them. No value and an empty text
are both an empty cell.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Expression, F, Func, TextField

from nightdesk.exports.services.registry import Column, ValueKind
from nightdesk.exports.services.writing.defusing import defuse, defuse_sql

Cell = str | int | None
Maker = Callable[[Any], Cell]

#: Kinds whose text comes from people.
_WRITTEN: Final = frozenset({ValueKind.TEXT, ValueKind.JSON})
_TEXTS_SQL: Final[dict[ValueKind, str]] = {
    ValueKind.BOOLEAN: "%(expressions)s::text",
    ValueKind.JSON: "%(expressions)s::text",
    ValueKind.MOMENT: "(%(expressions)s AT TIME ZONE 'UTC')::text || 'Z'",
}


class _Written(Func):
    """An expression that is a piece of SQL around another one."""

    def __init__(self, source: Expression | F, template: str) -> None:
        super().__init__(source, output_field=TextField())
        self.template = template

    def __repr__(self) -> str:
        return f"_Written({self.template})"


def cell_sql(column: Column, *, is_raw: bool) -> Expression | F:
    """Return the cell of a column as an expression of PostgreSQL."""
    template = _TEXTS_SQL.get(column.kind, "%(expressions)s")
    if column.kind in _WRITTEN:
        template = f"NULLIF({template}, '')" if is_raw else defuse_sql(f"({template})")
    return F(column.source) if template == "%(expressions)s" else _Written(F(column.source), template)


def cell_makers(columns: Sequence[Column], *, is_raw: bool) -> list[Maker | None]:
    """Return for each column what makes a cell of a value; None where the value is one already."""
    return [_maker(column, is_raw=is_raw) for column in columns]


def _maker(column: Column, *, is_raw: bool) -> Maker | None:
    if column.kind is ValueKind.TEXT:
        return None if is_raw else _write_text
    if column.kind is ValueKind.JSON:
        return write_json if is_raw else _write_defused_json
    return _MAKERS.get(column.kind)


def _write_text(value: str | None) -> str | None:
    return value and defuse(value)


def _write_boolean(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def _write_moment(value: datetime | None) -> str | None:
    if value is None:
        return None
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return (text.rstrip("0") if "." in text else text) + "Z"


def write_json(value: Any) -> str:
    """Write JSON as PostgreSQL writes its `jsonb`."""
    return json.dumps(_order_keys(value), ensure_ascii=False)


def _write_defused_json(value: Any) -> str:
    return defuse(write_json(value))


def _order_keys(value: Any) -> Any:
    """Order the keys of objects by their length in bytes, then by their bytes."""
    if isinstance(value, list):
        return [_order_keys(one) for one in value]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _order_keys(value[key]) for key in keys}
    return value


_MAKERS: Final[dict[ValueKind, Maker]] = {
    ValueKind.BOOLEAN: _write_boolean,
    ValueKind.MOMENT: _write_moment,
    ValueKind.UUID: str,
}
