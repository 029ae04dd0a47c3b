"""Uploads: staged, settled, refused."""

import io
import uuid

import numpy as np
import pytest
from django.core.files.storage import default_storage

from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.images import services
from nightdesk.images.models import AssetState, StoredFile
from nightdesk.providers.images.errors import Rejected
from tests.integration.images.pictures import encode, photo

pytestmark = pytest.mark.django_db


def nothing() -> None:
    """Check nothing."""


def test_upload_becomes_an_asset_when_its_job_has_run() -> None:
    data = encode(photo(), "JPEG")

    coming = services.stage_upload(source=io.BytesIO(data), name="C:\\photos\\cat.jpg", owner_id=None)
    before = StoredFile.objects.get()
    drain()

    asset = services.find_ready_asset(asset_id=coming.pk)
    assert (coming.state, asset.state, asset.name) == (AssetState.COMING, AssetState.READY, "cat.jpg")
    assert Job.objects.get(pk=asset.job_id).state == "succeeded"
    assert not default_storage.exists(before.name)
    pixels = services.read_pixels(asset=asset)
    assert np.abs(pixels.astype(int) - photo()).mean() < 8
    assert sorted(StoredFile.objects.values_list("side", flat=True)) == [0, 150, 300, 600]


def test_no_picture_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(Rejected, match="SVG"):
        services.stage_upload(source=io.BytesIO(b"<svg xmlns='...'/>"), name="a.jpg", owner_id=None, field="mask")

    assert not StoredFile.objects.exists()


def test_upload_of_a_job_is_settled_by_that_job() -> None:
    data = encode(photo(), "PNG")
    job_id = uuid.uuid4()

    coming = services.stage_upload(source=io.BytesIO(data), name="", owner_id=None, job_id=job_id, is_listed=False)
    asset = services.settle_upload(asset_id=coming.pk, check=nothing)

    assert (asset.format, asset.width, asset.height, asset.state) == ("png", 64, 48, AssetState.READY)
    assert (services.read_pixels(asset=asset) == photo()).all()
    assert not services.assets_shown().exists()
    assert services.settle_upload(asset_id=coming.pk, check=nothing).sha256 == asset.sha256
    assert not Job.objects.exists()
