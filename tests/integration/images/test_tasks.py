"""Image tasks from the order to the result, with what works without any key or weights."""

import base64
import io
import uuid
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from skimage import data

from nightdesk.engine.models import Job
from nightdesk.engine.testing import run_job
from nightdesk.images import services
from nightdesk.images.models import Asset, AssetState, StoredFile
from tests.integration.images.pictures import encode

pytestmark = pytest.mark.django_db


def upload(pixels: Any, kind: str = "PNG") -> str:
    """Put a picture into the library, read by now; return `asset:<id>`."""
    coming = services.stage_upload(source=io.BytesIO(encode(pixels, kind)), name="photo", owner_id=None)
    return f"asset:{services.settle_upload(asset_id=coming.pk, check=lambda: None).pk}"


def test_generation_makes_an_asset_of_the_size_asked_for() -> None:
    job_id = services.submit_task(
        task_type="image_generation",
        prompt='A poster that says "Quiet mornings" in blue',
        parameters={"width": 256, "height": 192, "seed": 7, "format": "png"},
        owner_id=None,
    )
    job = run_job(job_id)

    result = services.find_result(job_id=job_id)
    assert (job.state, job.progress, job.queue) == ("succeeded", 100, "cpu")
    assert result is not None
    asset = services.find_ready_asset(asset_id=result["asset_id"])
    assert (asset.width, asset.height, asset.format, asset.job_id) == (256, 192, "png", job_id)
    print(result)
