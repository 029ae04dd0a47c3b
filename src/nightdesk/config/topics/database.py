"""The database: SQLite in the data folder, or PostgreSQL."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import dj_database_url

from nightdesk.config.environment import Environment, Topic, refuse

#: Seconds to wait for SQLite's one writer before giving up: longer than any transaction of ours may reasonably be held.
SQLITE_TIMEOUT_S: Final = 20
#: A lost server must not hold a request or a heartbeat: two seconds is far above any healthy connect on a LAN.
CONNECT_TIMEOUT_S: Final = 2
#: Connections that one web process keeps; more requests than this at once wait for a free one.
WEB_POOL_SIZE: Final = 16
#: Seconds a request waits for a free connection, then answers that the database is away.
WEB_POOL_TIMEOUT_S: Final = 5

#: FULL: a commit is on the disk before it is reported (a job that was accepted survives a power cut). No mmap: a
#: truncated file would end the process with a bus error instead of an exception. Negative cache size is in KiB.
SQLITE_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-16384;"
    "PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_size_limit=67108864;"
)
#: Milliseconds. Our statements are short: these end what hangs, long before a lease of another process runs out. A
#: process that is frozen inside a transaction holds its rows for as long as a lease, no longer.
POSTGRES_OPTIONS: Final = (
    "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000"
)
#: A server whose machine vanished answers nothing at all: given up after ten seconds, well within a worker's lease.
NETWORK_OPTIONS: Final = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_SCHEMES: Final = ("sqlite", "postgres", "postgresql", "pgsql")

Database = dict[str, Any]  # Django's own shape: see its DATABASES setting


def read_database(environment: Environment, *, data_dir: Path, role: str) -> Database:
    """Read the database settings into Django's form. `DATABASE_URL` and `DB_HOST` at once are refused."""
    topic = environment.topic("Database")
    url = topic.secret(
        "DATABASE_URL",
        shown="SQLite in the data folder",
        meaning="`postgres://user:password@host:5432/name`, or `sqlite:////folder/file.sqlite3`.",
    )
    parts_url = _read_parts(topic)
    if url and parts_url:
        raise refuse("DATABASE_URL", "and DB_HOST are both set. Keep one of the two.")
    return build_database(url or parts_url or f"sqlite:///{data_dir / 'nightdesk.sqlite3'}", role=role)


def _read_parts(topic: Topic) -> str:
    host = topic.text("DB_HOST", meaning="Host of the PostgreSQL server: another way to say `DATABASE_URL`.")
    port = topic.integer("DB_PORT", default=5432, least=1, most=65535, meaning="Its port.")
    name = topic.text("DB_NAME", default="nightdesk", meaning="Name of the database.")
    user = topic.text("DB_USER", default="nightdesk", meaning="User of the database.")
    password = topic.secret("DB_PASSWORD", meaning="Password of that user.")
    if not host:
        _refuse_parts_alone(topic)
        return ""
    login = ":".join(quote(part, safe="") for part in (user, password) if part)
    return f"postgres://{login}@{quote(host, safe='')}:{port}/{quote(name, safe='')}"


def _refuse_parts_alone(topic: Topic) -> None:
    for name in ("DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_PASSWORD_FILE"):
        if topic.environment.values.get(name, "").strip():
            raise refuse("DB_HOST", f"is missing although {name} is set. Set it, or remove {name} to use SQLite.")


def build_database(url: str, *, role: str) -> Database:
    """Turn an address into Django's form, with the options that the engine's promises rest on.

    Raises:
        Misconfigured: neither SQLite nor PostgreSQL, or an address that cannot be read.
    """
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        raise refuse("DATABASE_URL", "must begin with postgres:// or sqlite://. No other database is supported.")
    try:
        database: Database = dict(dj_database_url.parse(url, conn_health_checks=True))
    except (ValueError, KeyError):
        raise refuse("DATABASE_URL", "cannot be read. Write it like postgres://user:password@host:5432/name.") from None
    if scheme == "sqlite":
        return _tune_sqlite(database)
    return _tune_postgres(database, role=role)


def _tune_sqlite(database: Database) -> Database:
    database["ENGINE"] = "nightdesk.engine.sqlite"  # writers queue
    database["OPTIONS"] = {
        # IMMEDIATE: a transaction that will write waits at its start; upgrading later fails at once, without waiting.
        "transaction_mode": "IMMEDIATE",
        "timeout": SQLITE_TIMEOUT_S,
        "init_command": SQLITE_PRAGMAS,
    }
    database["CONN_MAX_AGE"] = None
    return database


def _tune_postgres(database: Database, *, role: str) -> Database:
    options = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        **NETWORK_OPTIONS,
        "options": POSTGRES_OPTIONS,
        "application_name": f"nightdesk-{role}",
    }
    database["OPTIONS"] = {**options, **database.get("OPTIONS", {})}
    if role == "web":
        # Under ASGI each request has a thread of its own, so a connection kept by a thread is never met again.
        database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": WEB_POOL_SIZE, "timeout": WEB_POOL_TIMEOUT_S}
        database["CONN_MAX_AGE"] = 0
    else:
        database["CONN_MAX_AGE"] = None
    return database
