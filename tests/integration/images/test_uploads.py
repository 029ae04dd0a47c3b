"""Uploads: staged, settled, refused."""

import io
import uuid
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from nightdesk.core.errors import Transient
from nightdesk.engine import actions
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.queries import error_of
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.errors import AssetNotFound, AssetNotReady
from nightdesk.images.models import Asset, AssetState, StoredFile
from nightdesk.images.tasks import process_uploaded_image
from nightdesk.providers.images.errors import Rejected
from tests.integration.images.store import Store
from tests.support.pictures import encode, photo, truncate

pytestmark = pytest.mark.django_db


def nothing() -> None:
    """Find no reason to stop."""


def stage(data: bytes, **options: Any) -> Asset:
    return services.stage_upload(source=io.BytesIO(data), **{"name": "cat.jpg", "owner_id": None, **options})


def test_upload_becomes_an_asset_when_its_job_has_run(any_store: Store) -> None:
    coming = stage(encode(photo(), "JPEG", quality=95), name="C:\\photos\\cat.jpg")
    before = any_store.files()
    drain()

    asset = services.find_ready_asset(asset_id=coming.pk)
    assert (coming.state, asset.state, asset.name) == (AssetState.COMING, AssetState.READY, "cat.jpg")
    assert (asset.format, asset.width, asset.height, asset.frames) == ("jpeg", 64, 48, 1)
    assert [name.partition("/")[0] for name in before] == ["incoming"]
    after = any_store.files()
    assert sorted(StoredFile.objects.filter(asset=asset).values_list("name", flat=True)) == after
    assert len(after) == 4
    assert all(name.startswith(f"assets/{asset.pk[:2]}/{asset.pk}-") for name in after)
    assert np.abs(services.read_pixels(asset=asset).astype(int) - photo()).mean() < 3
    with services.read_file(asset=asset, side=150) as thumb, Image.open(thumb) as small:
        assert (small.format, small.size) == ("WEBP", (64, 48))


def test_job_of_an_upload_says_what_became_of_it() -> None:
    asset = stage(encode(photo(900, 600), "PNG"))
    assert asset.job_id is not None
    job = run_job(asset.job_id)

    result = str(JobPayload.objects.get(pk=job.pk).result)
    address = f"/api/v1/assets/{asset.pk}/file/"
    assert f'"asset_id":"{asset.pk}"' in result.replace(" ", "")
    assert [f"{address}{side}/" in result for side in (600, 300, 150)] == [True] * 3
    assert (job.state, job.subject) == ("succeeded", f"asset:{asset.pk}")


def test_no_picture_is_refused_before_anything_is_stored(store: Store) -> None:
    with pytest.raises(Rejected, match="SVG") as refused:
        stage(b"<svg xmlns='http://www.w3.org/2000/svg'/>", field="mask")

    assert list(refused.value.details) == ["mask"]
    assert (store.files(), Asset.objects.count(), StoredFile.objects.count(), Job.objects.count()) == ([], 0, 0, 0)


def test_broken_pixels_are_refused_by_the_job_and_leave_nothing(store: Store) -> None:
    asset = stage(broken_png())
    drain()

    refused = Asset.objects.get()
    assert (refused.state, "broken" in refused.refusal) == (AssetState.REFUSED, True)
    assert (store.files(), StoredFile.objects.count()) == ([], 0)
    assert Job.objects.get().state == "failed"
    with pytest.raises(Rejected, match="broken"):
        services.find_ready_asset(asset_id=asset.pk)


def broken_png() -> bytes:
    """Write a PNG whose header is right and whose pixels are noise."""
    data = bytearray(encode(photo(), "PNG"))
    place = data.index(b"IDAT") + 8
    data[place : place + 40] = bytes(range(40))
    return bytes(data)


def test_file_that_is_cut_short_near_its_end_gives_a_picture_and_a_warning() -> None:
    asset = stage(truncate(encode(photo(400, 300), "JPEG", quality=90), 0.8))
    drain()

    ready = services.find_ready_asset(asset_id=asset.pk)
    assert (ready.width, ready.height) == (400, 300)
    assert [warning for warning in ready.warnings if "cut short" in warning] == ready.warnings != []


