"""The end of a run: written once, by the run that has the row, and whatever it contains."""

import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from pydantic import BaseModel

from nightdesk.core.errors import Permanent, Transient
from nightdesk.engine import pulse, queries, testing, transitions
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.execution import perform
from nightdesk.engine.interrupts import FencedOff
from nightdesk.engine.models import Attempt, Job, JobStep
from nightdesk.engine.models.job import MAX_RESULT_BYTES
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from nightdesk.engine.steps import run_effect, run_step
from nightdesk.engine.transitions.claim import Claimed
from nightdesk.engine.transitions.family import park
from nightdesk.engine.transitions.finish import Ending, settle
from nightdesk.engine.transitions.progress import Report
from tests.integration.engine.bench import (
    OTHER_WORKER,
    MakeKind,
    claimer,
    failure,
    must_take,
    read,
    run_of,
    snapshot,
    success,
    versions,
)
from tests.integration.engine.severing import SeveringProxy, open_proxy, through

# ---- the fence


def step_late(zombie: Claimed) -> object:
    with pytest.raises(FencedOff):
        run_step(zombie.id, zombie.token, "late", lambda: 1, save=lambda _: None, cost_micros=None, sensitive=False)
    return False


def effect_late(zombie: Claimed) -> object:
    with pytest.raises(FencedOff):
        run_effect(zombie.id, zombie.token, "late", must_not_be_called, None, sensitive=False)
    return False


def must_not_be_called() -> None:
    raise AssertionError("a zombie reached the outside")


LATE_WRITES: dict[str, Callable[[Claimed], object]] = {
    "success": lambda zombie: transitions.finish(zombie, success()),
    "failure": lambda zombie: transitions.finish(zombie, failure()),
    "retry": lambda zombie: transitions.finish(zombie, failure(State.WAITING)),
    "cancel": lambda zombie: transitions.finish(zombie, failure(State.CANCELLED)),
    "unknown": lambda zombie: transitions.finish(zombie, failure(State.UNKNOWN)),
    "give_back": lambda zombie: transitions.give_back(zombie, why="stopped"),
    "park": lambda zombie: park(job_id=zombie.id, token=zombie.token, children=[]),
    "progress": lambda zombie: transitions.report([Report(zombie.id, zombie.token, 99, "late")]) != {zombie.token},
    "step": step_late,
    "effect": effect_late,
}


