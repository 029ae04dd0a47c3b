"""The environment of processes under test: this machine's, without anything that could steer them."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from tests.support.guard import ROOT

SETTINGS_MODULE = "nightdesk.config.settings"
#: A developer's own settings, servers and proxies must not reach a test.
STEERING_NAMES = frozenset(
    {"DEBUG", "DATABASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "PYTHONPATH", "PYTHONWARNINGS"}
)
STEERING_PREFIXES = ("NIGHTDESK_", "CELERY_", "DJANGO_", "DB_", "PG", "REDIS_", "RABBITMQ_", "EMAIL_", "PYTEST_")


def clean_environment() -> dict[str, str]:
    """Copy this process's environment without the names that steer Nightdesk, its libraries or its way outside."""
    return {name: value for name, value in os.environ.items() if not is_steering(name)}


def is_steering(name: str) -> bool:
    """Tell whether a variable of this name could change what a process under test does."""
    return name.upper() in STEERING_NAMES or name.upper().startswith(STEERING_PREFIXES)


def make_settings(*, data_dir: Path, database_url: str, broker_url: str | None = None) -> dict[str, str]:
    """Make the settings of one Nightdesk of our own; without `broker_url` it uses the file broker in its data folder."""
    settings = {
        "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
        "NIGHTDESK_DATA_DIR": str(data_dir),
        "NIGHTDESK_SECRET_KEY": secrets.token_urlsafe(48),
        "NIGHTDESK_LOG_LEVEL": "INFO",  # workers say at this level that they are ready
        "DATABASE_URL": database_url,
    }
    if broker_url is not None:
        settings["CELERY_BROKER_URL"] = broker_url
    return settings


def complete_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Make the whole environment of a subprocess that has these settings and finds Nightdesk and the tests."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**clean_environment(), "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **settings}


def sqlite_url(path: Path) -> str:
    """Write the address of an SQLite file as `DATABASE_URL` wants it."""
    return f"sqlite:///{path}"
