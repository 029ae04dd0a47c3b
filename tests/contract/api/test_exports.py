"""Exports over HTTP: asked for, watched, fetched, and nobody else's."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from nightdesk.engine.testing import run_job
from nightdesk.exports.models import Export
from tests.integration.images.store import describe
from tests.support.callers import Caller, problem_of

TASKS = "/api/v1/tasks/export/"
EXPORTS = "/api/exports/"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings, transactional_db: None) -> None:
    settings.STORAGES = describe({}, tmp_path)


def submit(caller: Caller, **asked: Any) -> Export:
    answer = caller.post(TASKS, {"model_name": "user", "fields": ["id", "email"], **asked})
    assert answer.status_code == 202, answer.content
    return Export.objects.get(task_id=answer.json()["task_id"])


def test_an_export_is_asked_for_and_fetched(ada: Caller) -> None:
    answer = ada.post(TASKS, {"model_name": "user", "filters": {"status": "active"}, "fields": ["id", "email"]})
    assert answer.json() == {
        "task_id": str(Export.objects.get().task_id),
        "status": "PENDING",
        "message": "exports.export_data_to_csv task submitted successfully",
    }
    export = Export.objects.get()
    assert problem_of(ada.get(f"{EXPORTS}{export.pk}/download/"))["code"] == "file_not_ready"
    run_job(export.task_id)

    shown = ada.get(f"{EXPORTS}{export.pk}/").json()
    assert (shown["state"], shown["rows"], shown["fields"]) == ("ready", 1, ["id", "email"])
    file = ada.get(shown["file"]["download_url"])
    data = b"".join(file.streaming_content)  # type: ignore[attr-defined]
    assert data.decode() == f"id,email\n{ada.user.pk},ada@example.org\n"
    assert file["Content-Disposition"] == f'attachment; filename="{shown["file"]["name"]}"'
    assert ada.call("HEAD", shown["file"]["download_url"])["Content-Length"] == str(len(data))
    part = ada.get(shown["file"]["download_url"], Range="bytes=0-1")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"id")  # type: ignore[attr-defined]
    assert [one["id"] for one in ada.get(f"{EXPORTS}?state=ready").json()["items"]] == [export.pk]


def test_an_export_is_its_owners_alone(ada: Caller, bob: Caller, olga: Caller) -> None:
    export = submit(ada)
    run_job(export.task_id)

    for other in (bob, olga):
        for method, path in (("GET", ""), ("GET", "download/"), ("POST", "ticket/"), ("DELETE", "")):
            answer = other.call(method, f"{EXPORTS}{export.pk}/{path}")
            assert (answer.status_code, problem_of(answer)["code"]) == (404, "not_found")
        assert other.get(EXPORTS).json()["items"] == []
    assert Client().get(f"{EXPORTS}{export.pk}/download/").status_code == 401


def test_a_ticket_fetches_without_a_token_for_a_while(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    export = submit(ada)
    assert ada.post(f"{EXPORTS}{export.pk}/ticket/").status_code == 409
    run_job(export.task_id)
    url = ada.post(f"{EXPORTS}{export.pk}/ticket/").json()["url"]

    assert b"".join(Client().get(url).streaming_content).startswith(b"id,email\n")  # type: ignore[attr-defined]
    assert Client().head(url)["Accept-Ranges"] == "bytes"
    assert Client().get(url[:-3] + "xx/").status_code == 401

    ada.user.status = "disabled"
    ada.user.save()
    assert Client().get(url).status_code == 404
    monkeypatch.setattr("django.core.signing.time.time", lambda: 9e9)
    assert problem_of(Client().get(url))["code"] == "ticket_over"


def test_what_cannot_be_is_refused_by_field(ada: Caller) -> None:
    answer = ada.post(
        TASKS, {"model_name": "user", "fields": ["password"], "filters": {"password__startswith": "p", "status": "x"}}
    )

    assert answer.status_code == 400
    assert sorted(problem_of(answer)["details"]) == ["fields", "filters.password__startswith", "filters.status"]
    assert not Export.objects.exists()
    for body in (
        {"model_name": "token"},
        {"model_name": "user", "format": "exe"},
        {"model_name": "user", "owner_id": 1},
    ):
        assert ada.post(TASKS, body).status_code == 400


def test_models_are_offered_and_rows_counted(ada: Caller, olga: Caller) -> None:
    offered = {model["name"]: model for model in ada.get(f"{EXPORTS}models/").json()["items"]}

    assert list(offered) == ["user", "campaign", "piece", "post", "publishing", "job", "mail"]
    assert [field["name"] for field in offered["user"]["fields"]] == [
        "id", "email", "first_name", "last_name", "status", "date_joined",
    ]  # fmt: skip
    assert {one["name"]: one["choices"] for one in offered["user"]["filters"]}["status"] == ["active", "disabled"]
    assert ada.post(f"{EXPORTS}count/", {"model_name": "user"}).json() == {"count": 1}
    assert olga.post(f"{EXPORTS}count/", {"model_name": "user"}).json() == {"count": 2}


def test_the_same_key_asks_once_and_too_many_are_refused(ada: Caller) -> None:
    first, again = (ada.post(TASKS, {"model_name": "user"}, Idempotency_Key="one") for _ in range(2))
    assert first.json() == again.json()
    for _ in range(4):
        submit(ada)

    refused = ada.post(TASKS, {"model_name": "user"})
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "too_many_exports")
    assert ada.delete(f"{EXPORTS}{Export.objects.earliest('pk').pk}/").status_code == 204
    submit(ada)