@pytest.mark.django_db
@pytest.mark.parametrize("again", [True, False], ids=["claimed_again", "waiting_again"])
@pytest.mark.parametrize("write", LATE_WRITES)
def test_late_write_of_a_rescued_run_changes_nothing(write: str, again: bool, make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    zombie = must_take(kind)
    (lost,) = transitions.lost_with_workers(10)
    assert transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.") == "default"
    if again:
        assert must_take(kind, worker=OTHER_WORKER).token != zombie.token
    before = snapshot(zombie.id)

    assert not LATE_WRITES[write](zombie)

    assert snapshot(zombie.id) == before


@pytest.mark.django_db
def test_chained_finish_of_a_zombie_is_refused_and_the_claim_still_counts(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    zombie = must_take(kind)
    (lost,) = transitions.lost_with_workers(10)
    transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.")
    winner = must_take(kind, worker=OTHER_WORKER)
    other = enqueue(kind())

    done, following = transitions.finish_and_claim(zombie, success(), claimer(kind), uuid.uuid4())

    assert done is False
    assert following is not None
    assert following.id == other
    assert (read(zombie.id).state, read(zombie.id).token) == ("running", winner.token)


@pytest.mark.django_db
def test_second_finish_of_the_same_run_is_refused(make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    claimed = must_take(kind)
    assert transitions.finish(claimed, success('"first"'))
    before = snapshot(claimed.id)

    assert not transitions.finish(claimed, success('"second"'))
    assert not transitions.finish(claimed, failure())

    assert snapshot(claimed.id) == before


@pytest.mark.django_db
def test_chained_finish_writes_what_a_plain_one_writes(make_kind: MakeKind) -> None:
    kind = make_kind()
    for _ in range(3):
        enqueue(kind())
    plain, chained = must_take(kind), must_take(kind)
    assert transitions.finish(plain, success('{"n": 1}'))

    done, following = transitions.finish_and_claim(chained, success('{"n": 1}'), claimer(kind), uuid.uuid4())

    assert (done, following is not None) == (True, True)
    one, other = snapshot(plain.id), snapshot(chained.id)
    same = {"state", "progress", "slot", "suspect", "version", "failures", "runs", "result_expires_at"}
    assert {name: one["Job"][name] for name in same} == {name: other["Job"][name] for name in same}
    assert one["JobPayload"][0]["result"] == other["JobPayload"][0]["result"] == '{"n": 1}'
    assert versions(plain.id) == versions(chained.id) == [1, 2, 3]


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["limited", "failed"])
def test_chaining_is_refused_for_what_needs_more_than_one_statement(reason: str, make_kind: MakeKind) -> None:
    kind = make_kind(limit=1) if reason == "limited" else make_kind()
    enqueue(kind())
    claimed = must_take(kind)
    with pytest.raises(ValueError, match="only a plain success"):
        transitions.finish_and_claim(
            claimed, failure() if reason == "failed" else success(), claimer(kind), uuid.uuid4()
        )


# ---- commits whose answer was lost


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[SeveringProxy]:
    if connection.vendor == "sqlite":
        pytest.skip("no network lies between us and SQLite that could lose an answer")
    with open_proxy() as opened:
        yield opened


def test_claim_is_found_again_when_its_answer_is_lost(proxy: SeveringProxy, make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    task = current_app.tasks[kind.kind.name]
    proxy.lose_answer_to(b"UPDATE engine_job SET state = 'running'")

    claimed = through(proxy, lambda: task._claim(claimer(kind)))

    assert (claimed.id, claimed.runs, proxy.cuts) == (job_id, 1, 1)
    assert versions(job_id) == [1, 2]


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (success("1"), b"WITH done"),
        (success(None), b"UPDATE engine_job SET state = 'succeeded'"),
        (failure(), b"COMMIT"),
    ],
    ids=["result", "no_result", "failure"],
)
def test_finish_counts_once_when_its_answer_is_lost(
    ending: Ending, word: bytes, proxy: SeveringProxy, make_kind: MakeKind
) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    claimed = must_take(kind)
    proxy.lose_answer_to(word)

    assert through(proxy, lambda: transitions.finish(claimed, ending)) is True

    assert (read(job_id).state, proxy.cuts) == (ending.state, 1)
    assert versions(job_id) == [1, 2, 3]
    assert Attempt.objects.count() == (ending.state == State.FAILED)


def test_chained_finish_and_claim_are_found_again_when_their_answer_is_lost(
    proxy: SeveringProxy, make_kind: MakeKind
) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(2)]
    run = run_of(must_take(kind), kind)
    task = current_app.tasks[kind.kind.name]
    proxy.lose_answer_to(b"WITH done")

    following = through(proxy, lambda: task._chain(run, success(), claimer(kind)))

    assert (following.id, following.runs, proxy.cuts) == (rows[1], 1, 1)
    assert [read(job_id).state for job_id in rows] == ["succeeded", "running"]
    assert [versions(job_id) for job_id in rows] == [[1, 2, 3], [1, 2]]


def test_step_is_stored_once_when_its_answer_is_lost(proxy: SeveringProxy, make_kind: MakeKind) -> None:
    kind = make_kind()
    enqueue(kind())
    claimed = must_take(kind)
    proxy.lose_answer_to(b"COMMIT")
    calls = itertools.count(7)

    value = through(
        proxy,
        lambda: run_step(
            claimed.id, claimed.token, "a", lambda: next(calls), save=None, cost_micros=None, sensitive=False
        ),
    )

    assert (value, next(calls), proxy.cuts) == (7, 8, 1)
    assert list(JobStep.objects.values_list("name", "result")) == [("a", "7")]


@pytest.mark.django_db(transaction=True)
def test_settling_after_an_error_before_the_commit_finishes_and_takes_nothing(make_kind: MakeKind) -> None:
    kind = make_kind()
    rows = [enqueue(kind()) for _ in range(2)]
    claimed = must_take(kind)

    assert settle(claimed, success(), uuid.uuid4()) == (True, None)
    assert settle(claimed, success(), uuid.uuid4()) == (True, None)

    assert [read(job_id).state for job_id in rows] == ["succeeded", "waiting"]


# ---- content


class Answer(BaseModel):
    text: str


ODD = "a\x00b\ud800c"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (ODD, "ab\ufffdc"),
        ({ODD: [ODD, 1, None, True, 1.5]}, {"ab\ufffdc": ["ab\ufffdc", 1, None, True, 1.5]}),
        (Answer(text="fine\x00"), {"text": "fine"}),
        (None, None),
        ("\\u0000 written out", "\\u0000 written out"),
        ("\U0001f600 and \\ud83d", "\U0001f600 and \\ud83d"),
        (0, 0),
        ([], []),
    ],
    ids=["text", "nested", "model", "none", "escaped", "emoji", "zero", "empty"],
)
def test_result_is_stored_without_what_databases_refuse(value: Any, stored: Any, make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: value)
    job = testing.run_job(enqueue(kind()))
    assert (job.state, queries.result_of(job)) == ("succeeded", stored)


