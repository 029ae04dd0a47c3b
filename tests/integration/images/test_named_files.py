"""Files of the media store by path: within it, and nothing else."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.testing import drain
from nightdesk.images.models import Asset, AssetState, StoredFile
from nightdesk.images.tasks import process_uploaded_image
from nightdesk.providers.images.errors import Rejected, Unsuitable
from tests.integration.images.store import Store
from tests.support.pictures import encode, photo

pytestmark = pytest.mark.django_db

PATH = "uploads/spring/kettle.png"


def put(path: str, data: bytes) -> None:
    default_storage.save(path, ContentFile(data))


def test_named_file_becomes_an_asset_with_three_small_copies(any_store: Store) -> None:
    put(PATH, encode(photo(900, 600), "PNG"))

    process_uploaded_image.delay(file_path=PATH, max_width=720, max_height=720, quality=70)
    drain()

    result: dict[str, Any] = json.loads(str(JobPayload.objects.get().result))
    asset = Asset.objects.get()
    address = f"/api/v1/assets/{asset.pk}/file/"
    assert result == {
        "status": "success",
        "asset_id": asset.pk,
        "image_url": address,
        "width": 720,
        "height": 480,
        "size_bytes": asset.size_bytes,
        "format": "webp",
        "frames": 1,
        "thumbnails": [
            {"url": f"{address}600/", "side": 600, "width": 600, "height": 400},
            {"url": f"{address}300/", "side": 300, "width": 300, "height": 200},
            {"url": f"{address}150/", "side": 150, "width": 150, "height": 100},
        ],
        "warnings": [],
    }
    assert (asset.name, asset.state, asset.job_id) == ("kettle.png", AssetState.READY, Job.objects.get().pk)
    assert any_store.files() == sorted([PATH, *StoredFile.objects.filter(asset=asset).values_list("name", flat=True)])


def test_task_can_be_called_directly_with_plain_values() -> None:
    put(PATH, encode(photo(), "PNG"))

    result = process_uploaded_image(PATH, 32, 32, 90)

    assert (result["width"], result["height"], Asset.objects.get().pk) == (32, 24, result["asset_id"])
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret.key",
        "uploads/../../secret.key",
        "uploads/./a.png",
        "uploads//a.png",
        "uploads/",
        "uploads\\a.png",
        "uploads/a\0.png",
        "uploads/a\n.png",
        "incoming/0123.png",
        "Drafts/0123.png",
        "assets/ab/abcd.png",
        "x" * 1001,
    ],
)
def test_path_that_leads_elsewhere_is_refused(store: Store, path: str) -> None:
    with pytest.raises(Unsuitable) as refused:
        process_uploaded_image(path)

    assert list(refused.value.details) == ["file_path"]
    assert (store.files(), Asset.objects.count(), StoredFile.objects.count()) == ([], 0, 0)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Give a picture that lies beside the store."""
    folder = tmp_path / "private"
    folder.mkdir()
    (folder / "a.png").write_bytes(encode(photo(), "PNG"))
    return folder


@pytest.mark.parametrize("path", ["link.png", "folder/a.png", "uploads/deep/a.png"])
def test_link_out_of_the_store_is_not_followed(store: Store, outside: Path, path: str) -> None:
    (store.folder / "uploads").mkdir(parents=True)
    (store.folder / "link.png").symlink_to(outside / "a.png")
    (store.folder / "folder").symlink_to(outside)
    (store.folder / "uploads" / "deep").symlink_to(outside)

    with pytest.raises(Unsuitable, match="link"):
        process_uploaded_image(path)

    assert not Asset.objects.exists()


def test_what_is_no_plain_file_does_not_hold_the_worker(store: Store) -> None:
    (store.folder / "uploads").mkdir(parents=True)
    os.mkfifo(store.folder / "uploads" / "pipe.png")

    for path in ("uploads", "uploads/pipe.png", "uploads/none.png", "uploads/pipe.png/a.png"):
        with pytest.raises(Unsuitable, match="no such file"):
            process_uploaded_image(path)


def test_wrong_numbers_are_named() -> None:
    put(PATH, encode(photo(), "PNG"))

    for name, value in {"max_width": 0, "max_height": 30_001, "quality": 101}.items():
        with pytest.raises(Unsuitable) as refused:
            process_uploaded_image(file_path=PATH, **{name: value})
        assert list(refused.value.details) == [name]


def test_failed_processing_leaves_nothing_but_the_file_itself(store: Store) -> None:
    put(PATH, b"%PDF-1.7 is not a picture, whatever it is called")

    process_uploaded_image.delay(file_path=PATH)
    drain()

    assert (Job.objects.get().state, "PDF" in str(JobPayload.objects.get().error)) == ("failed", True)
    assert (store.files(), Asset.objects.count(), StoredFile.objects.count()) == ([PATH], 0, 0)
    with pytest.raises(Rejected):
        process_uploaded_image(PATH)
