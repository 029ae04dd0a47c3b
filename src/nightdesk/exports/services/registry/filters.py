"""What was said in a filter, read as the value that the database is asked for."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateparse import parse_date, parse_datetime

from nightdesk.core.redaction import clean_text
from nightdesk.exports.services.registry.columns import Filter, ValueKind
from nightdesk.exports.services.registry.models import Exportable

#: Values of one `__in`: what both databases take as parameters, with room for others.
MAX_VALUES: Final = 1_000
MAX_TEXT_CHARS: Final = 1_000
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}

#: Ends of a period that are said as a day mean the whole day.
_UNTIL: Final = frozenset({"lte", "gt"})


class _Wrong(ValueError):
    """A value cannot be meant; says what it has to be."""


def read_filters(model: Exportable, filters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what the ORM is asked, and complaints by `filters.<name>`; nothing is asked where there are complaints."""
    asked: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in filters.items():
        try:
            found = _find(model, name)
            asked[found.path] = _read(found, value)
        except _Wrong as error:
            wrong[f"filters.{clean_text(str(name))[:80]}"] = [str(error)]
    return asked, wrong


def _find(model: Exportable, name: str) -> Filter:
    bare = name.removesuffix("__exact")
    found = model.filters.get(bare)
    if found is not None:
        return found
    column = model.by_name.get(bare.partition("__")[0])
    if column is not None:
        mine = [one.name for one in model.filters.values() if one.column is column]
        offered = f"Use one of: {', '.join(mine)}." if mine else "Rows cannot be chosen by this field."
        raise _Wrong(f"{column.name} cannot be looked up like this. {offered}")
    names = ", ".join(one.name for one in model.columns if one.lookups)
    raise _Wrong(f"There is no such field of {model.name}. Rows can be chosen by: {names}.")


def _read(found: Filter, value: Any) -> Any:
    if found.lookup == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
            raise _Wrong(f"This must be a list of 1 to {MAX_VALUES:,} values.")
        return [_read_one(found, one) for one in value]
    return _read_one(found, value)


def _read_one(found: Filter, value: Any) -> Any:
    if found.kind is ValueKind.CHOICE:
        if value not in found.column.choices:
            raise _Wrong(f"This must be one of: {', '.join(found.column.choices)}.")
        return value
    if found.kind is ValueKind.MOMENT:
        return _read_moment(value, is_end=found.lookup in _UNTIL)
    return _READERS[found.kind](value)


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARS or clean_text(value) != value:
        raise _Wrong(f"This must be a text of up to {MAX_TEXT_CHARS:,} characters.")
    return value


def _read_integer(value: Any) -> int:
    try:
        number = int(value) if isinstance(value, str) and value.isascii() else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or not _LEAST_INTEGER <= number <= _MOST_INTEGER:
        raise _Wrong("This must be a whole number.")
    return number


def _read_boolean(value: Any) -> bool:
    meant = value if isinstance(value, bool) else _BOOLEANS.get(value.lower()) if isinstance(value, str) else None
    if meant is None:
        raise _Wrong("This must be true or false.")
    return meant


def _read_uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise _Wrong("This must be an id like 0190b5a2-7c3e-7000-8000-000000000000.") from None


_READERS: Final[dict[ValueKind, Callable[[Any], Any]]] = {
    ValueKind.TEXT: _read_text,
    ValueKind.INTEGER: _read_integer,
    ValueKind.BOOLEAN: _read_boolean,
    ValueKind.UUID: _read_uuid,
}


def _read_moment(value: Any, *, is_end: bool) -> datetime:
    """Read a moment, or a day of the workspace's time zone: its first moment, or its last where it ends a period."""
    said = value if isinstance(value, str) and len(value) <= MAX_TEXT_CHARS else ""
    zone = ZoneInfo(settings.TIME_ZONE)
    try:
        if day := _read_day(said):
            start = datetime.combine(day, time.min, zone)
            if is_end:
                start = datetime.combine(day + timedelta(days=1), time.min, zone) - timedelta(microseconds=1)
            return start.astimezone(UTC)
        moment = parse_datetime(said)
        if moment is not None:
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Wrong("This must be a day like 2026-11-25, or a moment like 2026-11-25T18:30:00Z.")


def _read_day(said: str) -> date | None:
    return parse_date(said)
