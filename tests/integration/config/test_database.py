"""The options reach the database: asked for over the connections that Django opens with our settings."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from nightdesk.config.topics.database import build_database
from tests.support.postgres import Postgres


@pytest.fixture(autouse=True)
def _databases_of_their_own(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let these tests open connections: none of them leads to the run's own database."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def connect(url: str, *, role: str = "worker") -> Iterator[BaseDatabaseWrapper]:
    """Open connections as a process of this role would; all of them are closed at the end."""
    handler = ConnectionHandler({"default": build_database(url, role=role)})
    connection = handler["default"]
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: BaseDatabaseWrapper, *questions: str) -> list[object]:
    with connection.cursor() as cursor:
        return [cursor.execute(question).fetchone()[0] for question in questions]


def test_sqlite_commits_to_the_disk_and_lets_readers_read(tmp_path: Path) -> None:
    with connect(f"sqlite:///{tmp_path / 'desk.sqlite3'}") as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size", "cache_size")
        found = dict(zip(names, ask(connection, *(f"PRAGMA {name}" for name in names)), strict=True))
    full = 2
    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
        "mmap_size": 0,
        "cache_size": -16384,
    }


def test_sqlite_transaction_holds_the_write_lock_from_its_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.sqlite3'}"
    with connect(url) as first, connect(url) as second:
        second.settings_dict["OPTIONS"]["timeout"] = 0
        first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        with pytest.raises(OperationalError, match="database is locked"):
            second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        first.rollback()


def test_postgres_limits_what_hangs_and_flushes_each_commit(postgres: Postgres) -> None:
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
    with connect(postgres.url("postgres"), role="worker") as connection:
        found = ask(connection, *(f"SHOW {name}" for name in (*names, "application_name")))
    assert found == ["30s", "10s", "15s", "on", "nightdesk-worker"]


def test_web_threads_share_the_connections_of_a_pool(postgres: Postgres) -> None:
    pids: list[object] = []
    handler = ConnectionHandler({"default": build_database(postgres.url("postgres"), role="web")})

    def serve_request() -> None:
        pids.extend(ask(handler["default"], "SELECT pg_backend_pid()"))
        handler["default"].close()

    for _ in range(20):
        thread = threading.Thread(target=serve_request)
        thread.start()
        thread.join()
    pool = handler["default"]
    assert isinstance(pool, DatabaseWrapper)
    pool.close_pool()
    assert len(pids) == 20
    assert len(set(pids)) <= 2  # the pool may grow by one while its first connection is still being made
