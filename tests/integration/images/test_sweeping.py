"""Sweeping: what nobody wants goes, what somebody wants stays, whatever was killed in between."""

import io
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.errors import AssetExpired, AssetNotFound
from nightdesk.images.jobs import SweepFiles
from nightdesk.images.models import Asset, AssetState, Origin, StoredFile
from nightdesk.images.services import StoreAway
from tests.integration.images.store import Store, describe
from tests.integration.images.test_uploads import nothing, stage
from tests.support.pictures import encode, photo
from tests.support.s3 import S3

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=2)


def make_asset(job_id: uuid.UUID | None = None, **fields: object) -> Asset:
    asset = Asset(origin=Origin.MADE, job_id=job_id, **fields)
    files = services.write_asset_files(
        asset_id=asset.pk,
        pixels=photo(),
        format="png",
        quality=80,
        digital_source_type="compositeSynthetic",
        job_id=job_id,
    )
    return services.save_made(asset=asset, files=files, parents={})


def age(by: timedelta) -> None:
    """Let everything be older than it is."""
    StoredFile.objects.update(created_at=timezone.now() - by)
    Asset.objects.update(created_at=timezone.now() - by)


def sweep() -> dict[str, int]:
    swept = services.sweep_files(check=nothing)
    return {
        "expired": swept.expired_assets,
        "abandoned": swept.abandoned_assets,
        "deleted": swept.deleted_files,
        "left": swept.left_files,
    }


def test_expired_picture_goes_and_says_so_for_a_while(any_store: Store) -> None:
    over = make_asset(expires_at=timezone.now() - timedelta(seconds=1))
    later = make_asset(expires_at=timezone.now() + timedelta(hours=1))

    assert sweep() == {"expired": 1, "abandoned": 0, "deleted": 4, "left": 0}

    assert any_store.files() == sorted(StoredFile.objects.filter(asset=later).values_list("name", flat=True))
    with pytest.raises(AssetExpired):
        services.find_asset(asset_id=over.pk)
    Asset.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(days=31))
    sweep()
    with pytest.raises(AssetNotFound):
        services.find_asset(asset_id=over.pk)
    assert services.find_asset(asset_id=later.pk).state == AssetState.READY


def test_kept_picture_stays_with_the_result_of_its_job() -> None:
    job_id = enqueue(SweepFiles())
    run_job(job_id)
    Job.objects.filter(pk=job_id).update(result_expires_at=timezone.now() + timedelta(minutes=1))
    asset = make_asset(job_id, expires_at=timezone.now() + timedelta(minutes=1))

    services.keep_asset(asset_id=asset.pk)

    kept = services.keep_asset(asset_id=asset.pk)
    assert (kept.expires_at, Job.objects.get().result_expires_at) == (None, None)
    assert kept.kept_at is not None
    assert sweep() == {"expired": 0, "abandoned": 0, "deleted": 0, "left": 0}


def test_too_late_to_keep() -> None:
    asset = make_asset(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(AssetExpired):
        services.keep_asset(asset_id=asset.pk)

    assert sweep()["expired"] == 1


@pytest.mark.parametrize("killed", ["before the file", "in the middle of it", "after it", "before the asset"])
def test_what_a_killed_run_left_is_found_by_its_row(store: Store, killed: str) -> None:
    job_id = enqueue(SweepFiles())
    leave_as_if_killed(killed, job_id)
    age(LONG_AGO)
    alive = sweep()
    Job.objects.filter(pk=job_id).update(state="failed")

    ended = sweep()

    assert alive == {"expired": 0, "abandoned": 0, "deleted": 0, "left": 0}
    assert (ended["left"], store.files(), StoredFile.objects.count()) == (0, [], 0)


def leave_as_if_killed(moment: str, job_id: uuid.UUID) -> None:
    """Leave what a run leaves that is killed at this moment."""
    if moment == "before the asset":
        services.write_asset_files(
            asset_id="abcdef", pixels=photo(), format="png", quality=80, digital_source_type="", job_id=job_id
        )
        return
    StoredFile.objects.create(name="drafts/one.png", job_id=job_id)
    if moment != "before the file":
        default_storage.save("drafts/one.png", ContentFile(b"half" if moment == "in the middle of it" else b"whole"))


def test_files_of_a_run_that_may_still_write_wait(store: Store) -> None:
    services.put_file(data=b"young", extension="png", job_id=uuid.uuid4(), folder=services.DRAFTS)

    assert sweep()["deleted"] == 0
    assert len(store.files()) == 1


def test_upload_that_nobody_registered_goes_after_a_day(store: Store) -> None:
    services.receive_upload(source=io.BytesIO(encode(photo(), "PNG")))
    sweep()
    fresh = store.files()
    age(LONG_AGO)
    sweep()

    assert (len(fresh), store.files(), StoredFile.objects.count()) == (1, [], 0)


def test_upload_whose_job_ended_without_reading_it_goes_after_a_day(store: Store) -> None:
    asset = stage(encode(photo(), "PNG"))
    age(LONG_AGO)
    waiting = sweep()
    Job.objects.update(state="cancelled")

    assert waiting["abandoned"] == 0
    assert sweep()["abandoned"] == 1
    assert store.files() == []
    with pytest.raises(AssetExpired):
        services.find_asset(asset_id=asset.pk)


def test_run_that_was_taken_for_dead_cannot_save_what_was_swept() -> None:
    job_id, asset = uuid.uuid4(), Asset(origin=Origin.MADE)
    files = services.write_asset_files(
        asset_id=asset.pk, pixels=photo(), format="png", quality=80, digital_source_type="", job_id=job_id
    )
    services.drop_loose_files(job_id=job_id)  # the next run of the same job begins

    with pytest.raises(services.FileGone):
        services.save_made(asset=asset, files=files, parents={})

    assert not Asset.objects.exists()


def test_next_run_does_not_touch_what_was_saved(store: Store) -> None:
    job_id = uuid.uuid4()
    make_asset(job_id)

    assert services.drop_loose_files(job_id=job_id) == 0
    assert len(store.files()) == 4


def test_server_that_is_down_loses_nothing(private_s3: S3, settings: Settings, store: Store) -> None:
    settings.STORAGES = describe(private_s3.environment, store.folder)
    asset = make_asset()
    private_s3.kill9()

    with pytest.raises(StoreAway):
        services.read_file(asset=asset)
    with pytest.raises(StoreAway):
        stage(encode(photo(), "PNG"))
    services.delete_asset(asset_id=asset.pk)

    assert sweep()["left"] >= 4
    assert set(StoredFile.objects.values_list("asset_id", flat=True)) == {None}
    private_s3.start()
    age(LONG_AGO)
    assert sweep()["left"] == 0
    assert (private_s3.keys(), StoredFile.objects.count()) == ([], 0)


def test_sweep_is_a_job_that_says_what_it_did() -> None:
    make_asset(expires_at=timezone.now() - timedelta(seconds=1))
    enqueue(SweepFiles())

    drain()

    assert Job.objects.get().state == "succeeded"
    assert not StoredFile.objects.exists()
