"""Pictures over HTTP: uploaded, listed, fetched, kept, deleted."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from nightdesk.engine.testing import drain
from nightdesk.images import services
from nightdesk.images.api.assets import MAX_UPLOAD_BODY_BYTES
from nightdesk.images.models import Asset, Origin, StoredFile
from nightdesk.images.schemas.assets import OriginName
from tests.integration.images.store import Store, describe, open_folder
from tests.support.callers import Caller, problem_of
from tests.support.pictures import encode, photo

ASSETS = "/api/v1/assets/"
JPEG = encode(photo(900, 600), "JPEG", quality=90)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> Store:
    settings.STORAGES = describe({}, tmp_path)
    return open_folder(tmp_path / "media")


def upload(caller: Caller, content: bytes = JPEG, content_type: str = "image/jpeg", **headers: str) -> dict[str, Any]:
    answer = caller.send("POST", ASSETS, content, content_type, **headers)
    assert answer.status_code == 202, answer.content
    body: dict[str, Any] = answer.json()
    return body


def post_form(caller: Caller, **files: SimpleUploadedFile) -> Any:
    return Client(headers={"Authorization": f"Bearer {caller.secret}"}).post(ASSETS, files)


def ready_asset(caller: Caller) -> dict[str, Any]:
    asset_id = upload(caller)["asset"]["id"]
    drain()
    shown: dict[str, Any] = caller.get(f"{ASSETS}{asset_id}/").json()
    assert shown["state"] == "ready"
    return shown


def test_upload_as_the_body_is_accepted_and_read_by_a_job(ada: Caller) -> None:
    answer = ada.send("POST", f"{ASSETS}?name=Kettle", JPEG, "image/jpeg")
    body = answer.json()
    coming = body["asset"]
    drain()
    shown = ada.get(f"{ASSETS}{coming['id']}/").json()

    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{body['task_id']}/")
    assert body["message"] == "images.process_uploaded_image task submitted successfully"
    assert (coming["state"], coming["url"], coming["width"], coming["job_id"]) == (
        "coming",
        None,
        None,
        body["task_id"],
    )
    assert (shown["name"], shown["width"], shown["height"], shown["owner"]) == ("Kettle", 900, 600, ada.user.pk)
    sides = [(thumb["side"], thumb["width"], thumb["height"]) for thumb in shown["thumbnails"]]
    assert sides == [(600, 600, 400), (300, 300, 200), (150, 150, 100)]


def test_upload_as_a_form_keeps_the_name_of_the_file(ada: Caller) -> None:
    answer = post_form(ada, file=SimpleUploadedFile("küche.jpg", JPEG, "text/plain"))

    assert (answer.status_code, answer.json()["asset"]["name"]) == (202, "küche.jpg")


@pytest.mark.django_db(transaction=True)
def test_answer_that_waited_shows_the_picture_as_it_stands(ada: Caller) -> None:
    sent = {"Idempotency_Key": "one", "Prefer": "wait=10"}
    accepted = ada.send("POST", ASSETS, JPEG, "image/jpeg", Idempotency_Key="one").json()
    drain()

    waited = ada.send("POST", ASSETS, JPEG, "image/jpeg", **sent)

    body = waited.json()
    assert (waited.status_code, body["status"], body["asset"]["state"]) == (200, "SUCCESS", "ready")
    assert (accepted["asset"]["state"], body["asset"]["id"]) == ("coming", accepted["asset"]["id"])


def test_same_key_uploads_once(ada: Caller, store: Store) -> None:
    first = ada.send("POST", ASSETS, JPEG, "image/jpeg", Idempotency_Key="one")
    again = ada.send("POST", ASSETS, JPEG, "image/jpeg", Idempotency_Key="one")
    other = ada.send("POST", ASSETS, JPEG + b"x", "image/jpeg", Idempotency_Key="one")

    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (202, first.content, "true")
    assert problem_of(other)["code"] == "idempotency_key_used"
    assert (Asset.objects.count(), len(store.files()), StoredFile.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code", "said"),
    [
        (b"%PDF-1.7 and so on, as long as it takes", "image/jpeg", 422, "rejected_picture", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", 422, "rejected_picture", "SVG"),
        (JPEG, "text/plain", 415, "unsupported_media_type", "multipart/form-data"),
        (b"{}", "application/json", 415, "unsupported_media_type", "multipart/form-data"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_kept(
    ada: Caller, store: Store, content: bytes, content_type: str, status: int, code: str, said: str
) -> None:
    problem = problem_of(ada.send("POST", ASSETS, content, content_type))

    assert (problem["status"], problem["code"], said in problem["detail"]) == (status, code, True)
    assert (store.files(), Asset.objects.count(), StoredFile.objects.count()) == ([], 0, 0)


def test_body_that_says_it_is_too_large_is_not_read(ada: Caller) -> None:
    too_large = Client(headers={"Authorization": f"Bearer {ada.secret}"}).generic(
        "POST", ASSETS, b"", "image/jpeg", CONTENT_LENGTH=str(MAX_UPLOAD_BODY_BYTES + 1)
    )

    assert problem_of(too_large)["code"] == "payload_too_large"


def test_form_needs_exactly_one_file(ada: Caller) -> None:
    none = post_form(ada)
    two = post_form(ada, file=SimpleUploadedFile("a.jpg", JPEG), other=SimpleUploadedFile("b.jpg", JPEG))

    said = {"file": ["Send exactly one file in the field `file`."]}
    assert [problem_of(answer)["details"] for answer in (none, two)] == [said, said]


def test_empty_file_is_refused(ada: Caller) -> None:
    problem = problem_of(post_form(ada, file=SimpleUploadedFile("a.png", b"")))

    assert (problem["status"], problem["details"]) == (422, {"file": ["This file is empty. Send a picture."]})


def test_file_is_fetched_with_what_keeps_it_harmless(ada: Caller, bob: Caller) -> None:
    asset = ready_asset(ada)

    answer = bob.get(asset["url"])
    again = bob.get(asset["url"], If_None_Match=answer["ETag"])

    assert hashlib.sha256(answer.content).hexdigest() == asset["sha256"]
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (900, 600))
    assert {name: answer[name] for name in ("Content-Type", "Cache-Control", "ETag", "Content-Disposition")} == {
        "Content-Type": "image/jpeg",
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{asset["sha256"]}"',
        "Content-Disposition": f'inline; filename="{asset["id"]}.jpg"',
    }
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])


def test_small_copies_are_fetched_by_their_side(ada: Caller) -> None:
    asset = ready_asset(ada)

    for thumb in asset["thumbnails"]:
        answer = ada.get(thumb["url"])
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (answer["Content-Type"], picture.size) == ("image/webp", (thumb["width"], thumb["height"]))
    assert problem_of(ada.get(f"{asset['url']}601/"))["status"] == 404


def test_strangers_fetch_nothing(ada: Caller) -> None:
    asset = ready_asset(ada)

    answers = [Client().get(address) for address in (asset["url"], asset["thumbnails"][0]["url"], ASSETS)]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


@pytest.mark.parametrize("asset_id", ["%00", "a%00b", "A" * 24, "a" * 25, "a" * 24 + "%0A"])
def test_what_cannot_be_an_id_is_no_picture(ada: Caller, asset_id: str) -> None:
    place = f"{ASSETS}{asset_id}/"
    answers = [
        ada.get(place),
        ada.get(f"{place}file/"),
        ada.get(f"{place}file/150/"),
        ada.post(f"{place}keep/"),
        ada.call("PATCH", place, {"name": "x"}),
        ada.delete(place),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6


def test_states_of_a_picture_have_answers_of_their_own(ada: Caller) -> None:
    coming = upload(ada)["asset"]["id"]
    over = ready_asset(ada)["id"]
    Asset.objects.filter(pk=over).update(expires_at=timezone.now() - timedelta(seconds=1))
    Asset.objects.filter(pk=coming).update(state="coming")

    answers = [ada.get(f"{ASSETS}{one}/file/") for one in (coming, over, "none")]

    assert [(one.status_code, problem_of(one)["code"]) for one in answers] == [
        (409, "asset_not_ready"),
        (410, "asset_expired"),
        (404, "not_found"),
    ]
    assert problem_of(ada.post(f"{ASSETS}{over}/keep/"))["code"] == "asset_expired"
    assert problem_of(ada.get(f"{ASSETS}{over}/"))["code"] == "asset_expired"


def test_library_is_filtered_and_hides_what_is_not_listed(ada: Caller) -> None:
    shown = ready_asset(ada)
    made = Asset.objects.create(origin=Origin.MADE, operation="style_transfer", prompt="A Red kettle", state="ready")
    Asset.objects.create(origin=Origin.MADE, is_listed=False, state="ready")
    Asset.objects.create(origin=Origin.MADE, expires_at=timezone.now(), state="ready")

    def ids(query: str) -> list[str]:
        return [item["id"] for item in ada.get(f"{ASSETS}{query}").json()["items"]]

    assert ids("") == [made.pk, shown["id"]]
    assert ids("?origin=made") == ids("?operation=style_transfer") == ids("?q=red") == [made.pk]
    assert ids(f"?job={shown['job_id']}") == ids("?origin=uploaded") == [shown["id"]]
    assert ada.get(f"{ASSETS}?limit=1").json()["next"] == f"{ASSETS}?limit=1&offset=1"


def test_record_shows_the_tree_of_versions(ada: Caller) -> None:
    parent = Asset.objects.get(pk=ready_asset(ada)["id"])
    child = Asset(origin=Origin.MADE, job_id=None)
    files = services.write_asset_files(
        asset_id=child.pk, pixels=photo(), format="png", quality=80, digital_source_type="", job_id=None
    )
    services.save_made(asset=child, files=files, parents={"image": parent.pk, "mask": "gone"})

    assert ada.get(f"{ASSETS}{child.pk}/").json()["parents"] == [
        {"role": "image", "asset_id": parent.pk},
        {"role": "mask", "asset_id": None},
    ]
    assert ada.get(f"{ASSETS}{parent.pk}/").json()["children"] == [{"role": "image", "asset_id": child.pk}]


def test_name_is_changed_and_nothing_else(ada: Caller) -> None:
    asset = ready_asset(ada)

    renamed = ada.call("PATCH", f"{ASSETS}{asset['id']}/", {"name": "  Spring   kettle "}).json()
    wrong = ada.call("PATCH", f"{ASSETS}{asset['id']}/", {"name": "a", "width": 3})

    assert renamed == {**asset, "name": "Spring kettle"}
    assert problem_of(wrong)["details"].keys() == {"width"}


def test_keeping_takes_the_end_away(ada: Caller) -> None:
    asset = ready_asset(ada)
    Asset.objects.filter(pk=asset["id"]).update(expires_at=timezone.now() + timedelta(hours=1))

    kept = ada.post(f"{ASSETS}{asset['id']}/keep/").json()

    assert (kept["expires_at"], kept["kept_at"] is not None) == (None, True)


def test_deleted_picture_is_gone_with_its_files(ada: Caller, store: Store) -> None:
    asset = ready_asset(ada)

    answer = ada.delete(f"{ASSETS}{asset['id']}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (store.files(), StoredFile.objects.count()) == ([], 0)
    assert problem_of(ada.get(f"{ASSETS}{asset['id']}/"))["status"] == 404
    assert problem_of(ada.delete(f"{ASSETS}{asset['id']}/"))["status"] == 404


def test_result_of_processing_a_named_file(ada: Caller, store: Store) -> None:
    (store.folder / "uploads").mkdir(parents=True)
    (store.folder / "uploads" / "a.jpg").write_bytes(JPEG)

    body = {"file_path": "uploads/a.jpg", "max_width": 450, "max_height": 450, "quality": 70}
    task_id = ada.post("/api/v1/tasks/image/process/", body).json()["task_id"]
    drain()

    result = json.loads(ada.get(f"/api/v1/jobs/{task_id}/result/").content)["result"]
    assert (result["width"], result["height"], result["format"]) == (450, 300, "webp")
    assert [thumb["width"] for thumb in result["thumbnails"]] == [450, 300, 150]
    assert ada.get(result["image_url"]).status_code == 200


def test_origins_of_the_document_are_those_of_the_rows() -> None:
    assert list(get_args(OriginName)) == list(Origin)
