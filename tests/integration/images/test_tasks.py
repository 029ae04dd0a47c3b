"""Image tasks from the order to the result, with what works without any key or weights."""

import io
import uuid
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from nightdesk.accounts.models import User
from nightdesk.core.errors import Forbidden, InvalidInput
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.models import Asset, AssetState, FaceSwapConsent, Origin, StoredFile
from nightdesk.images.tasks import process_background_removal, process_image_generation
from nightdesk.providers.images.protocol import Pixels
from tests.support.photographs import photograph
from tests.support.pictures import encode, photo

# Transactions are real: a run's pulse looks for its row over a connection of its own while a picture is made.
pytestmark = pytest.mark.django_db(transaction=True)

POSTER: dict[str, Any] = {"width": 128, "height": 96, "seed": 7}


def upload(pixels: Pixels, kind: str = "PNG") -> str:
    """Put a picture into the library, read by now; return `asset:<id>`."""
    coming = services.stage_upload(source=io.BytesIO(encode(pixels, kind)), name="photo.png", owner_id=None)
    asset = services.settle_upload(asset_id=coming.pk, check=lambda: None)
    Job.objects.filter(subject=f"asset:{coming.pk}").delete()
    return f"asset:{asset.pk}"


def submit(task_type: str, *, uploads: dict[str, bytes] | None = None, **fields: Any) -> uuid.UUID:
    """Submit a task, with these files sent along."""
    with services.receiving({name: io.BytesIO(sent) for name, sent in (uploads or {}).items()}) as received:
        return services.submit_task(
            task_type=task_type, received=received, owner_id=fields.pop("owner_id", None), **fields
        )


def result_of(job_id: uuid.UUID) -> services.ImageResult:
    """Run a task that must succeed, and return its result."""
    job = run_job(job_id)
    assert (job.state, job.progress) == ("succeeded", 100), error_of(job)
    result = services.find_result(job_id=job_id)
    assert result is not None
    return result


def made_by(result: services.ImageResult) -> tuple[Asset, Pixels]:
    asset = services.find_ready_asset(asset_id=result["asset_id"])
    return asset, services.read_pixels(asset=asset)


def files_without_an_asset() -> list[str]:
    """Name the files in the store that belong to no asset, with or without a row."""
    owned = set(StoredFile.objects.exclude(asset=None).values_list("name", flat=True))
    return sorted(set(files_in_store()) - owned)


