"""The bases of all request and answer shapes, and the field types they share."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from ninja import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

#: The largest id a row can have in both databases (a signed 64-bit integer).
MAX_ROW_ID: Final = 2**63 - 1

#: The largest count that both databases keep in a plain integer column.
MAX_NUMBER: Final = 2**31 - 1


class In(BaseModel):
    """A request body. Unknown fields are refused; text is kept as it was sent unless its type trims it."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=False, coerce_numbers_to_str=False)


class Out(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(from_attributes=True, serialize_by_alias=True)


def text(longest: int, *, shortest: int = 1) -> StringConstraints:
    """Constrain a text: blanks around it are cut, then it has `shortest` to `longest` characters.

    Used as `name: Annotated[str, text(120)]`.
    """
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


#: The id of a row in a path. Anything that is no such number is 404 by the route itself, or 400 when out of range.
RowId = Annotated[int, Path(ge=1, le=MAX_ROW_ID)]

#: The id of a job in a path, as text: `read_job_id` turns a malformed one into a plain 404.
JobId = Annotated[str, Field(), WithJsonSchema({"type": "string", "format": "uuid"})]


def _refuse_number(value: Any) -> Any:
    """Refuse seconds since 1970, which pydantic would read as a moment although the document says that it is a text."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("this must be a time with its zone, like 2026-05-01T12:00:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    """Say it in UTC: PostgreSQL takes no zone more than 16 hours away, and RFC 3339 allows up to 24."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("this must be a time between the years 1 and 9999") from None


#: A moment in a query, with its zone (RFC 3339); read as UTC.
Moment = Annotated[AwareDatetime, BeforeValidator(_refuse_number), AfterValidator(_in_utc)]
