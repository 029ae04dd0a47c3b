"""Screenshots as jobs: asked for, taken by a real browser, kept as assets."""

from collections.abc import Iterator

import pytest

from nightdesk.core.errors import InvalidInput
from nightdesk.engine.interrupts import Cancelled
from nightdesk.engine.models import JobPayload
from nightdesk.engine.run import DirectRun
from nightdesk.engine.testing import assert_enqueued, run_job
from nightdesk.images import services
from nightdesk.images.jobs import CaptureScreenshot
from nightdesk.images.models import Asset, AssetState, Origin, StoredFile
from nightdesk.providers.screenshots.camera import PageCamera
from tests.support.sites import Answer, Site

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/": "<title>Red \n page</title><body style='margin:0;background:#f00'>"}) as running:
        yield running


def camera_for(site: Site) -> PageCamera:
    return PageCamera(allowed=frozenset({("127.0.0.1", site.port)}))


def test_page_becomes_an_asset_that_says_where_it_is_from(site: Site) -> None:
    order = CaptureScreenshot(url=f"{site.url}/", width=480, height=320)
    result = services.take_screenshot(order=order, run=DirectRun(CaptureScreenshot.kind), camera=camera_for(site))

    asset = services.find_ready_asset(asset_id=result["asset_id"])
    assert (asset.state, asset.origin, asset.name) == (AssetState.READY, Origin.SCREENSHOT, "Red page")
    assert (asset.width, asset.height, asset.format, asset.digital_source_type) == (480, 320, "png", "screenCapture")
    assert (services.read_pixels(asset=asset)[..., :3] == (255, 0, 0)).all()
    assert asset.expires_at is not None
    assert result["image_url"] == f"/api/v1/assets/{asset.pk}/file/"
    assert result["metadata"]["url"] == f"{site.url}/"
    assert asset.parameters == {"url": f"{site.url}/", "width": 480, "height": 320, "full_page": False}
    assert sorted(StoredFile.objects.values_list("side", flat=True)) == [0, 150, 300, 600]


def test_cancelled_screenshot_leaves_nothing(site: Site) -> None:
    site.answers |= {"/": "<img src='/late'>", "/late": Answer(stays_silent=True)}

    class CancelledRun(DirectRun):
        """A run whose cancel comes while the page loads."""

        def check_cancelled(self) -> None:
            if "/late" in site.hits:
                raise Cancelled

    with pytest.raises(Cancelled):
        services.take_screenshot(
            order=CaptureScreenshot(url=f"{site.url}/"),
            run=CancelledRun(CaptureScreenshot.kind),
            camera=camera_for(site),
        )
    assert (Asset.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_page_on_this_machine_fails_its_job_with_a_reason(site: Site) -> None:
    job_id = services.ask_for_screenshot(url="http://localhost/", width=800, height=600, full_page=False, owner_id=None)
    assert_enqueued(CaptureScreenshot(url="http://localhost/", width=800, height=600))

    job = run_job(job_id)

    assert job.state == "failed"
    assert "not on the public internet" in str(JobPayload.objects.get(pk=job_id).error)
    assert (Asset.objects.count(), StoredFile.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://user@example.com/"}, "url"),
        ({"width": 319}, "width"),
        ({"width": 3841}, "width"),
        ({"height": 100_000}, "height"),
    ],
)
def test_order_that_cannot_be_is_refused_before_a_job_is_made(wrong: dict[str, object], field: str) -> None:
    order = {"url": "http://example.com/", "width": 800, "height": 600, "full_page": False, "owner_id": None}
    with pytest.raises(InvalidInput) as caught:
        services.ask_for_screenshot(**(order | wrong))  # type: ignore[arg-type]
    assert list(caught.value.details) == [field]
