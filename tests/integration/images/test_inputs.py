"""How long the pictures live that were sent along with a task."""

import io
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.models import Asset, AssetState
from nightdesk.providers.images.embedded.background.provider import Cutout
from nightdesk.providers.images.protocol import Readiness
from tests.support.photographs import photograph
from tests.support.pictures import encode

pytestmark = pytest.mark.django_db(transaction=True)


def submit() -> uuid.UUID:
    """Submit a task with a picture of its own."""
    picture = io.BytesIO(encode(photograph("astronaut", 128), "PNG"))
    with services.receiving({"image": picture}) as received:
        return services.submit_task(task_type="background_removal", received=received, owner_id=None)


def kept_result() -> Asset:
    """Run such a task and keep what came out."""
    assert run_job(submit()).state == "succeeded"
    return services.keep_asset(asset_id=Asset.objects.get(is_listed=True).pk)


def test_input_of_a_kept_result_stays_as_long_as_the_result() -> None:
    result = kept_result()

    (before,) = Asset.objects.filter(children__child=result)

    assert (before.state, before.is_listed, before.expires_at) == (AssetState.READY, False, None)


def test_input_goes_with_the_last_result_that_was_made_from_it() -> None:
    result = kept_result()

    services.delete_asset(asset_id=result.pk)
    services.sweep_files(check=lambda: None)

    assert not Asset.objects.filter(state=AssetState.READY).exists()


def test_task_that_failed_by_a_fault_can_be_tried_again_with_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = submit()
    with monkeypatch.context() as away:
        away.setattr(Cutout, "ready", lambda _: Readiness(is_ready=False, missing=("IT",), detail="Set IT."))
        assert run_job(job_id).state == "failed"
    (waiting,) = Asset.objects.all()
    assert waiting.expires_at is not None
    assert waiting.expires_at > timezone.now() + timedelta(minutes=50)

    actions.retry(job_id=job_id)
    drain()

    assert Job.objects.get(pk=job_id).state == "succeeded"
