import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.environment import sqlite_url
from tests.support.postgres import Postgres
from tests.support.rows import Rows, count_finished, count_states, read_tokens

TOKEN = uuid.UUID("0198c0de-0000-7000-8000-000000000001")


@pytest.fixture(params=["sqlite", "postgres"])
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rows]:
    server: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    opened = Rows(server.create_database("rows") if server else sqlite_url(tmp_path / "rows.sqlite3"))
    uuid_type = "uuid" if server else "char(32)"
    opened.select(f"CREATE TABLE engine_job (id {uuid_type}, state varchar(16), token {uuid_type})")
    yield opened
    opened.close()
    if server:
        server.drop_database("rows")


def add_job(rows: Rows, state: str, token: uuid.UUID | None = None) -> uuid.UUID:
    job_id = uuid.uuid4()
    rows.select("INSERT INTO engine_job VALUES (%s, %s, %s)", [job_id.hex, state, token and token.hex])
    return job_id


def test_states_are_counted_and_the_final_ones_known(rows: Rows) -> None:
    for state in ("waiting", "running", "waiting_children", "succeeded", "succeeded", "failed", "unknown", "expired"):
        add_job(rows, state)

    states = count_states(rows)

    assert states == {
        "waiting": 1,
        "running": 1,
        "waiting_children": 1,
        "succeeded": 2,
        "failed": 1,
        "unknown": 1,
        "expired": 1,
    }
    assert count_finished(states) == 5


def test_tokens_read_alike_on_both_databases(rows: Rows) -> None:
    job_id = add_job(rows, "running", TOKEN)
    add_job(rows, "waiting")

    assert read_tokens(rows) == {str(job_id): str(TOKEN)}


def test_wrong_sql_is_told(rows: Rows) -> None:
    with pytest.raises((psycopg.Error, sqlite3.Error), match="nonsense"):
        rows.select("SELECT nonsense")


def test_rows_are_read_again_after_the_server_was_killed(private_postgres: Postgres) -> None:
    rows = Rows(private_postgres.url("postgres"))
    rows.select("SELECT 1")

    private_postgres.kill9()
    with pytest.raises(psycopg.OperationalError):
        rows.select("SELECT 2")
    private_postgres.start()

    assert rows.select("SELECT 3") == [(3,)]
    rows.close()
