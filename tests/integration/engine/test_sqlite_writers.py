"""Writers of SQLite queue: in turn within a process, patient with others, and never longer than the time-out."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from nightdesk.config.topics.database import build_database


@pytest.fixture(autouse=True)
def _files_of_our_own(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


def open_database(path: Path, *, timeout_s: float = 10.0) -> ConnectionHandler:
    """Make connections to a file of our own, one per thread."""
    settings: dict[str, Any] = build_database(f"sqlite:///{path}", role="web")
    settings["OPTIONS"]["timeout"] = timeout_s
    return ConnectionHandler({"default": settings})


def begin(connection: BaseDatabaseWrapper) -> None:
    """Begin a transaction that will write."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def test_threads_write_in_turn_without_a_lost_update(tmp_path: Path) -> None:
    handler = open_database(tmp_path / "file.sqlite3")
    handler["default"].cursor().execute("CREATE TABLE counter (value integer)")
    handler["default"].cursor().execute("INSERT INTO counter VALUES (0)")

    def count() -> None:
        connection = handler["default"]
        for _ in range(50):
            begin(connection)
            (value,) = connection.cursor().execute("SELECT value FROM counter").fetchone()
            connection.cursor().execute("UPDATE counter SET value = %s", [value + 1])
            connection.commit()
            connection.set_autocommit(True)
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert handler["default"].cursor().execute("SELECT value FROM counter").fetchone() == (400,)
    handler["default"].close()


def test_begin_waits_for_another_process_and_then_writes(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    handler = open_database(path)
    handler["default"].cursor().execute("CREATE TABLE things (name text)")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    let_go = threading.Timer(0.3, other.commit)

    let_go.start()
    begin(handler["default"])
    handler["default"].cursor().execute("INSERT INTO things VALUES ('ours')")
    handler["default"].commit()

    let_go.join()
    other.close()
    assert handler["default"].cursor().execute("SELECT name FROM things").fetchall() == [("ours",)]
    handler["default"].close()


@pytest.mark.parametrize("holder", ["another process", "another thread"])
def test_begin_gives_up_after_the_timeout(tmp_path: Path, holder: str) -> None:
    path = tmp_path / "file.sqlite3"
    handler = open_database(path, timeout_s=0.3)
    handler["default"].cursor().execute("CREATE TABLE things (name text)")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        if holder == "another process":
            with sqlite3.connect(path, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                held.set()
                done.wait(10)
        else:
            begin(handler["default"])
            held.set()
            done.wait(10)
            handler["default"].rollback()
            handler["default"].close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="database is locked"):
        begin(handler["default"])
    waited_s = time.monotonic() - began
    done.set()
    thread.join()

    assert 0.25 < waited_s < 5
    begin(handler["default"])  # the turn was given back
    handler["default"].rollback()
    handler["default"].close()


def test_turn_is_given_back_by_rollback_and_by_close(tmp_path: Path) -> None:
    handler = open_database(tmp_path / "file.sqlite3", timeout_s=1.0)
    connection = handler["default"]
    begin(connection)
    connection.rollback()
    connection.set_autocommit(True)
    begin(connection)
    connection.close()

    begin(connection)

    assert connection.in_atomic_block is False
    connection.rollback()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_atomic_blocks_nest_without_waiting_for_themselves() -> None:
    with transaction.atomic(), transaction.atomic():
        done = True

    assert done
