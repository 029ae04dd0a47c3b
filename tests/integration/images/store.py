"""A store of a test's own: a folder, or a bucket on a real S3 server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nightdesk.config.environment import Environment
from nightdesk.config.topics.storage import read_storage
from tests.support.s3 import S3


@dataclass
class Store:
    """Where the code under test keeps its files, looked at from outside."""

    files: Callable[[], list[str]]
    folder: Path
    server: S3 | None


def open_folder(folder: Path) -> Store:
    """Show a folder; what lies in it may be links."""

    def files() -> list[str]:
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())

    return Store(files=files, folder=folder, server=None)


def open_bucket(server: S3, prefix: str, folder: Path) -> Store:
    """Show what a bucket holds below a prefix."""

    def files() -> list[str]:
        return [key.removeprefix(f"{prefix}/") for key in server.keys() if key.startswith(f"{prefix}/")]  # noqa: SIM118 (no dictionary)

    return Store(files=files, folder=folder, server=server)


def describe(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Give Django's STORAGES as the settings would, for these variables."""
    storage = read_storage(Environment(environment), data_dir=folder)
    return {
        "default": storage.describe(),
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
