"""Pictures beside transactions of others: nothing is lost, nothing waits for itself. SQLite has one writer at a time."""

import io
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from nightdesk.engine import transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.images import services
from nightdesk.images.jobs import ProcessImageGeneration
from nightdesk.images.models import Asset, AssetParent, Origin, StoredFile
from nightdesk.images.services.assets import AssetFiles
from tests.integration.engine.bench import must_take, run_of
from tests.support.pictures import encode, photo
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture(autouse=True)
def _postgres_only() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks no rows: whoever writes holds everything")


@pytest.fixture
def aside() -> Iterator[Callable[[Callable[[], T]], "Future[T]"]]:
    """Do something in a thread of its own, and return once it waits for a lock of ours."""

    def begin(work: Callable[[], T]) -> "Future[T]":
        def run() -> T:
            try:
                return work()
            finally:
                connection.close()

        future = threads.submit(run)
        wait_until(lambda: future.done() or is_somebody_waiting(), 10, "somebody waits for a lock")
        return future

    with ThreadPoolExecutor(1) as threads:
        yield begin


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


def write_files(asset: Asset, job_id: uuid.UUID | None) -> AssetFiles:
    return services.write_asset_files(
        asset_id=asset.pk, pixels=photo(), format="png", quality=80, digital_source_type="", job_id=job_id
    )


def make(parents: dict[str, str] | None = None) -> Asset:
    asset = Asset(origin=Origin.MADE)
    return services.save_made(asset=asset, files=write_files(asset, None), parents=parents or {})


def test_file_that_an_asset_takes_at_this_moment_is_not_deleted(aside: Any) -> None:
    job_id, asset = uuid.uuid4(), Asset(origin=Origin.MADE)
    files = write_files(asset, job_id)

    with transaction.atomic():
        services.save_made(asset=asset, files=files, parents={})
        dropping = aside(lambda: services.drop_loose_files(job_id=job_id))

    assert dropping.result(10) == 0
    assert [default_storage.exists(name) for name in files.names] == [True] * 4
    assert StoredFile.objects.filter(asset=asset, doomed_at=None).count() == 4


def test_picture_that_is_deleted_while_another_is_made_from_it_is_remembered_as_gone(aside: Any) -> None:
    parent = make()

    with transaction.atomic():
        services.delete_asset(asset_id=parent.pk)
        saving = aside(lambda: make({"image": parent.pk}))

    child = saving.result(10)
    assert AssetParent.objects.get().child_id == child.pk
    assert AssetParent.objects.filter(parent=None).count() == 1


def test_picture_is_deleted_after_the_one_that_is_made_from_it_was_saved(aside: Any) -> None:
    parent, child = make(), Asset(origin=Origin.MADE)
    files = write_files(child, None)

    with transaction.atomic():
        services.save_made(asset=child, files=files, parents={"image": parent.pk})
        deleting = aside(lambda: services.delete_asset(asset_id=parent.pk))

    deleting.result(10)
    assert AssetParent.objects.get().child_id == child.pk
    assert AssetParent.objects.filter(parent=None).count() == 1


def test_result_that_is_saved_while_its_run_is_taken_for_dead_waits_for_nobody(aside: Any) -> None:
    job_id = enqueue(ProcessImageGeneration(prompt="Tulips"))
    picture = io.BytesIO(encode(photo(), "PNG"))
    sent = services.stage_upload(source=picture, name="x", owner_id=None, job_id=job_id, is_listed=False)
    run = run_of(must_take(ProcessImageGeneration), ProcessImageGeneration)
    (lost,) = transitions.lost_with_workers(100)
    cancelled = replace(lost, cancelled=True)

    def save() -> dict[str, str]:
        Asset.objects.filter(pk=sent.pk).update(expires_at=timezone.now() + timedelta(hours=1))
        rescues.append(aside(lambda: transitions.rescue(cancelled, counts=False, suspect=False, why="It is gone.")))
        return {"status": "success"}

    rescues: list[Future[str | None]] = []
    run.finish_with(save)

    assert [rescue.result(10) for rescue in rescues] == [None]
    assert Job.objects.get(pk=job_id).state == "succeeded"
