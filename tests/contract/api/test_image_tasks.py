"""Image tasks over HTTP: what is refused and how, what is accepted, what status and result say."""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from nightdesk.accounts.models import Role
from nightdesk.engine import actions
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain, run_job
from nightdesk.images import services
from nightdesk.images.models import Asset, StoredFile
from tests.support.callers import Caller, make_caller, problem_of
from tests.support.pictures import encode, photo

# Transactions are real: a run's pulse looks for its row over a connection of its own while a picture is made.
pytestmark = pytest.mark.django_db(transaction=True)

SUBMIT = "/api/v1/tasks/submit/"
POSTER: dict[str, Any] = {
    "task_type": "image_generation",
    "prompt": "Tulips for everybody",
    "parameters": {"width": 64, "height": 64},
}
PICTURE = base64.b64encode(encode(photo(), "PNG")).decode()


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Path:
    """A media store of the test's own."""
    here = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": here}
    return tmp_path


@pytest.fixture
def admin(db: None) -> Caller:
    """An administrator."""
    return make_caller("anna", Role.ADMINISTRATOR)


def submit(caller: Caller, **fields: Any) -> UUID:
    """Submit a task that must be accepted and return its id."""
    response = caller.post(SUBMIT, fields)
    assert response.status_code == 202, response.content
    return UUID(response.json()["task_id"])


def left_behind(store: Path) -> list[str]:
    return [str(path) for path in store.rglob("*") if path.is_file()]


def test_submit_is_accepted_watched_and_fetched(ada: Caller) -> None:
    response = ada.post(SUBMIT, POSTER)
    task_id = response.json()["task_id"]
    assert (response.status_code, response["Location"]) == (202, f"/api/v1/jobs/{task_id}/")
    assert response.json() == {
        "task_id": task_id,
        "status": "PENDING",
        "message": "image_generation task submitted successfully",
    }
    assert ada.get(f"/api/v1/tasks/{task_id}/status/").json()["status"] == "PENDING"
    assert ada.get(f"/api/v1/tasks/{task_id}/result/").status_code == 409

    run_job(UUID(task_id))

    status = ada.get(f"/api/v1/tasks/{task_id}/status/").json()
    assert (status["status"], status["progress"], status["result_available"]) == ("SUCCESS", 100, True)
    shown = ada.get(f"/api/v1/tasks/{task_id}/result/").json()
    asset = Asset.objects.get(job_id=task_id)
    assert (shown["task_id"], shown["status"]) == (task_id, "SUCCESS")
    result = shown["result"]
    assert result.keys() == {"status", "asset_id", "image_data", "image_url", "prompt_used", "metadata"}
    assert (result["status"], result["asset_id"], result["prompt_used"]) == ("success", asset.pk, POSTER["prompt"])
    fetched = ada.get(result["image_url"])
    assert b"".join(fetched) == base64.b64decode(result["image_data"])
    assert fetched["Content-Type"] == "image/webp"


