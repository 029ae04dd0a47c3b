"""A store for each test; those that ask for `any_store` run on a folder and on a bucket."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.integration.images.store import Store, describe, open_bucket, open_folder
from tests.support.s3 import S3


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """Give the run's S3 server, to be shared: never kill it."""
    with S3() as server:
        yield server


@pytest.fixture
def private_s3() -> Iterator[S3]:
    """Give an S3 server of this test's own, to be killed."""
    with S3() as server:
        yield server


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Store:
    """Let the code under test keep its files in an empty folder."""
    settings.STORAGES = describe({}, tmp_path)
    return open_folder(tmp_path / "media")


@pytest.fixture(params=["folder", "bucket"])
def any_store(request: pytest.FixtureRequest, store: Store, tmp_path: Path, settings: Settings) -> Store:
    """Run the test twice: with a folder, and with a bucket."""
    if request.param == "folder":
        return store
    server: S3 = request.getfixturevalue("s3")
    prefix = uuid4().hex
    settings.STORAGES = describe({**server.environment, "NIGHTDESK_S3_PREFIX": prefix}, tmp_path)
    return open_bucket(server, prefix, tmp_path)
