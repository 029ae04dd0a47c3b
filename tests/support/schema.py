"""The schema for installations under test: migrated once a run for each kind of database, copied from then on."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from psycopg import conninfo

from tests.support.postgres import Postgres
from tests.support.processes import make_folder

_migrated_files: list[Path] = []
_migrated_dumps: list[str] = []


def bring_up(database_url: str, postgres: Postgres | None, migrate: Callable[[], object]) -> None:
    """Give an empty database the schema: by `migrate` the first time in a run, else as a copy of what that made."""
    if postgres is None:
        _bring_up_file(Path(database_url.removeprefix("sqlite:///")), migrate)
    else:
        _bring_up_database(str(conninfo.conninfo_to_dict(database_url)["dbname"]), postgres, migrate)


def _bring_up_file(path: Path, migrate: Callable[[], object]) -> None:
    if _migrated_files:
        _copy_file(_migrated_files[0], path)
    else:
        migrate()
        copy = make_folder("migrated") / path.name
        _copy_file(path, copy)
        _migrated_files.append(copy)


def _copy_file(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _bring_up_database(name: str, postgres: Postgres, migrate: Callable[[], object]) -> None:
    if _migrated_dumps:
        postgres.load_database(name, _migrated_dumps[0])
    else:
        migrate()
        _migrated_dumps.append(postgres.dump_database(name))