REFUSED = [
    pytest.param(
        {"task_type": "image_generation"}, {"prompt": ["Prompt is required for image_generation"]}, id="prompt"
    ),
    pytest.param(
        {"task_type": "background_removal"}, {"image": ["Image is required for background_removal"]}, id="image"
    ),
    pytest.param(
        {"task_type": "object_removal", "image": PICTURE},
        {"mask": ["Mask is required for object_removal, unless a box says where the object is"]},
        id="mask",
    ),
    pytest.param(
        {"task_type": "style_transfer", "image": PICTURE},
        {"style": ["Style is required for style_transfer, unless a target image or a prompt gives the look"]},
        id="style",
    ),
    pytest.param(
        {**POSTER, "image": PICTURE}, {"image": ["image_generation does not take this. Leave it out."]}, id="too-much"
    ),
    pytest.param({**POSTER, "prompt": "x" * 5001}, {"prompt": ["This must have at most 5000 characters."]}, id="long"),
    pytest.param(
        {"task_type": "background_removal", "image": PICTURE, "parameters": {"format": "jpeg"}},
        {"format": ["JPEG knows no transparency. Choose webp, png or avif."]},
        id="jpeg-without-transparency",
    ),
    pytest.param(
        {"task_type": "background_removal", "image": PICTURE, "parameters": {"box": [0, 0, 65, 48]}},
        {"box": ["The box must lie inside the image of 64 x 48 pixels, with x0 < x1 and y0 < y1."]},
        id="box-outside",
    ),
    pytest.param(
        {
            "task_type": "object_removal",
            "image": PICTURE,
            "mask": base64.b64encode(encode(photo(48, 48), "PNG")).decode(),
        },
        {"mask": ["The mask has 48 x 48 pixels and the image 64 x 48. Send a mask of the same size."]},
        id="mask-of-another-size",
    ),
    pytest.param(
        {"task_type": "background_removal", "image": f"asset:{'a' * 24}"},
        {"image": ["There is no such picture. It may have been deleted; look in the library."]},
        id="unknown-asset",
    ),
    pytest.param(
        {"task_type": "background_removal", "image": "asset:../etc"},
        {"image": ["Name a picture as asset:<id>, with the id that its upload answered."]},
        id="no-asset-id",
    ),
    pytest.param(
        {"task_type": "background_removal", "image": "neither"},
        {"image": ["This is not base64. Send a picture as base64, or name one as asset:<id>."]},
        id="no-base64",
    ),
    pytest.param(
        {"task_type": "background_removal", "image": "https://example.org/a.png"},
        {"image": ["Addresses are not fetched. Send the picture itself as base64, or name one as asset:<id>."]},
        id="address",
    ),
]


@pytest.mark.parametrize(("fields", "details"), REFUSED)
def test_wrong_order_is_refused_by_field_and_leaves_nothing(
    ada: Caller, store: Path, fields: dict[str, Any], details: dict[str, list[str]]
) -> None:
    response = ada.post(SUBMIT, fields)

    body = problem_of(response)
    assert (response.status_code, body["error"], body["details"]) == (400, "Invalid input", details)
    assert (Job.objects.count(), Asset.objects.count(), StoredFile.objects.count()) == (0, 0, 0)
    assert left_behind(store) == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"width": 63}, "width"),
        ({"height": 2049}, "height"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"format": "gif"}, "format"),
        ({"quality": 0}, "quality"),
        ({"strength": 0.5}, "strength"),
        ({"box": [0, 0, 1, 1]}, "box"),
        ({"colour": "red"}, "parameters.colour"),
    ],
)
def test_wrong_parameter_is_named(ada: Caller, parameters: dict[str, Any], field: str) -> None:
    response = ada.post(SUBMIT, {**POSTER, "parameters": parameters})

    named = list(problem_of(response)["details"])
    assert response.status_code == 400
    assert named == [field]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 20, "SVG"),
        (b"%PDF-1.7 ....................................", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "broken"),
    ],
)
def test_file_that_is_no_picture_is_422_and_leaves_nothing(
    ada: Caller, store: Path, content: bytes, words: str
) -> None:
    encoded = base64.b64encode(content).decode()

    response = ada.post(SUBMIT, {"task_type": "background_removal", "image": encoded})

    body = problem_of(response)
    assert (response.status_code, body["code"], list(body["details"])) == (422, "rejected_picture", ["image"])
    assert words in body["detail"]
    assert (Asset.objects.count(), StoredFile.objects.count(), left_behind(store)) == (0, 0, [])