def test_file_of_which_most_is_missing_is_refused() -> None:
    asset = stage(truncate(encode(photo(400, 300), "JPEG", quality=90), 0.3))
    drain()

    assert "most of the picture is missing" in Asset.objects.get(pk=asset.pk).refusal


def test_upload_of_a_task_is_settled_by_its_job_and_is_not_in_the_library() -> None:
    coming = stage(encode(photo(), "PNG"), job_id=uuid.uuid4(), is_listed=False)
    asset = services.settle_upload(asset_id=coming.pk, check=nothing)
    again = services.settle_upload(asset_id=coming.pk, check=nothing)

    assert (services.read_pixels(asset=asset) == photo()).all()
    assert (again.pk, again.sha256) == (asset.pk, asset.sha256)
    assert not services.assets_shown().exists()
    assert not Job.objects.exists()


def test_of_two_that_settle_at_once_one_wins_and_the_other_leaves_nothing(store: Store) -> None:
    coming = stage(encode(photo(), "PNG"), job_id=uuid.uuid4())
    fast: list[Asset] = []

    def be_overtaken() -> None:
        if not fast:
            fast.append(Asset())  # only once: the faster one is not overtaken itself
            fast[0] = services.settle_upload(asset_id=coming.pk, check=nothing)

    slow = services.settle_upload(asset_id=coming.pk, check=be_overtaken)

    assert (slow.pk, slow.sha256) == (fast[0].pk, fast[0].sha256)
    assert store.files() == sorted(StoredFile.objects.values_list("name", flat=True))
    assert len(store.files()) == 4


@pytest.mark.parametrize("wrong", [{"max_width": 0}, {"max_height": -7}, {"quality": 101}])
def test_wrong_number_does_not_cost_the_upload(store: Store, wrong: dict[str, int]) -> None:
    coming = stage(encode(photo(), "PNG"), job_id=uuid.uuid4())
    before = store.files()

    ended = run_job(UUID(process_uploaded_image.delay(file_path=before[0], asset_id=coming.pk, **wrong).id))

    error = error_of(ended)
    assert (ended.state, error and error.code) == ("failed", "unsuitable_picture")
    assert (services.find_asset(asset_id=coming.pk).state, store.files()) == (AssetState.COMING, before)


def test_upload_that_is_stopped_leaves_nothing_but_itself(store: Store) -> None:
    coming = stage(encode(photo(), "PNG"), job_id=uuid.uuid4())
    before = store.files()
    calls = iter([None, None, RuntimeError("stopped")])

    def stop_at_the_third() -> None:
        if (reason := next(calls)) is not None:
            raise reason

    with pytest.raises(RuntimeError, match="stopped"):
        services.settle_upload(asset_id=coming.pk, check=stop_at_the_third)

    assert store.files() == before
    assert services.find_asset(asset_id=coming.pk).state == AssetState.COMING


def test_cancelled_upload_is_not_read() -> None:
    asset = stage(encode(photo(), "PNG"))
    assert asset.job_id is not None
    actions.cancel(job_id=asset.job_id)

    assert drain() == 0
    with pytest.raises(AssetNotReady):
        services.find_ready_asset(asset_id=asset.pk)


def test_asset_that_was_deleted_meanwhile_is_gone_for_its_job(store: Store) -> None:
    asset = stage(encode(photo(), "PNG"))
    services.delete_asset(asset_id=asset.pk)
    drain()

    assert Job.objects.get().state == "failed"
    assert store.files() == []
    with pytest.raises(AssetNotFound):
        services.find_asset(asset_id=asset.pk)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a/b/c.png", "c.png"),
        ("..\\..\\x.jpg", "x.jpg"),
        ("a\0b\u202ec.png", "abc.png"),
        ("x" * 300, "x" * 200),
        ("", ""),
    ],
)
def test_name_of_an_upload_is_for_people_only(given: str, kept: str) -> None:
    assert stage(encode(photo(), "PNG"), name=given).name == kept


def test_store_that_is_full_loses_nothing(store: Store) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / "incoming").write_text("no folder can be made here")

    with pytest.raises(Transient, match="does not answer"):
        stage(encode(photo(), "PNG"))

    assert not Asset.objects.exists()
    assert list(StoredFile.objects.exclude(doomed_at=None)) == list(StoredFile.objects.all())
