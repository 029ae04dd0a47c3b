"""What Celery's own `AsyncResult` says of a job, in every state."""

import uuid

import pytest
from celery.exceptions import TaskRevokedError
from celery.exceptions import TimeoutError as ResultTimeout
from celery.result import AsyncResult

from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions, testing, transitions
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.states import State
from nightdesk.engine.transitions.finish import Ending
from tests.integration.engine.bench import ERROR, MakeKind, failure, move_time, must_take, snapshot, success
from tests.support.kinds import plain_add

pytestmark = pytest.mark.django_db


def test_success_gives_its_value() -> None:
    result = plain_add.delay(1, b=2)
    assert (result.status, result.ready()) == ("PENDING", False)
    testing.drain()
    assert (result.status, result.ready(), result.successful(), result.get(timeout=5)) == ("SUCCESS", True, True, 3)


@pytest.mark.parametrize("stored", ["null", None, '{"a": [1]}'])
def test_result_is_read_as_it_was_stored(stored: str | None, make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), success(stored))
    assert AsyncResult(str(job_id)).get(timeout=5) == ({"a": [1]} if stored and stored != "null" else None)


def test_unfinished_states_are_not_ready(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    result = AsyncResult(str(job_id))
    claimed = must_take(kind)
    assert (result.status, result.ready()) == ("STARTED", False)
    with pytest.raises(ResultTimeout):
        result.get(timeout=0.1)
    transitions.finish(claimed, failure(State.WAITING, delay_s=60))
    assert (result.status, result.ready(), result.result) == ("RETRY", False, None)
    Job.objects.filter(pk=job_id).update(state=State.WAITING_CHILDREN)
    assert (result.status, result.ready()) == ("STARTED", False)


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_failure_is_raised_in_its_public_words(state: State, make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), Ending(state=state, error=ERROR, failed=True))
    result = AsyncResult(str(job_id))
    assert (result.status, result.failed()) == ("FAILURE", True)
    with pytest.raises(RuntimeError, match=r"It broke\. Try again\."):
        result.get(timeout=5)
    assert str(result.get(timeout=5, propagate=False)) == "It broke. Try again."


@pytest.mark.parametrize("how", ["cancelled", "expired"])
def test_job_that_never_ran_is_revoked(how: str, make_kind: MakeKind) -> None:
    job_id = enqueue(make_kind()())
    if how == "cancelled":
        actions.cancel(job_id=job_id)
    else:
        move_time(job_id, "start_before", -1)
        transitions.expire_late(10)
    result = AsyncResult(str(job_id))
    assert (result.status, result.ready()) == ("REVOKED", True)
    with pytest.raises(TaskRevokedError):
        result.get(timeout=5)


@pytest.mark.parametrize("task_id", [str(new_job_id()), "not-an-id", f"{uuid.uuid4()}.1"])
def test_id_that_nobody_knows_is_pending_as_in_celery(task_id: str) -> None:
    assert (AsyncResult(task_id).status, AsyncResult(task_id).ready()) == ("PENDING", False)


def test_result_is_read_anew_after_a_person_sent_the_job_back(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), failure())
    assert AsyncResult(str(job_id)).status == "FAILURE"
    actions.retry(job_id=job_id)
    assert AsyncResult(str(job_id)).status == "RETRY"
    testing.drain()
    assert AsyncResult(str(job_id)).status == "SUCCESS"


def test_backend_writes_nothing(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    transitions.finish(must_take(kind), success("7"))
    before = snapshot(job_id)
    result = AsyncResult(str(job_id))
    result.backend.store_result(str(job_id), "other", "FAILURE")
    result.backend.mark_as_revoked(str(job_id))
    result.forget()
    assert snapshot(job_id) == before
    assert JobPayload.objects.get().result == "7"