def test_provider_that_is_not_ready_is_503_and_names_what_is_missing(ada: Caller) -> None:
    box = {"box": [0, 0, 4, 4]}
    orders: dict[str, dict[str, Any]] = {
        "image_generation": {"prompt": "Tulips", "parameters": {}},
        "background_removal": {"image": PICTURE, "parameters": {}},
        "object_removal": {"image": PICTURE, "parameters": box},
        "style_transfer": {"image": PICTURE, "parameters": {"style": "oil"}},
    }
    not_ready = [
        one for one in services.list_providers() if one.info.operation in orders and not one.readiness.is_ready
    ]
    assert {one.info.kind for one in not_ready} == {"local_model", "hosted"}
    for one in not_ready:
        order = orders[one.info.operation]
        named = {**order, "parameters": {**order["parameters"], "provider": one.info.name}}
        body = problem_of(ada.post(SUBMIT, {"task_type": one.info.operation, **named}))
        assert (body["status"], body["code"]) == (503, "misconfigured")
        assert one.readiness.missing[0] in body["detail"]


def test_picture_as_data_uri_goes_all_the_way(ada: Caller, store: Path) -> None:
    task_id = submit(
        ada, task_type="object_removal", image=f"data:image/png;base64,{PICTURE}", parameters={"box": [8, 8, 16, 16]}
    )

    run_job(task_id)

    result = ada.get(f"/api/v1/tasks/{task_id}/result/").json()["result"]
    assert (result["metadata"]["width"], result["metadata"]["height"]) == (64, 48)
    names = set(StoredFile.objects.exclude(asset=None).values_list("name", flat=True))
    assert {str(path) for path in left_behind(store)} == {str(store / name) for name in names}


def test_same_key_is_carried_out_once_and_stores_its_picture_once(ada: Caller, store: Path) -> None:
    fields = {"task_type": "background_removal", "image": PICTURE}

    first, second = (ada.post(SUBMIT, fields, Idempotency_Key="k") for _ in range(2))
    other = ada.post(SUBMIT, {**fields, "prompt": "other"}, Idempotency_Key="k")

    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert (other.status_code, problem_of(other)["code"]) == (422, "idempotency_key_used")
    assert (Job.objects.count(), Asset.objects.count(), len(left_behind(store))) == (1, 1, 1)


def test_refused_order_leaves_its_key_free(ada: Caller, store: Path) -> None:
    wrong = {"task_type": "background_removal", "image": PICTURE, "parameters": {"box": [0, 0, 99, 9]}}

    assert ada.post(SUBMIT, wrong, Idempotency_Key="k").status_code == 400
    assert left_behind(store) == []
    assert ada.post(SUBMIT, POSTER, Idempotency_Key="k").status_code == 202


def test_result_is_410_once_it_has_expired_and_stays_when_it_was_kept(ada: Caller) -> None:
    gone, kept = submit(ada, **POSTER), submit(ada, **POSTER)
    drain()
    services.keep_asset(asset_id=Asset.objects.get(job_id=kept).pk)
    Job.objects.filter(result_expires_at__isnull=False).update(result_expires_at="2026-01-01T00:00:00Z")
    Asset.objects.filter(expires_at__isnull=False).update(expires_at="2026-01-01T00:00:00Z")

    response = ada.get(f"/api/v1/tasks/{gone}/result/")
    shown = ada.get(f"/api/v1/tasks/{kept}/result/").json()["result"]

    assert (response.status_code, problem_of(response)["code"]) == (410, "gone")
    assert shown["metadata"]["expires_at"] is None
    assert ada.get(f"/api/v1/tasks/{gone}/status/").json()["result_available"] is False


def test_result_of_a_deleted_picture_is_404(ada: Caller) -> None:
    task_id = submit(ada, **POSTER)
    drain()
    services.delete_asset(asset_id=Asset.objects.get(job_id=task_id).pk)

    assert ada.get(f"/api/v1/tasks/{task_id}/result/").status_code == 404


def test_failed_and_cancelled_tasks_say_why(ada: Caller) -> None:
    failed = submit(ada, task_type="background_removal", image=base64.b64encode(encode(photo(), "PNG")[:60]).decode())
    cancelled = submit(ada, **POSTER)
    actions.cancel(job_id=cancelled)
    run_job(failed)

    results = [ada.get(f"/api/v1/tasks/{one}/result/").json() for one in (failed, cancelled)]

    assert [(one["status"], one["result"]) for one in results] == [("FAILURE", None), ("REVOKED", None)]
    assert results[0]["code"] == "rejected_picture"
    assert results[0]["error"]


