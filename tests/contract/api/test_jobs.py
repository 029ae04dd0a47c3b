"""Jobs over HTTP: list, show, result, cancel, retry, rerun, decide, explain."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.engine.testing import assert_enqueued, run_job
from tests.contract.api.kinds import Echo, Private, Sealed
from tests.support.callers import Caller, problem_of

JOBS = "/api/v1/jobs/"


def finish(args: Echo | Sealed | Private, owner: Caller) -> UUID:
    job_id = enqueue(args, owner_id=owner.user.id)
    run_job(job_id)
    return job_id


def test_list_shows_jobs_newest_first(ada: Caller, bob: Caller) -> None:
    first, second = enqueue(Echo(), owner_id=ada.user.id), enqueue(Echo(), owner_id=bob.user.id)

    page = ada.get(JOBS).json()

    assert [item["id"] for item in page["items"]] == [str(second), str(first)]
    assert (page["count"], page["next"]) == (2, None)
    assert (page["items"][1]["state"], page["items"][1]["status"], page["items"][1]["owner"]) == (
        "waiting",
        "PENDING",
        ada.user.id,
    )


def test_list_keeps_to_its_filters(ada: Caller, bob: Caller) -> None:
    done = finish(Echo(), ada)
    waiting = enqueue(Echo(), owner_id=bob.user.id, subject="campaign:42")
    secret = enqueue(Sealed(), owner_id=ada.user.id)

    def ids(query: str) -> list[str]:
        return [item["id"] for item in ada.get(f"{JOBS}?{query}").json()["items"]]

    assert ids("state=succeeded") == [str(done)]
    assert ids("state=succeeded&state=waiting") == [str(secret), str(waiting), str(done)]
    assert ids("kind=tests.api_sealed") == [str(secret)]
    assert ids("subject=campaign:42") == [str(waiting)]
    assert ids(f"owner={bob.user.id}") == [str(waiting)]
    assert ids("queue=elsewhere") == []


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_however_long(
    count: int, ada: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        enqueue(Echo(), owner_id=ada.user.id)
    ada.get("/api/v1/me/")

    with django_assert_num_queries(3):  # the token, the count, the page
        assert len(ada.get(JOBS).json()["items"]) == count


def test_detail_shows_arguments_without_secrets(ada: Caller) -> None:
    job_id = enqueue(Echo(word="hi", api_key="sk-1234567890abcdefghij"), owner_id=ada.user.id)

    body = ada.get(f"{JOBS}{job_id}/").json()

    assert body["arguments"] == {"word": "hi", "api_key": "[hidden]", "fail": ""}
    assert body["waiting_reason"] == "No running worker serves its queue and knows its kind. Start one."
    assert (body["error"], body["attempts"]) == (None, [])


def test_failed_job_says_what_happened_and_what_to_do(ada: Caller) -> None:
    job_id = finish(Echo(fail="permanent"), ada)

    body = ada.get(f"{JOBS}{job_id}/").json()

    assert (body["state"], body["status"], body["result_available"]) == ("failed", "FAILURE", False)
    assert body["error"] == {
        "code": "permanent",
        "message": "The other side refused. Change the word.",
        "type": "Permanent",
    }
    assert [attempt["number"] for attempt in body["attempts"]] == [1]


def test_result_of_a_success_is_what_the_handler_returned(ada: Caller) -> None:
    job_id = finish(Echo(word="hi"), ada)

    response = ada.get(f"{JOBS}{job_id}/result/")

    assert response.json() == {
        "id": str(job_id),
        "state": "succeeded",
        "status": "SUCCESS",
        "result": {"word": "hi"},
        "error": None,
    }
    assert ada.get(f"{JOBS}{job_id}/").json()["progress"] == 100


def test_result_of_an_unfinished_job_is_409(ada: Caller) -> None:
    job_id = enqueue(Echo(), owner_id=ada.user.id)

    assert (problem_of(ada.get(f"{JOBS}{job_id}/result/"))["code"]) == "conflict"


def test_result_that_has_expired_is_410(ada: Caller) -> None:
    job_id = finish(Echo(), ada)
    Job.objects.filter(id=job_id).update(result_expires_at=timezone.now() - timedelta(seconds=1))

    response = ada.get(f"{JOBS}{job_id}/result/")

    assert (response.status_code, problem_of(response)["code"]) == (410, "gone")
    assert ada.get(f"{JOBS}{job_id}/").json()["result_available"] is False


@pytest.mark.parametrize("path", ["", "result/", "explain/"])
def test_job_that_never_existed_is_404(ada: Caller, path: str) -> None:
    assert problem_of(ada.get(f"{JOBS}{uuid4()}/{path}"))["code"] == "not_found"


def test_private_job_is_404_to_others_and_not_in_their_lists(ada: Caller, bob: Caller, olga: Caller) -> None:
    job_id = finish(Private(), ada)

    assert ada.get(f"{JOBS}{job_id}/").status_code == 200
    assert olga.get(f"{JOBS}{job_id}/").status_code == 200
    assert bob.get(JOBS).json()["count"] == 0
    assert [bob.get(f"{JOBS}{job_id}/{path}").status_code for path in ("", "result/", "explain/")] == [404] * 3
    assert [bob.post(f"{JOBS}{job_id}/{path}/").status_code for path in ("cancel", "retry", "rerun")] == [404] * 3


def test_content_of_a_sensitive_job_is_for_its_owner_only(ada: Caller, olga: Caller) -> None:
    job_id = finish(Sealed(word="rosebud"), ada)

    assert ada.get(f"{JOBS}{job_id}/result/").json()["result"] == {"word": "rosebud"}
    assert olga.get(f"{JOBS}{job_id}/").json()["arguments"] is None
    assert olga.get(f"{JOBS}{job_id}/result/").status_code == 403
    assert olga.post(f"{JOBS}{job_id}/rerun/").status_code == 403


def test_job_of_the_installation_is_changed_by_operators_only(ada: Caller, olga: Caller) -> None:
    job_id = enqueue(Echo())

    assert ada.post(f"{JOBS}{job_id}/cancel/").status_code == 403
    assert Job.objects.get(id=job_id).state == State.WAITING
    assert olga.post(f"{JOBS}{job_id}/cancel/").status_code == 200


def test_waiting_job_is_cancelled_at_once_and_again_without_harm(ada: Caller) -> None:
    job_id = enqueue(Echo(), owner_id=ada.user.id)

    answers = [ada.post(f"{JOBS}{job_id}/cancel/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == {
        "id": str(job_id),
        "state": "cancelled",
        "outcome": "cancelled",
        "message": "The job is cancelled.",
    }
    assert Job.objects.get(id=job_id).state == State.CANCELLED


def test_cancel_of_a_finished_job_is_409_and_changes_nothing(ada: Caller) -> None:
    job_id = finish(Echo(), ada)

    response = ada.post(f"{JOBS}{job_id}/cancel/")

    assert problem_of(response)["detail"] == "This job has already ended: succeeded. Nothing was changed."
    assert Job.objects.get(id=job_id).state == State.SUCCEEDED


def test_retry_sends_a_failed_job_back_in_the_same_row(ada: Caller) -> None:
    job_id = finish(Echo(fail="permanent"), ada)

    response = ada.post(f"{JOBS}{job_id}/retry/")

    assert response.status_code == 202
    assert response["Location"] == f"{JOBS}{job_id}/"
    assert response.json() == {
        "task_id": str(job_id),
        "status": "PENDING",
        "message": "tests.api_echo task waits to be tried again",
    }
    assert Job.objects.get(id=job_id).state == State.WAITING


def test_retry_of_a_success_is_409(ada: Caller) -> None:
    assert ada.post(f"{JOBS}{finish(Echo(), ada)}/retry/").status_code == 409


def test_retry_of_an_unknown_outcome_needs_a_confirmation(ada: Caller) -> None:
    job_id = finish(Echo(fail="unknown"), ada)

    assert problem_of(ada.post(f"{JOBS}{job_id}/retry/"))["code"] == "outcome_unknown"
    assert problem_of(ada.post(f"{JOBS}{job_id}/retry/", {"confirm": "perhaps"}))["details"].keys() == {"confirm"}
    assert Job.objects.get(id=job_id).state == State.UNKNOWN
    assert ada.post(f"{JOBS}{job_id}/retry/", {"confirm": "not_done"}).status_code == 202
    assert Job.objects.get(id=job_id).state == State.WAITING


@pytest.mark.parametrize(("done", "state"), [(True, "succeeded"), (False, "failed")])
def test_decision_settles_an_unknown_outcome(ada: Caller, done: bool, state: str) -> None:
    job_id = finish(Echo(fail="unknown"), ada)

    assert ada.post(f"{JOBS}{job_id}/decide/", {"done": done}).json()["state"] == state
    assert ada.post(f"{JOBS}{job_id}/decide/", {"done": done}).status_code == 409


def test_rerun_is_a_new_job_of_the_caller_with_the_changed_arguments(ada: Caller, bob: Caller) -> None:
    job_id = finish(Echo(word="hi"), ada)

    response = bob.post(f"{JOBS}{job_id}/rerun/", {"arguments": {"word": "ho"}})

    made = assert_enqueued(Echo(word="ho"))
    assert response.status_code == 202
    assert response.json() == {
        "task_id": str(made.id),
        "status": "PENDING",
        "message": "tests.api_echo task submitted successfully",
    }
    assert response["Location"] == f"{JOBS}{made.id}/"
    assert made.owner_id == bob.user.id
    assert Job.objects.get(id=job_id).state == State.SUCCEEDED


@pytest.mark.parametrize(("arguments", "field"), [({"word": 5}, "arguments.word"), ({"wrd": "a"}, "arguments.wrd")])
def test_rerun_with_arguments_that_do_not_fit_is_400_and_makes_no_job(
    ada: Caller, arguments: dict[str, object], field: str
) -> None:
    job_id = finish(Echo(), ada)

    response = ada.post(f"{JOBS}{job_id}/rerun/", {"arguments": arguments})

    assert response.status_code == 400
    assert list(problem_of(response)["details"]) == [field]
    assert Job.objects.count() == 1


def test_explanation_names_each_gate_and_the_place_in_line(ada: Caller) -> None:
    job_id = enqueue(Echo(), owner_id=ada.user.id, delay_s=3600)

    body = ada.get(f"{JOBS}{job_id}/explain/").json()

    gates = {gate["name"]: (gate["passed"], gate["words"]) for gate in body["gates"]}
    assert gates["due"] == (False, "It is to start later.")
    assert gates["not paused"] == (True, "Its queue is on.")
    assert body["place_in_line"] is None
    assert body["reason"]


def test_ids_in_any_case_are_the_same_job(ada: Caller) -> None:
    job_id = enqueue(Echo(), owner_id=ada.user.id)

    assert ada.get(f"{JOBS}{str(job_id).upper()}/").json()["id"] == str(job_id)


def test_answers_are_kept_by_nobody_in_between(ada: Caller) -> None:
    assert [ada.get(path)["Cache-Control"] for path in (JOBS, "/api/openapi.json")] == ["no-store"] * 2


def test_bodies_are_json_with_utc_times(ada: Caller) -> None:
    job_id = enqueue(Echo(), owner_id=ada.user.id)

    response = ada.get(f"{JOBS}{job_id}/")

    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(response.content)["created_at"].endswith("Z")
