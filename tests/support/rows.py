"""A direct look at the rows of a Nightdesk under test, past all of its own code."""

import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

FINISHED = frozenset({"succeeded", "failed", "cancelled", "expired", "unknown"})
BUSY_TIMEOUT_S = 30
#: What a query answers while its database is killed, frozen or starting.
DATABASE_AWAY = (psycopg.OperationalError, sqlite3.OperationalError)
DATABASE_ERRORS = (psycopg.Error, sqlite3.Error)

Row = tuple[Any, ...]


class Rows:
    """One autocommit connection for looking, opened again when the server was away. Threads may share it."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Row] | sqlite3.Connection | None = None

    def select(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement with `%s` for each parameter and return its rows; none for a statement that yields none.

        Raises:
            psycopg.OperationalError, sqlite3.OperationalError: the database is away or the SQL is wrong.
        """
        with self._lock:
            try:
                return self._run(query, parameters)
            except psycopg.OperationalError:
                self._forget()
                return self._run(query, parameters)  # the connection may be of a server that has been killed since

    def close(self) -> None:
        """Close the connection; safe to repeat."""
        with self._lock:
            self._forget()

    def _run(self, query: str, parameters: Sequence[object]) -> list[Row]:
        if self._connection is None:
            self._connection = self._open()
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(query.replace("%s", "?"), tuple(parameters)).fetchall()
        cursor = self._connection.execute(query.encode(), tuple(parameters) or None)
        return cursor.fetchall() if cursor.description else []

    def _open(self) -> "psycopg.Connection[Row] | sqlite3.Connection":
        if self._url.startswith("sqlite:///"):
            path = Path(self._url.removeprefix("sqlite:///"))
            return sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        return psycopg.connect(self._url, autocommit=True, connect_timeout=5)

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def count_states(rows: Rows) -> Counter[str]:
    """Count the jobs of an installation by state."""
    return Counter(dict(rows.select("SELECT state, count(*) FROM engine_job GROUP BY state")))


def count_finished(states: Counter[str]) -> int:
    """Count the jobs that are in a final state."""
    return sum(count for state, count in states.items() if state in FINISHED)


def read_tokens(rows: Rows) -> dict[str, str]:
    """Read, by job id, the token of the run that each job had last; both in the usual form with dashes."""
    found = rows.select("SELECT id, token FROM engine_job WHERE token IS NOT NULL")
    return {write_uuid(job_id): write_uuid(token) for job_id, token in found}


def write_uuid(value: uuid.UUID | str) -> str:
    """Write an id in the usual form with dashes: PostgreSQL answers UUIDs, SQLite 32 hexadecimal digits."""
    return str(value if isinstance(value, uuid.UUID) else uuid.UUID(value))