def files_in_store(folder: str = "") -> list[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    names = [f"{folder}/{name}".lstrip("/") for name in files]
    return names + [name for inner in folders for name in files_in_store(f"{folder}/{inner}".lstrip("/"))]


def test_generation_makes_an_asset_of_the_size_asked_for(settings: Settings) -> None:
    job_id = submit(
        "image_generation", prompt='A poster that says "Quiet mornings"', parameters={**POSTER, "format": "png"}
    )

    result = result_of(job_id)

    asset, pixels = made_by(result)
    assert (asset.width, asset.height, asset.format, asset.job_id) == (128, 96, "png", job_id)
    assert (asset.origin, asset.operation, asset.provider) == (Origin.MADE, "image_generation", "layout")
    assert pixels.std() > 5
    metadata = dict(result["metadata"])
    expires_at = metadata.pop("expires_at")
    assert metadata | {"warnings": [], "method": "", "model": ""} == {
        "original_prompt": 'A poster that says "Quiet mornings"',
        "refined_prompt": None,
        "parameters": {**POSTER, "format": "png", "quality": 90, "provider": "layout"},
        "provider": "layout",
        "model": "",
        "method": "",
        "seed": 7,
        "warnings": [],
        "generative_ai": False,
        "digital_source_type": "algorithmicMedia",
        "cost_micros": None,
        "width": 128,
        "height": 96,
        **{name: value for name, value in metadata.items() if name not in _DOCUMENTED},
    }
    assert asset.expires_at is not None
    assert expires_at == asset.expires_at.isoformat()
    left_s = (asset.expires_at - timezone.now()).total_seconds()
    assert settings.RESULT_EXPIRES_S - 60 < left_s <= settings.RESULT_EXPIRES_S
    assert result["image_url"] == f"/api/v1/assets/{asset.pk}/file/"


_DOCUMENTED = {
    "original_prompt",
    "refined_prompt",
    "parameters",
    "provider",
    "model",
    "method",
    "seed",
    "warnings",
    "generative_ai",
    "digital_source_type",
    "cost_micros",
    "width",
    "height",
}


def test_background_removal_keeps_the_subject_and_names_its_parent() -> None:
    reference = upload(photograph("astronaut", 256))

    asset, pixels = made_by(result_of(submit("background_removal", image=reference)))

    assert pixels.shape == (256, 256, 4)
    assert pixels[120:200, 90:150, 3].mean() > 200  # the person
    assert {parent.role: f"asset:{parent.parent_id}" for parent in asset.parents.all()} == {"image": reference}
    assert asset.digital_source_type == "algorithmicallyEnhanced"


def test_object_removal_changes_what_the_box_covers_and_nothing_far_from_it() -> None:
    original = photograph("coffee", 200)
    reference = upload(original)

    asset, pixels = made_by(
        result_of(submit("object_removal", image=reference, parameters={"box": [60, 60, 90, 80], "format": "png"}))
    )

    difference = np.abs(pixels[..., :3].astype(int) - original).max(axis=2)
    assert difference[60:80, 60:90].mean() > 1
    assert difference[:40].max() == 0
    assert asset.format == "png"


def test_mask_and_box_together_remove_both() -> None:
    original = photograph("coffee", 160)
    mask = np.zeros(original.shape, dtype=np.uint8)
    mask[20:36, 20:36] = 255
    job_id = submit(
        "object_removal",
        uploads={"image": encode(original, "PNG"), "mask": encode(mask, "PNG")},
        parameters={"box": [100, 60, 120, 76], "format": "png"},
    )

    _, pixels = made_by(result_of(job_id))

    difference = np.abs(pixels[..., :3].astype(int) - original).max(axis=2)
    assert difference[20:36, 20:36].mean() > 1
    assert difference[60:76, 100:120].mean() > 1


def test_style_transfer_repaints_at_the_same_size() -> None:
    original = photograph("coffee", 96)
    known = next(one for one in services.list_providers() if one.info.name == "patchwork").styles

    _, pixels = made_by(result_of(submit("style_transfer", image=upload(original), parameters={"style": known[0]})))

    assert pixels.shape == original.shape
    assert np.abs(pixels.astype(int) - original).mean() > 3


def test_style_is_named_in_any_case_or_by_a_word_of_the_prompt() -> None:
    reference = upload(photograph("coffee", 64))
    named = result_of(submit("style_transfer", image=reference, parameters={"style": "Sepia"}))
    described = result_of(submit("style_transfer", image=reference, prompt="an old photograph, Sepia."))
    assert [one["metadata"]["method"] for one in (named, described)] == ["sepia", "sepia"]
    with pytest.raises(InvalidInput) as caught:
        submit("style_transfer", image=reference, prompt="like the seventies")
    assert "does not know a style of these words. Choose one of: brush," in caught.value.details["style"][0]


def allow_face_swap(user: User) -> None:
    services.allow_face_swap(allowed=True, user_id=user.pk)


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_superuser(email="olga@example.org")


def test_face_swap_stores_the_consent_and_says_that_it_is_a_composite(owner: User) -> None:
    allow_face_swap(owner)
    face = photograph("astronaut", 512)
    job_id = submit(
        "face_swap",
        image=upload(face),
        target_image=upload(np.ascontiguousarray(face[:, ::-1])),
        parameters={"consent": True},
        owner_id=owner.pk,
    )

    asset, pixels = made_by(result_of(job_id))

    consent = FaceSwapConsent.objects.get()
    assert (consent.job_id, consent.user, consent.statement) == (job_id, owner, services.CONSENT_STATEMENT)
    assert asset.digital_source_type == "compositeCapture"
    assert pixels.shape == face.shape


def test_face_swap_is_off_until_an_administrator_turns_it_on(owner: User) -> None:
    order: dict[str, Any] = {"image": upload(photo()), "target_image": upload(photo()), "parameters": {"consent": True}}
    with pytest.raises(Forbidden, match="turned off"):
        submit("face_swap", **order)

    allow_face_swap(owner)
    job_id = submit("face_swap", **order)
    services.allow_face_swap(allowed=False, user_id=owner.pk)

    job = run_job(job_id)
    error = error_of(job)
    assert (job.state, error and error.code) == ("failed", "forbidden")


@pytest.mark.parametrize("faces", [0, 2])
def test_face_swap_without_exactly_one_face_fails_in_plain_words_and_leaves_nothing(owner: User, faces: int) -> None:
    allow_face_swap(owner)
    face = photograph("astronaut", 512)
    target = photograph("coffee", 256) if faces == 0 else np.concatenate([face, face], axis=1)
    before = files_in_store()
    job_id = submit(
        "face_swap",
        uploads={"image": encode(face, "PNG"), "target_image": encode(np.ascontiguousarray(target), "PNG")},
        parameters={"consent": True},
    )

    job = run_job(job_id)
    error = error_of(job)

    assert (job.state, error and error.code) == ("failed", "unsuitable_picture")
    assert error is not None
    assert "face" in error.message
    drain()
    assert files_in_store() == before


def test_pictures_that_come_along_are_read_by_the_job_and_live_as_long_as_its_result() -> None:
    job_id = submit("background_removal", uploads={"image": encode(photograph("astronaut", 128), "JPEG")})
    coming = Asset.objects.get()
    assert (coming.state, coming.is_listed, coming.job_id) == (AssetState.COMING, False, job_id)

    asset, _ = made_by(result_of(job_id))

    coming.refresh_from_db()
    assert (coming.state, coming.expires_at) == (AssetState.READY, asset.expires_at)
    assert list(services.assets_shown()) == [asset]
    assert files_without_an_asset() == []


def test_broken_picture_fails_the_job_with_its_field_and_leaves_nothing() -> None:
    before = files_in_store()
    sound = encode(photo(400, 300), "PNG")
    job_id = submit("background_removal", uploads={"image": sound[:60] + bytes(200)})

    job = run_job(job_id)
    error = error_of(job)

    assert (job.state, error and error.code) == ("failed", "rejected_picture")
    drain()
    assert files_in_store() == before


def test_job_that_is_cancelled_before_it_runs_leaves_nothing() -> None:
    before = files_in_store()
    job_id = submit("background_removal", uploads={"image": encode(photo(), "PNG")})

    assert actions.cancel(job_id=job_id) == "cancelled"
    drain()

    assert files_in_store() == before


def test_order_that_is_refused_stores_nothing() -> None:
    before = files_in_store()

    with pytest.raises(InvalidInput) as refused:
        submit("background_removal", uploads={"image": encode(photo(), "PNG")}, parameters={"box": [0, 0, 65, 10]})

    assert list(refused.value.details) == ["box"]
    assert (files_in_store(), Asset.objects.count(), Job.objects.count()) == (before, 0, 0)


def test_mask_of_another_size_is_refused_before_the_job() -> None:
    with pytest.raises(InvalidInput) as refused:
        submit("object_removal", image=upload(photo(64, 48)), mask=upload(photo(48, 48)))

    assert refused.value.details == {
        "mask": ["The mask has 48 x 48 pixels and the image 64 x 48. Send a mask of the same size."]
    }


def test_same_seed_makes_the_same_picture() -> None:
    first, second, other = (
        made_by(result_of(submit("image_generation", prompt="Tulips", parameters={**POSTER, "seed": seed})))[1]
        for seed in (1, 1, 2)
    )

    assert (first == second).all()
    assert (first != other).any()


def test_result_comes_with_its_bytes_and_without_them_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_of(submit("image_generation", prompt="Tulips", parameters=POSTER))

    shown = services.present_result(result=result)
    monkeypatch.setattr("nightdesk.images.services.results.MOST_INLINE_BYTES", 10)

    assert shown["image_data"].startswith("UklGR")  # RIFF, as WebP begins
    assert services.present_result(result=result)["image_data"] is None


def test_task_called_directly_works_in_place() -> None:
    result = process_image_generation("Tulips", parameters={"width": 64, "height": 64})

    asset, _ = made_by(result)
    assert (asset.width, asset.owner, Job.objects.count()) == (64, None, 0)
    assert files_without_an_asset() == []


def test_delay_routes_to_where_the_provider_belongs_and_refuses_an_unknown_one() -> None:
    queued = process_background_removal.delay(f"asset:{'a' * 24}", parameters={"provider": "cutout"})

    assert Job.objects.get(pk=queued.id).queue == "cpu"
    with pytest.raises(InvalidInput):
        process_background_removal.delay(f"asset:{'a' * 24}", parameters={"provider": "nobody"})


def test_prompt_that_nobody_reads_is_kept_and_said() -> None:
    result = result_of(
        submit("background_removal", image=upload(photograph("astronaut", 96)), prompt="Only the person")
    )

    assert result["metadata"]["original_prompt"] == "Only the person"
    assert "The prompt was not used: background_removal works without one." in result["metadata"]["warnings"]
    box = {"box": [10, 10, 20, 20]}
    result = result_of(submit("object_removal", image=upload(photo()), prompt="Wood", parameters=box))
    assert result["metadata"]["warnings"] == ["The prompt was not used: Patch fill fills from the surroundings alone."]
