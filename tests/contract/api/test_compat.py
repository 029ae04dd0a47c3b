"""The task paths: shapes that existing clients send and read, key by key."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, Worker
from nightdesk.engine.testing import run_job
from nightdesk.operations.compat import TABLE, TAG
from tests.contract.api.kinds import Echo, Private
from tests.support.callers import Caller, problem_of

TASKS = "/api/v1/tasks/"


def make(owner: Caller, fail: str = "", *, run: bool = True) -> UUID:
    job_id = enqueue(Echo(word="hi", fail=fail), owner_id=owner.user.id)
    if run:
        run_job(job_id)
    return job_id


def test_status_of_a_waiting_task(ada: Caller) -> None:
    job_id = make(ada, run=False)

    assert ada.get(f"{TASKS}{job_id}/status/").json() == {
        "task_id": str(job_id),
        "status": "PENDING",
        "progress": 0,
        "message": "No running worker serves its queue and knows its kind. Start one.",
        "result_available": False,
    }


def test_status_of_a_success_is_whole(ada: Caller) -> None:
    job_id = make(ada)

    body = ada.get(f"{TASKS}{job_id}/status/").json()

    assert (body["status"], body["progress"], body["result_available"]) == ("SUCCESS", 100, True)
    assert body.keys() == {"task_id", "status", "progress", "message", "result_available"}


def test_status_of_an_unknown_outcome_is_a_failure_with_its_code(ada: Caller) -> None:
    body = ada.get(f"{TASKS}{make(ada, 'unknown')}/status/").json()

    assert (body["status"], body["code"], body["result_available"]) == ("FAILURE", "outcome_unknown", False)


@pytest.mark.parametrize(
    ("state", "word", "celery"),
    [
        ("waiting", "PENDING", "PENDING"),
        ("running", "PROCESSING", "STARTED"),
        ("waiting_children", "PROCESSING", "STARTED"),
        ("succeeded", "SUCCESS", "SUCCESS"),
        ("failed", "FAILURE", "FAILURE"),
        ("unknown", "FAILURE", "FAILURE"),
        ("cancelled", "REVOKED", "REVOKED"),
        ("expired", "REVOKED", "REVOKED"),
    ],
)
def test_every_state_has_its_words(ada: Caller, state: str, word: str, celery: str) -> None:
    job_id = make(ada, run=False)
    Job.objects.filter(id=job_id).update(state=state)

    assert ada.get(f"{TASKS}{job_id}/status/").json()["status"] == word
    assert ada.get(f"{TASKS}status/{job_id}/").json()["status"] == celery


def test_task_that_waits_for_its_second_run_reads_retry(ada: Caller) -> None:
    job_id = make(ada, run=False)
    Job.objects.filter(id=job_id).update(runs=1)

    assert ada.get(f"{TASKS}{job_id}/status/").json()["status"] == "PENDING"
    assert ada.get(f"/api/tasks/status/{job_id}").json()["status"] == "RETRY"


def test_result_of_a_success(ada: Caller) -> None:
    job_id = make(ada)

    assert ada.get(f"{TASKS}{job_id}/result/").json() == {
        "task_id": str(job_id),
        "status": "SUCCESS",
        "result": {"status": "success", "word": "hi"},
    }


def test_result_of_a_failure_is_200_with_the_error(ada: Caller) -> None:
    job_id = make(ada, "permanent")

    response = ada.get(f"{TASKS}{job_id}/result/")

    assert response.status_code == 200
    assert response.json() == {
        "task_id": str(job_id),
        "status": "FAILURE",
        "result": None,
        "error": "The other side refused. Change the word.",
        "code": "permanent",
    }


def test_result_of_a_revoked_task_is_200_with_an_error(ada: Caller) -> None:
    job_id = make(ada, run=False)
    ada.post(f"{TASKS}{job_id}/cancel/")

    body = ada.get(f"{TASKS}{job_id}/result/").json()

    assert (body["status"], body["result"]) == ("REVOKED", None)
    assert body["error"]


def test_result_that_is_not_ready_is_409_and_one_that_expired_410(ada: Caller) -> None:
    waiting, expired = make(ada, run=False), make(ada)
    Job.objects.filter(id=expired).update(result_expires_at=timezone.now() - timedelta(seconds=1))

    assert ada.get(f"{TASKS}{waiting}/result/").status_code == 409
    assert ada.get(f"{TASKS}{expired}/result/").status_code == 410


@pytest.mark.parametrize(("method", "path"), [("POST", "{}/cancel/"), ("DELETE", "revoke/{}/")])
def test_cancel_in_both_spellings(ada: Caller, method: str, path: str) -> None:
    waiting, done = make(ada, run=False), make(ada)

    first = ada.call(method, TASKS + path.format(waiting))
    late = ada.call(method, TASKS + path.format(done))

    assert first.json() == {"task_id": str(waiting), "status": "REVOKED", "message": "The task is cancelled."}
    assert late.json() == {
        "task_id": str(done),
        "status": "SUCCESS",
        "message": "The task had already ended. Nothing was changed.",
    }


@pytest.mark.parametrize("path", ["/api/v1/tasks/status/{}/", "/api/v1/tasks/status/{}", "/api/tasks/status/{}"])
def test_status_in_celery_words(ada: Caller, path: str) -> None:
    job_id = make(ada)

    assert ada.get(path.format(job_id)).json() == {
        "task_id": str(job_id),
        "status": "SUCCESS",
        "ready": True,
        "successful": True,
        "failed": False,
        "result": {"word": "hi"},
        "error": None,
        "progress": 100,
        "platform_info": None,
    }


@pytest.mark.parametrize(("method", "path"), [(row.method, row.path) for row in TABLE if "{task_id}" in row.path])
def test_task_that_never_existed_or_is_hidden_is_404(ada: Caller, bob: Caller, method: str, path: str) -> None:
    hidden = enqueue(Private(), owner_id=bob.user.id)

    for task_id in (uuid4(), hidden, "nonsense"):
        response = ada.call(method, f"/api{path}".format(task_id=task_id))
        assert (response.status_code, problem_of(response)["code"]) == (404, "not_found")


def test_workers_are_those_with_a_live_lease(ada: Caller) -> None:
    job_id = make(ada)
    alive = add_worker("a@here", lease_s=15, active=1)
    add_worker("b@gone", lease_s=-1, active=5)
    Job.objects.filter(id=job_id).update(worker=alive.boot_id)

    body = ada.get(f"{TASKS}workers/").json()

    assert body.keys() == {"timestamp", "total_workers", "total_active_tasks", "workers"}
    assert (body["total_workers"], body["total_active_tasks"]) == (1, 1)
    assert list(body["workers"]) == ["a@here"]
    assert (body["workers"]["a@here"]["total"], body["workers"]["a@here"]["slots"]) == ({"tests.api_echo": 1}, 2)


def test_compatible_paths_are_tagged_so_in_the_document(ada: Caller) -> None:
    paths = ada.get("/api/openapi.json").json()["paths"]

    tagged = {
        (method.upper(), path.removeprefix("/api"))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if operation["tags"] == [TAG]
    }
    assert tagged == {(row.method, row.path) for row in TABLE}


def add_worker(name: str, *, lease_s: float, active: int) -> Worker:
    now = timezone.now()
    return Worker.objects.create(
        boot_id=uuid4(),
        name=name,
        pid=1,
        pool="threads",
        queues=["default"],
        kinds={"tests.api_echo": 1},
        slots=2,
        active=active,
        started_at=now,
        seen_at=now,
        lease_until=now + timedelta(seconds=lease_s),
    )
