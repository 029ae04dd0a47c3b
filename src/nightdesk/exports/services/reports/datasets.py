"""The one set of numbers from which every form of a report is made."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict

from nightdesk.exports.services.reports.counting import ByDay, spread, sum_by_key
from nightdesk.exports.services.reports.periods import Period

#: Called with words for what is counted next; raises when the work is to stop.
Tell = Callable[[str], None]


class Total(TypedDict):
    """One number of the whole period."""

    name: str
    value: int


class Series(TypedDict):
    """A number for every day: ["2026-03-28", 12]. `unit` is what is counted, in the plural."""

    name: str
    unit: str
    days: list[list[Any]]


class Table(TypedDict):
    """Rows of text and numbers."""

    name: str
    columns: list[str]
    rows: list[list[Any]]


class Dataset(TypedDict):
    """A report. `notes` say what the numbers leave out."""

    title: str
    period: str
    time_zone: str
    totals: list[Total]
    series: list[Series]
    tables: list[Table]
    notes: list[str]


class Part(TypedDict):
    """What one kind of report counts."""

    totals: list[Total]
    series: list[Series]
    tables: list[Table]
    notes: list[str]


def make_total(name: str, value: int) -> Total:
    """Name a number."""
    return Total(name=name, value=value)


def make_series(name: str, unit: str, counted: ByDay, period: Period, keys: Iterable[str] | None = None) -> Series:
    """Make a series of counted rows; days without any are 0."""
    return Series(name=name, unit=unit, days=spread(counted, period, keys))


def make_table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Make a table."""
    return Table(name=name, columns=list(columns), rows=[list(row) for row in rows])


def tabulate(name: str, columns: Sequence[str], counted: ByDay, words: Callable[[str], str]) -> Table:
    """Make a table of counted rows by key, the most first, with words for the keys."""
    return make_table(name, columns, ([words(key), count] for key, count in sum_by_key(counted)))


def sum_all(counted: ByDay, keys: Iterable[str] | None = None) -> int:
    """Return how many there are in all, of some keys where they are named."""
    wanted = None if keys is None else set(keys)
    return sum(count for (_, key), count in counted.items() if wanted is None or key in wanted)


def as_words(key: str) -> str:
    """Write a name of programs, like `waiting_children`, as people write it."""
    return key.replace("_", " ").capitalize() or "Not said"
