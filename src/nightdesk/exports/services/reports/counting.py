"""Rows counted by day and by what they are, in the database: the same numbers on PostgreSQL and SQLite."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import Case, CharField, Count, Expression, F, Func, Q, QuerySet, Value, When
from django.db.models.functions import Substr, TruncDate

from nightdesk.exports.services.reports.periods import Period

#: (day, key) -> how many. Where nothing was asked to tell rows apart, the key is "".
ByDay = Counter[tuple[date, str]]

#: Characters of a moment without its fraction: SQLite's dates round to milliseconds, 23:59:59.9996 into the next day.
_TO_THE_SECOND: Final = len("2026-03-28 23:59:59")


def within(rows: "QuerySet[Any]", moment: str, period: Period) -> "QuerySet[Any]":
    """Return the rows whose `moment` lies in these days."""
    return rows.order_by().filter(**{f"{moment}__gte": period.start, f"{moment}__lt": period.end})


def count_by_day(rows: "QuerySet[Any]", moment: str, period: Period, *, by: str | Expression | None = None) -> ByDay:
    """Count rows for each day, and for each value of `by`; days without any are not in the answer."""
    found = within(rows, moment, period).annotate(_day=_day_of(moment, period), _key=_key(by))
    counted: ByDay = Counter()
    for day, key, count in found.values("_day", "_key").annotate(_n=Count("pk")).values_list("_day", "_key", "_n"):
        counted[_read_day(day), key or ""] += count
    return counted


def count_distinct_by_day(rows: "QuerySet[Any]", moment: str, period: Period, *of: str | Expression) -> ByDay:
    """Count for each day how many different combinations of `of` there are."""
    known = within(rows, moment, period).annotate(_day=_day_of(moment, period))
    # Pairs first: COUNT(DISTINCT) sorts every row, a second GROUP BY only hashes.
    return Counter((_read_day(day), "") for day, *_ in known.values_list("_day", *of).distinct())


def count_by(rows: "QuerySet[Any]", moment: str, period: Period, *fields: str) -> list[tuple[Any, ...]]:
    """Count rows of these days for each combination of fields: (values of the fields..., how many)."""
    found = within(rows, moment, period).values(*fields).annotate(_n=Count("pk"))
    return list(found.values_list(*fields, "_n"))


def spread(counted: ByDay, period: Period, keys: Iterable[str] | None = None) -> list[list[Any]]:
    """Return [day, how many] for every day, 0 where there is none; only of these keys, where some are named."""
    wanted = None if keys is None else set(keys)
    days: Counter[date] = Counter()
    for (day, key), count in counted.items():
        if wanted is None or key in wanted:
            days[day] += count
    return [[day.isoformat(), days[day]] for day in period.days()]


def sum_by_key(counted: ByDay) -> list[tuple[str, int]]:
    """Return how many there are of each key, the most first."""
    keys: Counter[str] = Counter()
    for (_, key), count in counted.items():
        keys[key] += count
    return rank(keys.items())


def rank(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Order by number, the largest first, then by name: the same order on both databases."""
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _key(by: str | Expression | None) -> Any:
    if by is None:
        return Value("", output_field=CharField())
    return F(by) if isinstance(by, str) else by


def _day_of(moment: str, period: Period) -> Expression:
    """Return the day of a moment in the period's zone, as an expression.

    SQLite knows no zones, and Django's own function for it runs in Python: 4 s for a million rows. But within a stretch
    of one offset the day is a plain sum.
    """
    if connection.vendor == "postgresql":
        return TruncDate(moment, tzinfo=period.zone)
    stretches = list(period.stretches())
    second = Substr(moment, 1, _TO_THE_SECOND)
    days = [_ShiftedDay(second, Value(f"{offset} seconds")) for _, offset in stretches]
    if len(stretches) == 1:
        return days[0]
    cases = [When(Q(**{f"{moment}__lt": until}), then=day) for (until, _), day in zip(stretches, days, strict=True)]
    return Case(*cases, output_field=CharField())


class _ShiftedDay(Func):
    """SQLite's own date of a moment plus so many seconds, as text."""

    function = "date"
    output_field = CharField()


def _read_day(day: Any) -> date:
    found: date = date.fromisoformat(day) if isinstance(day, str) else day
    return found


def limit_rows(rows: Sequence[list[Any]], limit: int, rest: str) -> list[list[Any]]:
    """Keep the first rows of a table of (name, number); the others become one, called `rest`."""
    if len(rows) <= limit:
        return list(rows)
    others = rows[limit - 1 :]
    return [*rows[: limit - 1], [f"{rest} ({len(others):,})", sum(row[-1] for row in others)]]
