"""People, a store for each test, and campaigns whose text wants to be a formula."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from nightdesk.accounts.models import Role, User
from nightdesk.accounts.services import create_user
from tests.integration.images.store import Store, describe, open_bucket, open_folder
from tests.support.s3 import S3


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """Give the run's S3 server, to be shared: never kill it."""
    with S3() as server:
        yield server


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Store:
    """Let the code under test keep its files, and what becomes of them, in empty folders."""
    (tmp_path / "uploads").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "uploads")
    settings.STORAGES = describe({}, tmp_path)
    return open_folder(tmp_path / "media")


@pytest.fixture
def temporaries(tmp_path: Path) -> Path:
    """Give the folder in which files are made."""
    return tmp_path / "uploads"


@pytest.fixture
def bucket(s3: S3, tmp_path: Path, settings: Settings) -> Store:
    """Let the code under test keep its files in a bucket."""
    prefix = uuid4().hex
    settings.STORAGES = describe({**s3.environment, "NIGHTDESK_S3_PREFIX": prefix}, tmp_path)
    return open_bucket(s3, prefix, tmp_path)


@pytest.fixture
def ada(db: None) -> User:
    """A member."""
    return create_user(email="ada@example.org", first_name="Ada")


@pytest.fixture
def bob(db: None) -> User:
    """An operator."""
    return create_user(email="bob@example.org", first_name="Bob", role=Role.OPERATOR)
