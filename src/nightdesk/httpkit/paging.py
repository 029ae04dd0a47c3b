"""Lists, a page at a time."""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from pydantic import BaseModel, Field

from nightdesk.httpkit.schemas import Out

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

DEFAULT_LIMIT: Final = 50
#: A page of 200 rows renders in a few milliseconds; more belongs into an export.
MAX_LIMIT: Final = 200
#: Skipping rows costs reading them: beyond this, filters find things faster than paging.
MAX_OFFSET: Final = 100_000


class PageQuery(BaseModel):
    """Which page. Inherit from it to add filters."""

    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many items at most.")
    offset: int = Field(0, ge=0, le=MAX_OFFSET, description="How many items to skip.")


class Page(Out, Generic[Item]):
    """One page of a list. `count` is how many there are in all; `next` is the address of the next page, if any."""

    items: list[Item]
    count: int
    next: str | None


def page_of(request: HttpRequest, rows: QuerySet[Row], query: PageQuery, show: Callable[[Row], Any]) -> Page[Any]:
    """Cut one page out of ordered rows: two statements, whatever the number of rows."""
    count = rows.count()
    items = [show(row) for row in rows[query.offset : query.offset + query.limit]] if count > query.offset else []
    return Page(items=items, count=count, next=_next_address(request, query, count))


def _next_address(request: HttpRequest, query: PageQuery, count: int) -> str | None:
    offset = query.offset + query.limit
    if offset >= count or offset > MAX_OFFSET:
        return None
    parameters = request.GET.copy()
    parameters["offset"] = str(offset)
    return f"{request.path}?{parameters.urlencode()}"
