"""Raw statements on the default connection: prepared on PostgreSQL, one writer at a time on SQLite.

The ORM renders the same SQL at each call, and Django's cursors never prepare on PostgreSQL; a job costs two statements,
so these few are written by hand. Clock: always the database's, never the worker's.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from django.db import InterfaceError, OperationalError, connection, transaction

T = TypeVar("T")

#: How long a claim or a finish waits for a database that is away. A finish that gave up would lose paid work.
PATIENCE_S: Final = 600.0
_PREPARE_AFTER: Final = 2  # executions; psycopg's own default of 5 suits statements that may not come back

_NOW: Final = {"postgresql": "statement_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}
_LATER: Final = {
    "postgresql": "(statement_timestamp() + {by} * interval '1 second')",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', ({by}) || ' seconds')",
}


class Statement:
    """One SQL text for both databases.

    Besides `%s` it may hold `{now}`, `{later}` (takes a number of seconds as a parameter), `{skip_locked}` and
    `{max}`/`{min}` (of two values). SQL is never built from outside text.
    """

    def __init__(self, text: str) -> None:
        self.source = text
        self._by_vendor: dict[str, str] = {}

    def text(self, vendor: str) -> str:
        """Render for one vendor; SQLite gets its own placeholder."""
        if vendor not in self._by_vendor:
            postgres = vendor == "postgresql"
            sql = self.source.format(
                now=_NOW[vendor],
                later=_LATER[vendor].format(by="%s" if not postgres else "%s::float8"),
                skip_locked="FOR UPDATE SKIP LOCKED" if postgres else "",
                max="GREATEST" if postgres else "MAX",
                min="LEAST" if postgres else "MIN",
            )
            self._by_vendor[vendor] = sql if postgres else sql.replace("%s", "?").replace("%%", "%")
        return self._by_vendor[vendor]


def fetch(statement: Statement, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute and return the rows (none for a statement that returns none). UUIDs may be passed as they are."""
    connection.ensure_connection()
    raw, vendor = connection.connection, connection.vendor
    with connection.wrap_database_errors:
        if vendor == "postgresql":
            return _fetch_postgres(raw, statement.text(vendor), params)
        cursor = raw.execute(statement.text(vendor), [_plain(value) for value in params])
        try:
            return list(cursor.fetchall())
        finally:
            cursor.close()


def fetch_one(statement: Statement, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """Execute and return the first row, or None."""
    found = fetch(statement, params)
    return found[0] if found else None


def _fetch_postgres(raw: Any, text: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    import psycopg

    if raw.prepare_threshold is None:  # Django switches preparing off
        raw.prepare_threshold = _PREPARE_AFTER
    with psycopg.Cursor(raw) as cursor:
        cursor.execute(text, params)
        return list(cursor.fetchall()) if cursor.description else []


def _plain(value: Any) -> Any:
    return value.hex if isinstance(value, uuid.UUID) else value


def as_uuid(value: Any) -> uuid.UUID:
    """Read a UUID column of a raw row: PostgreSQL gives the object, SQLite 32 hexadecimal digits."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """One transaction for a transition; joins the caller's if there is one."""
    with transaction.atomic():
        yield


@contextlib.contextmanager
def single() -> Iterator[None]:
    """Around one writing statement that needs no transaction of its own.

    On SQLite it gets one all the same: transactions begin in turn, a bare statement would sleep in the busy handler.
    """
    if connection.in_atomic_block or connection.vendor != "sqlite":
        yield
        return
    with transaction.atomic():
        yield


def patiently(call: Callable[[], T], give_up_s: float = PATIENCE_S) -> T:
    """Repeat `call` while the database is away; `call` must be safe to repeat.

    Raises:
        OperationalError, InterfaceError: still away after `give_up_s`, or inside a transaction of the caller.
    """
    give_up = time.monotonic() + give_up_s
    pause = 0.02
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > give_up:
                raise
            drop_connection()
            time.sleep(pause)
            pause = min(pause * 2, 1.0)


def drop_connection() -> None:
    """Close this thread's connection, however broken it is."""
    try:
        connection.close()
    except Exception:  # noqa: BLE001 (a broken socket may refuse even to be closed)
        connection.connection = None


def as_time(value: datetime | None) -> Any:
    """The form in which a raw statement must pass a moment to this database.

    Raises:
        ValueError: a naive datetime.
    """
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if is_sqlite() else value


def from_time(value: Any) -> datetime | None:
    """Read a timestamp column of a raw row as an aware datetime in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:  # as Django reads SQLite's texts
        return value.replace(tzinfo=UTC)
    return cast("datetime | None", value)


def vendor() -> str:
    """The kind of the default database: "postgresql" or "sqlite"."""
    return str(connection.vendor)


def is_sqlite() -> bool:
    """Whether the default database is SQLite."""
    return connection.vendor == "sqlite"