class Nested(list[Any]):
    """A list that contains itself a thousand deep."""

    def __init__(self) -> None:
        super().__init__()
        inner: list[Any] = self
        for _ in range(100_000):
            inner.append([])
            inner = inner[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [{1, 2}, b"bytes", float("nan"), object(), {"at": timedelta(1)}, "x" * MAX_RESULT_BYTES, Nested()],
    ids=["set", "bytes", "nan", "object", "timedelta", "huge", "deep"],
)
def test_result_that_cannot_be_stored_is_a_failure_with_a_plain_reason(value: Any, make_kind: MakeKind) -> None:
    kind = make_kind(lambda run: value)
    job = testing.run_job(enqueue(kind()))
    error = queries.error_of(job)
    assert error is not None
    assert (job.state, job.runs, error.code) == ("failed", 1, "result_not_json")
    assert error.message.startswith("The work was done, but its result")
    assert queries.result_of(job) is None


def raise_odd(error: type[Exception]) -> Callable[[Run], None]:
    def body(run: Run) -> None:
        import logging

        logging.getLogger("bench").warning("said %s", ODD)
        raise error(ODD)

    return body


@pytest.mark.django_db
@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize(
    "error",
    [ValueError, Permanent, Transient, type("E" * 300, (Exception,), {})],
    ids=["bug", "permanent", "transient", "long"],
)
def test_failure_with_odd_text_is_written_all_the_same(
    error: type[Exception], retries: int, make_kind: MakeKind
) -> None:
    kind = make_kind(raise_odd(error), retries=retries)
    job = testing.run_job(enqueue(kind()))
    (attempt,) = queries.attempts_of(job)

    waits = retries and error is not Permanent
    assert (job.state, attempt.outcome) == ("waiting", "retry") if waits else ("failed", "failed")
    assert "ab\ufffdc" in attempt.traceback
    assert attempt.log == "WARNING said ab\ufffdc"
    everything = json.dumps(snapshot(job.pk), default=str)
    assert "\\u0000" not in everything
    assert "\\ud800" not in everything


@pytest.mark.django_db
def test_progress_with_odd_text_is_written_all_the_same(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    run = run_of(must_take(kind), kind)
    run.progress(40, ODD + "x" * 1000)
    standing = run.standing

    assert transitions.report([Report(job_id, run.token, standing.percent, standing.message)]) == set()
    job = read(job_id)
    assert (job.progress, job.message) == (40, ("ab\ufffdc" + "x" * 1000)[:300])


# ---- who is told


@pytest.mark.django_db
def test_app_is_told_of_each_final_state_once_and_of_nothing_else(make_kind: MakeKind) -> None:
    kind = make_kind(retries=1, retry_delay_s=0)
    told: list[JobEnd] = []
    when_ended(kind)(told.append)
    job_id = enqueue(kind(), owner_id=3, subject="campaign:9")

    transitions.finish(must_take(kind), failure(State.WAITING))
    transitions.give_back(must_take(kind), why="stopped")
    assert told == []
    transitions.finish(must_take(kind), failure())

    (end,) = told
    assert (end.job_id, end.state, end.owner_id, end.subject) == (job_id, "failed", 3, "campaign:9")
    assert end.error is not None
    assert end.error.code == "broken"


@pytest.mark.django_db
def test_broken_hook_never_undoes_the_ending(make_kind: MakeKind, caplog: pytest.LogCaptureFixture) -> None:
    kind = make_kind()
    told: list[str] = []

    @when_ended(kind)
    def break_down(end: JobEnd) -> None:
        Job.objects.filter(pk=end.job_id).update(subject="written by the broken hook")
        raise RuntimeError("broken hook")

    @when_ended(kind)
    def listen(end: JobEnd) -> None:
        told.append(end.state)

    job_id = enqueue(kind())
    assert transitions.finish(must_take(kind), success())

    job = read(job_id)
    assert (job.state, job.subject, told) == ("succeeded", "", ["succeeded"])
    assert "an ending's hook failed" in caplog.text


@pytest.mark.django_db
def test_cancelled_before_its_body_began_ends_without_it(make_kind: MakeKind) -> None:
    ran: list[int] = []
    kind = make_kind(lambda run: ran.append(1))
    enqueue(kind())
    claimed = must_take(kind)
    transitions.request_cancel(claimed.id)
    again = transitions.reclaim(claimed.token)
    assert again is not None

    run, ending, _, _ = perform(again, kind.kind, lambda run: ran.append(1))
    pulse.current().leave(run.standing)

    assert ending is not None
    assert (ending.state, ran) == ("cancelled", [])
