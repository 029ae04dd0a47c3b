import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.support import environment
from tests.support.run import Run


def test_run_keeps_to_its_own_folder(run: Run) -> None:
    assert run.folder / "data" == settings.DATA_DIR
    assert connection.vendor == {"sqlite": "sqlite", "postgres": "postgresql"}[run.database]


@pytest.mark.django_db
def test_run_on_sqlite_tests_in_a_file(run: Run) -> None:
    expected = {"sqlite": str(run.folder / "test.sqlite3"), "postgres": "test_nightdesk"}

    assert connection.settings_dict["NAME"] == expected[run.database]


def test_clean_environment_holds_nothing_that_steers(monkeypatch: pytest.MonkeyPatch) -> None:
    steering = ("NIGHTDESK_LOG_LEVEL", "CELERY_BROKER_URL", "DATABASE_URL", "DB_HOST", "https_proxy", "DEBUG")
    for name in steering:
        monkeypatch.setenv(name, "from a developer's shell")

    cleaned = environment.clean_environment()

    assert [name for name in steering if name in cleaned] == []
    assert cleaned["PATH"] == os.environ["PATH"]


def test_complete_environment_adds_the_settings_alone(tmp_path: Path) -> None:
    settings_made = environment.make_settings(data_dir=tmp_path, database_url="sqlite:////x", broker_url="redis://y")

    complete = environment.complete_environment(settings_made)

    assert {name: complete[name] for name in settings_made} == settings_made
    assert sorted(settings_made) == [
        "CELERY_BROKER_URL",
        "DATABASE_URL",
        "DJANGO_SETTINGS_MODULE",
        "NIGHTDESK_DATA_DIR",
        "NIGHTDESK_LOG_LEVEL",
        "NIGHTDESK_SECRET_KEY",
    ]
