"""Retries: the delay in the row, the number of tries by the kind, and words that say what happened and what to do."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from nightdesk.core.errors import (
    Conflict,
    InvalidInput,
    Misconfigured,
    NightdeskError,
    OutcomeUnknown,
    Permanent,
    Throttled,
    Transient,
)
from nightdesk.engine import actions, queries, testing
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.run import Run
from tests.integration.engine.bench import MakeKind, move_time, read
from tests.support.kinds import plain_again, plain_flaky

pytestmark = pytest.mark.django_db


def raising(*errors: BaseException | None) -> Callable[[Run], str]:
    """Make a body that raises these, one a run, and succeeds at None or when none is left."""
    left = list(errors)

    def body(run: Run) -> str:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return "done"

    return body


def waits_for_s(job: Job) -> float:
    return (job.run_at - timezone.now()).total_seconds()


def run_when_due(job_id: uuid.UUID) -> Job:
    move_time(job_id, "run_at", -1)
    return testing.run_job(job_id)


@pytest.mark.parametrize("error", [Transient(), ValueError("a bug"), OSError("cut off")])
def test_failed_run_is_tried_three_more_times_with_a_doubled_delay(error: Exception, make_kind: MakeKind) -> None:
    kind = make_kind(raising(error, error, error, error))
    job_id = enqueue(kind())
    job = testing.run_job(job_id)
    for failures, delay_s in [(1, 60), (2, 120), (3, 240)]:
        assert (job.state, job.failures, job.place, job.progress) == ("waiting", failures, None, 0)
        assert 0.9 * delay_s - 5 < waits_for_s(job) < 1.1 * delay_s
        with pytest.raises(LookupError):
            testing.run_job(job_id)
        job = run_when_due(job_id)

    assert (job.state, job.failures, job.runs) == ("failed", 4, 4)
    assert [one.outcome for one in queries.attempts_of(job)] == ["retry", "retry", "retry", "failed"]


def test_kind_says_how_often_and_how_late(make_kind: MakeKind) -> None:
    kind = make_kind(raising(Transient(), Transient(), Transient()), retries=1, retry_delay_s=1000)
    job_id = enqueue(kind())
    assert 890 < waits_for_s(testing.run_job(job_id)) <= 1100
    assert run_when_due(job_id).state == "failed"


def test_throttled_run_waits_as_long_as_the_service_asks(make_kind: MakeKind) -> None:
    kind = make_kind(raising(Throttled(retry_after_s=7.5), Throttled(retry_after_s=None)))
    job_id = enqueue(kind())
    assert 5 < waits_for_s(testing.run_job(job_id)) <= 7.5
    assert 100 < waits_for_s(run_when_due(job_id)) <= 132


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (Permanent("The advertiser does not exist. Check its id."), "failed", "permanent"),
        (Misconfigured(setting="NIGHTDESK_SOMETHING"), "failed", "misconfigured"),
        (Conflict("It is published already."), "failed", "conflict"),
        (InvalidInput(), "failed", "invalid_input"),
        (OutcomeUnknown(), "unknown", "outcome_unknown"),
    ],
)
def test_error_that_a_second_try_cannot_mend_ends_the_job_at_once(
    error: NightdeskError, state: str, code: str, make_kind: MakeKind
) -> None:
    job = testing.run_job(enqueue(make_kind(raising(error))()))
    said = queries.error_of(job)
    assert said is not None
    assert (job.state, job.runs, said.code, said.type) == (state, 1, code, type(error).__name__)
    if state == "failed":
        assert said.message == error.public_message


def test_bug_is_named_by_its_class_only_and_shown_in_the_attempt(make_kind: MakeKind) -> None:
    secret = "sk-" + "a1b2c3d4" * 4
    kind = make_kind(raising(ValueError(f"refused api_key={secret}")), retries=0)
    job = testing.run_job(enqueue(kind()))

    said, (attempt,) = queries.error_of(job), queries.attempts_of(job)
    assert said is not None
    assert (said.code, said.type) == ("bug", "ValueError")
    assert "refused" not in said.message
    assert "ValueError: refused api_key=[hidden]" in attempt.traceback
    assert secret not in f"{vars(attempt)} {said}"
    assert attempt.error_class == "ValueError"


def test_success_after_retries_forgets_the_error(make_kind: MakeKind) -> None:
    job_id = enqueue(make_kind(raising(Transient("The service is busy.")))())
    job = testing.run_job(job_id)
    assert (job.message, queries.error_of(job)) == ("The service is busy.", queries.error_of(job))
    job = run_when_due(job_id)
    assert (job.state, job.message, job.failures, queries.error_of(job)) == ("succeeded", "", 1, None)
    assert [one.outcome for one in queries.attempts_of(job)] == ["retry", "succeeded"]


def test_simple_success_leaves_no_attempt(make_kind: MakeKind) -> None:
    job = testing.run_job(enqueue(make_kind()()))
    assert (job.state, queries.attempts_of(job)) == ("succeeded", [])


def test_cancelled_job_is_not_tried_again(make_kind: MakeKind) -> None:
    def body(run: Run) -> None:
        actions.cancel(job_id=run.job_id)
        raise Transient

    job = testing.run_job(enqueue(make_kind(body)()))
    assert (job.state, job.runs) == ("cancelled", 1)


def test_success_after_a_cancel_request_stays_a_success(make_kind: MakeKind) -> None:
    job = testing.run_job(enqueue(make_kind(lambda run: actions.cancel(job_id=run.job_id))()))
    assert (job.state, queries.result_of(job)) == ("succeeded", "requested")


# ---- as a Celery user writes it


def test_autoretry_and_retries_of_the_request_are_mapped_to_the_row() -> None:
    job_id = uuid.UUID(plain_flaky.delay(3).id)
    testing.drain()
    job = read(job_id)
    assert (job.state, job.runs, job.failures, queries.result_of(job)) == ("succeeded", 3, 2, 2)


def test_autoretry_gives_up_after_its_own_number_of_retries() -> None:
    job_id = uuid.UUID(plain_flaky.delay(9).id)
    testing.drain()
    job, said = read(job_id), queries.error_of(read(job_id))
    assert said is not None
    assert (job.state, job.runs, said.type) == ("failed", 4, "ValueError")


def test_retry_puts_its_countdown_into_the_row_and_gives_up_with_the_given_error() -> None:
    job_id = uuid.UUID(plain_again.delay().id)
    job = testing.run_job(job_id)
    assert (job.state, job.failures) == ("waiting", 1)
    assert job.run_at - timezone.now() < timedelta(seconds=0.1)
    run_when_due(job_id)
    job, said = run_when_due(job_id), queries.error_of(read(job_id))
    assert said is not None
    assert (job.state, job.runs, said.type) == ("failed", 3, "RuntimeError")


def test_body_that_calls_exit_has_failed_and_is_not_given_back(make_kind: MakeKind) -> None:
    job_id = enqueue(make_kind(raising(SystemExit(1), SystemExit(1)), retries=1, retry_delay_s=0)())
    testing.drain()
    job, said = read(job_id), queries.error_of(read(job_id))
    assert said is not None
    assert (job.state, job.runs, job.failures, said.code, said.type) == ("failed", 2, 2, "bug", "BodyLeft")
