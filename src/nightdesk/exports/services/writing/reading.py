"""Rows on their way out of the database: one consistent look at it, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection, transaction

from nightdesk.exports.services.registry import Column

#: Rows fetched at once: a few hundred kilobytes, and often enough a look whether the export was cancelled.
ROWS_AT_ONCE: Final = 2_000
_DAY_S: Final = 86_400.0

#: Called with the number of rows that have passed; raises when the work is to stop.
Tick = Callable[[int], None]


@contextmanager
def one_look(*, limit_s: float | None) -> Iterator[None]:
    """Let everything inside see one state of the database, for up to `limit_s`, and write nothing to it.

    PostgreSQL: a read-only transaction of its own. SQLite: nothing is needed, for one statement sees one state; a
    transaction would keep writers out.

    Raises:
        RuntimeError: inside a transaction of the caller on PostgreSQL, which has seen another state.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        limit_ms = int(1000 * max(1.0, _DAY_S if limit_s is None else limit_s))
        given = {
            "statement_timeout": limit_ms,
            "idle_in_transaction_session_timeout": limit_ms,  # while a workbook is packed, or a disk stalls
            "timezone": "UTC",
        }
        for name, value in given.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
        yield


def read_rows(rows: Any, columns: Sequence[Column], *, tick: Tick) -> Iterator[tuple[Any, ...]]:
    """Yield the values of these columns of a queryset, row by row."""
    found = rows.values_list(*(column.source for column in columns)).iterator(chunk_size=ROWS_AT_ONCE)
    for number, row in enumerate(found, start=1):
        yield row
        if number % ROWS_AT_ONCE == 0:
            tick(number)


def estimate_rows(rows: Any) -> int:
    """Return about how many rows there are: PostgreSQL's guess, which costs nothing, or a count."""
    if connection.vendor != "postgresql":
        count: int = rows.order_by().count()
        return count
    sql, params = rows.order_by().values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    return int(plan[0]["Plan"]["Plan Rows"])
