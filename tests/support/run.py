"""The settings that a pytest run itself works with: a data folder and a database that are gone afterwards."""

import atexit
import os
from typing import Literal

import django

from tests.support import environment
from tests.support.postgres import Postgres
from tests.support.processes import make_folder, remove_folder

Database = Literal["sqlite", "postgres"]
DATABASES: tuple[Database, ...] = ("sqlite", "postgres")


class Run:
    """One pytest run: what Django is configured with, and the server under it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.folder = make_folder("run")
        self.postgres: Postgres | None = None
        atexit.register(self.close)  # not in a pytest hook: an error while tests are collected skips those

    def configure_django(self) -> None:
        """Set Django up on this run's database, whatever the caller's environment says."""
        for name in filter(environment.is_steering, list(os.environ)):
            del os.environ[name]
        settings = environment.make_settings(data_dir=self.folder / "data", database_url=self._find_database_url())
        (self.folder / "data").mkdir()
        os.environ.update(settings)
        django.setup()

    def start_postgres(self) -> Postgres:
        """Start the run's PostgreSQL when it is first asked for."""
        if self.postgres is None:
            self.postgres = Postgres()
        return self.postgres

    def close(self) -> None:
        """End the server and remove the folder; safe to repeat."""
        if self.postgres is not None:
            self.postgres.close()
        remove_folder(self.folder)

    def _find_database_url(self) -> str:
        if self.database == "sqlite":
            return environment.sqlite_url(self.folder / "data" / "nightdesk.sqlite3")
        return self.start_postgres().create_database("nightdesk")