def test_body_over_the_limit_of_large_ones_is_413(ada: Caller) -> None:
    client = Client(headers={"Authorization": f"Bearer {ada.secret}"})
    size = str(181 * 1024 * 1024)
    response = client.generic("POST", SUBMIT, b"{}", "application/json", CONTENT_LENGTH=size)

    assert (response.status_code, problem_of(response)["code"]) == (413, "payload_too_large")


def test_body_that_is_not_json_is_415_and_400(ada: Caller) -> None:
    assert ada.send("POST", SUBMIT, b"{}", "text/plain").status_code == 415
    assert list(problem_of(ada.send("POST", SUBMIT, b'{"image": "AAAA', "application/json"))["details"]) == ["body"]


def test_providers_say_everything_a_person_should_know_before_a_run(ada: Caller) -> None:
    listed = ada.get("/api/v1/providers/").json()["providers"]

    used = {one["operation"]: one["name"] for one in listed if one["is_used"]}
    assert used.keys() == {
        "image_generation",
        "face_swap",
        "background_removal",
        "object_removal",
        "style_transfer",
    }
    layout = next(one for one in listed if one["name"] == "layout")
    assert (layout["kind"], layout["generative_ai"], layout["ready"], layout["missing"]) == (
        "embedded",
        False,
        True,
        [],
    )
    assert layout["data_goes_to"] == "stays on this machine"
    assert layout["expected_s_per_megapixel"] > 0
    assert all(one["code_licence"] for one in listed)


def test_face_swaps_are_turned_on_by_administrators_only(ada: Caller, olga: Caller, admin: Caller) -> None:
    path = "/api/v1/images/settings/"
    assert ada.get(path).json() == {"face_swap_allowed": False, "consent_statement": services.CONSENT_STATEMENT}

    assert [caller.call("PATCH", path, {"face_swap_allowed": True}).status_code for caller in (ada, olga)] == [403, 403]
    assert admin.call("PATCH", path, {"face_swap_allowed": True}).json()["face_swap_allowed"] is True
    assert ada.get(path).json()["face_swap_allowed"] is True


def test_face_swap_that_is_off_is_403_and_without_consent_400(ada: Caller, admin: Caller, store: Path) -> None:
    fields = {"task_type": "face_swap", "image": PICTURE, "target_image": PICTURE}
    off = ada.post(SUBMIT, {**fields, "parameters": {"consent": True}})
    services.allow_face_swap(allowed=True, user_id=admin.user.id)
    without = ada.post(SUBMIT, fields)

    assert (off.status_code, problem_of(off)["code"]) == (403, "forbidden")
    assert (without.status_code, list(problem_of(without)["details"])) == (400, ["consent"])
    assert left_behind(store) == []


def test_image_of_the_store_is_processed(ada: Caller, store: Path) -> None:
    (store / "uploads").mkdir()
    (store / "uploads" / "a.jpg").write_bytes(encode(photo(640, 480), "JPEG"))

    response = ada.post("/api/v1/tasks/image/process/", {"file_path": "uploads/a.jpg", "max_width": 200})
    task_id = UUID(response.json()["task_id"])
    assert response.status_code == 202
    run_job(task_id)

    result = ada.get(f"/api/v1/tasks/{task_id}/result/").json()["result"]
    asset = Asset.objects.get(pk=result["asset_id"])
    assert (asset.width, asset.height) == (200, 150)


@pytest.mark.parametrize("path", ["../a.jpg", "/etc/passwd", "a\\b.jpg", "incoming/a.jpg", ""])
def test_path_outside_the_store_is_refused(ada: Caller, path: str) -> None:
    response = ada.post("/api/v1/tasks/image/process/", {"file_path": path})

    assert response.status_code in {400, 422}
    assert list(problem_of(response)["details"]) == ["file_path"]
    assert json.loads(response.content)["detail"]
