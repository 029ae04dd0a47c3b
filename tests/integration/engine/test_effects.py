"""Effects outside: an intent before the call, a confirmation after it, and a person where nobody can know."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from nightdesk.core.errors import Conflict, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.engine import actions, queries, testing, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.endings import JobEnd, when_ended
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.handlers import call_in_place
from nightdesk.engine.interrupts import FencedOff
from nightdesk.engine.models import Effect
from nightdesk.engine.run import Run
from nightdesk.engine.steps import NotThere
from tests.integration.engine.bench import OTHER_WORKER, MakeKind, aside, must_take, read, run_of

pytestmark = pytest.mark.django_db

KEY = "mail:1"


class Outside:
    """The other side: what arrived there, and how it answers the next calls."""

    def __init__(self, *answers: Exception | None) -> None:
        self.arrived: list[int] = []
        self.asked = 0
        self.answers = list(answers)
        self.knows = True

    def send(self) -> dict[str, int]:
        """Take the effect, then answer as was planned; a fault of ours says that nothing arrived."""
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, (Transient, Permanent)):
            raise answer
        self.arrived.append(len(self.arrived) + 1)
        if answer is not None:
            raise answer
        return {"id": len(self.arrived)}

    def find(self) -> dict[str, int]:
        """Look whether it has arrived."""
        self.asked += 1
        if not self.knows:
            raise OutcomeUnknown
        if not self.arrived:
            raise NotThere
        return {"id": len(self.arrived)}


class Killed(BaseException):
    """What the test raises where a process would have died: nothing of the engine runs after it."""


def sending(outside: Outside, *, find: bool = True) -> Callable[[Run], Any]:
    return lambda run: run.effect(KEY, outside.send, outside.find if find else None)


def die_in_call(kind: type[JobArgs], call: Callable[[], Any]) -> uuid.UUID:
    """Enqueue a job and let its worker die inside the call; it waits again, rescued."""
    job_id = enqueue(kind())
    run = run_of(must_take(kind), kind)

    def call_and_die() -> None:
        call()
        raise Killed

    with pytest.raises(Killed):
        run.effect(KEY, call_and_die, None)
    (lost,) = transitions.lost_with_workers(10)
    assert transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.") == "default"
    return job_id


@pytest.mark.django_db(transaction=True)
def test_effect_is_committed_as_intent_before_the_call_and_confirmed_after_it(make_kind: MakeKind) -> None:
    seen: list[tuple[str, object]] = []

    def call() -> int:
        seen.extend(aside(lambda: list(Effect.objects.values_list("key", "confirmed_at"))))
        return 7

    kind = make_kind(lambda run: run.effect(KEY, call))
    job_id = enqueue(kind())
    testing.drain()

    effect = Effect.objects.get()
    assert seen == [(KEY, None)]
    assert (effect.job_id, effect.result, effect.confirmed_at is None) == (job_id, "7", False)
    assert queries.result_of(read(job_id)) == 7


def test_confirmed_effect_is_not_repeated_by_a_retry_or_by_another_job(make_kind: MakeKind) -> None:
    outside = Outside()

    def body(run: Run) -> Any:
        result = sending(outside)(run)
        if run.number == 1 and len(results) == 0:
            results.append(result)
            raise ValueError("after the effect")
        return result

    results: list[Any] = []
    kind = make_kind(body, retries=1, retry_delay_s=0)
    jobs = [enqueue(kind()), enqueue(kind())]
    testing.drain()

    assert [queries.result_of(read(job_id)) for job_id in jobs] == [{"id": 1}, {"id": 1}]
    assert (outside.arrived, outside.asked) == ([1], 0)


def test_run_that_died_after_the_call_goes_on_through_find(make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    job_id = die_in_call(kind, outside.send)

    testing.drain()

    assert (read(job_id).state, queries.result_of(read(job_id))) == ("succeeded", {"id": 1})
    assert (outside.arrived, outside.asked) == ([1], 1)


def test_run_that_died_before_the_call_arrived_makes_it_again(make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    job_id = die_in_call(kind, lambda: None)

    testing.drain()

    assert (read(job_id).state, outside.arrived, outside.asked) == ("succeeded", [1], 1)


@pytest.mark.parametrize("find", [True, False], ids=["find_cannot_say", "no_find"])
def test_run_that_died_in_the_call_ends_unknown_when_nobody_can_say(find: bool, make_kind: MakeKind) -> None:
    outside = Outside()
    outside.knows = False
    kind = make_kind(sending(outside, find=find))
    job_id = die_in_call(kind, outside.send)

    testing.drain()

    job, error = read(job_id), queries.error_of(read(job_id))
    assert error is not None
    assert (job.state, error.code, outside.arrived) == ("unknown", "outcome_unknown", [1])
    assert job.finished_at is not None


@pytest.mark.parametrize("ending", ["cancel", "quarantine"])
def test_job_that_ends_otherwise_with_an_open_intent_is_unknown(ending: str, make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    job_id = enqueue(kind())
    run = run_of(must_take(kind), kind)
    with pytest.raises(Killed):
        run.effect(KEY, lambda: (_ for _ in ()).throw(Killed()), None)
    if ending == "cancel":
        actions.cancel(job_id=job_id)
    (lost,) = transitions.lost_with_workers(10)
    if ending == "quarantine":
        from dataclasses import replace

        lost = replace(lost, crashes=2)

    assert transitions.rescue(lost, counts=ending == "quarantine", suspect=False, why="died") == ""

    assert read(job_id).state == "unknown"


def test_failure_of_a_run_with_an_open_intent_is_unknown(make_kind: MakeKind) -> None:
    class Odd:
        """What JSON cannot hold: the call has arrived, its confirmation cannot be written."""

    kind = make_kind(lambda run: run.effect(KEY, Odd), retries=0)
    job_id = enqueue(kind())
    testing.drain()
    assert read(job_id).state == "unknown"


@pytest.mark.parametrize(
    "fault", [Transient(), Throttled(retry_after_s=0), Permanent()], ids=["transient", "throttled", "permanent"]
)
def test_adapters_word_that_nothing_happened_leaves_no_intent(fault: Exception, make_kind: MakeKind) -> None:
    outside = Outside(fault)
    kind = make_kind(sending(outside), retries=1, retry_delay_s=0)
    job_id = enqueue(kind())
    testing.drain()

    if isinstance(fault, Permanent):
        assert (read(job_id).state, outside.arrived, Effect.objects.count()) == ("failed", [], 0)
    else:
        assert (read(job_id).state, outside.arrived, outside.asked) == ("succeeded", [1], 0)


@pytest.mark.parametrize("error", [OutcomeUnknown(), ConnectionResetError("cut off")], ids=["unknown", "bug"])
def test_call_that_broke_on_its_way_is_looked_up_at_once(error: Exception, make_kind: MakeKind) -> None:
    outside = Outside(error)
    job_id = enqueue(make_kind(sending(outside))())
    testing.drain()
    assert (read(job_id).state, read(job_id).runs, outside.arrived, outside.asked) == ("succeeded", 1, [1], 1)


def test_call_that_broke_and_certainly_did_not_arrive_is_tried_again(make_kind: MakeKind) -> None:
    outside = Outside()
    broken = [ConnectionRefusedError("not reached")]

    def send() -> Any:
        if broken:
            raise broken.pop()
        return outside.send()

    kind = make_kind(lambda run: run.effect(KEY, send, outside.find), retries=1, retry_delay_s=0)
    job_id = enqueue(kind())
    testing.drain()
    assert (read(job_id).state, read(job_id).runs, outside.arrived) == ("succeeded", 2, [1])


# ---- a look that fails


def die_in_call_and_lose_the_other_side(make_kind: MakeKind, outside: Outside, **options: Any) -> uuid.UUID:
    """Let a call arrive whose worker dies, at another side that cannot be asked at first: two looks fail."""
    looks: list[Exception] = [Transient("not reached"), Throttled(retry_after_s=0)]

    def find() -> Any:
        if looks:
            raise looks.pop(0)
        return outside.find()

    kind = make_kind(lambda run: run.effect(KEY, outside.send, find), retry_delay_s=0, **options)
    return die_in_call(kind, outside.send)


def test_look_that_fails_is_repeated_by_the_next_runs(make_kind: MakeKind) -> None:
    outside = Outside()
    job_id = die_in_call_and_lose_the_other_side(make_kind, outside, retries=2)

    testing.drain()

    job = read(job_id)
    assert (job.state, queries.result_of(job), job.failures, job.runs) == ("succeeded", {"id": 1}, 2, 4)
    assert (outside.arrived, outside.asked) == ([1], 1)


def test_look_that_fails_right_after_a_broken_call_keeps_the_intent(make_kind: MakeKind) -> None:
    outside = Outside(ConnectionResetError("cut off"))
    looks: list[Exception] = [Transient("not reached")]

    def find() -> Any:
        if looks:
            raise looks.pop()
        return outside.find()

    job_id = enqueue(make_kind(lambda run: run.effect(KEY, outside.send, find), retries=1, retry_delay_s=0)())
    testing.run_job(job_id)
    assert list(Effect.objects.values_list("key", "confirmed_at")) == [(KEY, None)]

    testing.drain()

    assert (read(job_id).state, outside.arrived, outside.asked) == ("succeeded", [1], 1)


def test_job_whose_looks_failed_until_its_runs_were_used_up_is_unknown(make_kind: MakeKind) -> None:
    outside = Outside()
    job_id = die_in_call_and_lose_the_other_side(make_kind, outside, retries=1)

    testing.drain()

    error = queries.error_of(read(job_id))
    assert error is not None
    assert (read(job_id).state, error.code, outside.arrived) == ("unknown", "outcome_unknown", [1])
    assert Effect.objects.filter(confirmed_at=None).count() == 1


def test_cancel_of_a_job_that_waits_to_look_ends_it_unknown(make_kind: MakeKind) -> None:
    told: list[JobEnd] = []
    outside = Outside()
    job_id = die_in_call_and_lose_the_other_side(make_kind, outside)
    from nightdesk.engine.arguments import ARGUMENTS

    when_ended(ARGUMENTS[read(job_id).kind])(told.append)
    testing.run_job(job_id)
    assert read(job_id).state == "waiting"

    assert actions.cancel(job_id=job_id) == "unknown"

    error = queries.error_of(read(job_id))
    assert error is not None
    assert (read(job_id).state, error.code) == ("unknown", "outcome_unknown")
    assert [(end.state, end.error) for end in told] == [("unknown", error)]
    assert actions.cancel(job_id=job_id) == "finished"


def test_cancel_while_a_look_runs_ends_unknown(make_kind: MakeKind) -> None:
    def find(run: Run) -> Any:
        run.standing.cancelled = True
        actions.cancel(job_id=run.job_id)
        run.check_cancelled()

    outside = Outside()
    kind = make_kind(lambda run: run.effect(KEY, outside.send, lambda: find(run)))
    job_id = die_in_call(kind, outside.send)

    testing.drain()

    assert (read(job_id).state, outside.arrived) == ("unknown", [1])


# ---- a person decides


def make_unknown(make_kind: MakeKind, outside: Outside) -> uuid.UUID:
    outside.knows = False
    kind = make_kind(sending(outside), retries=0)
    outside.answers = [OutcomeUnknown()]
    job_id = enqueue(kind())
    testing.drain()
    assert read(job_id).state == "unknown"
    return job_id


def test_retry_of_an_unknown_outcome_needs_the_word_that_it_was_not_done(make_kind: MakeKind) -> None:
    outside = Outside()
    job_id = make_unknown(make_kind, outside)

    with pytest.raises(actions.OutcomeUndecided) as refused:
        actions.retry(job_id=job_id)
    with pytest.raises(actions.OutcomeUndecided):
        actions.retry(job_id=job_id, confirm="yes")
    assert (refused.value.code, refused.value.status, read(job_id).state) == ("outcome_unknown", 409, "unknown")

    actions.retry(job_id=job_id, confirm="not_done")
    testing.drain()
    assert (read(job_id).state, len(outside.arrived)) == ("succeeded", 2)


def test_person_says_that_it_was_done(make_kind: MakeKind) -> None:
    told: list[JobEnd] = []
    job_id = make_unknown(make_kind, Outside())
    from nightdesk.engine.arguments import ARGUMENTS

    when_ended(ARGUMENTS[read(job_id).kind])(told.append)

    actions.decide(job_id=job_id, done=True)

    job = read(job_id)
    assert (job.state, job.progress, queries.error_of(job)) == ("succeeded", 100, None)
    assert [(end.state, end.error) for end in told] == [("succeeded", None)]
    with pytest.raises(Conflict):
        actions.decide(job_id=job_id, done=False)


def test_person_says_that_it_was_not_done_and_may_try_again_later(make_kind: MakeKind) -> None:
    outside = Outside()
    job_id = make_unknown(make_kind, outside)

    actions.decide(job_id=job_id, done=False)

    error = queries.error_of(read(job_id))
    assert error is not None
    assert (read(job_id).state, error.code) == ("failed", "not_done")
    actions.retry(job_id=job_id)
    testing.drain()
    assert (read(job_id).state, len(outside.arrived)) == ("succeeded", 2)


def test_unique_key_taken_meanwhile_keeps_an_unknown_job_where_it_is(make_kind: MakeKind) -> None:
    outside = Outside()
    outside.knows, outside.answers = False, [OutcomeUnknown()]
    kind = make_kind(sending(outside), retries=0)
    job_id = enqueue(kind(), unique_key="post:1")
    testing.drain()
    enqueue(kind(), unique_key="post:1")

    with pytest.raises(Conflict, match="already waiting or running"):
        actions.retry(job_id=job_id, confirm="not_done")
    assert read(job_id).state == "unknown"


# ---- several at once


def test_effect_that_another_job_is_at_is_left_to_it(make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    first, second = enqueue(kind()), enqueue(kind())
    runs = [run_of(must_take(kind), kind), run_of(must_take(kind, worker=OTHER_WORKER), kind)]
    assert [run.job_id for run in runs] == [first, second]

    def send_while_the_other_tries() -> Any:
        with pytest.raises(Transient, match="Another job is doing the same"):
            sending(outside)(runs[1])
        return outside.send()

    assert runs[0].effect(KEY, send_while_the_other_tries, outside.find) == {"id": 1}
    assert sending(outside)(runs[1]) == {"id": 1}
    assert (outside.arrived, outside.asked) == ([1], 0)


def test_open_intent_of_a_job_that_has_ended_is_settled_by_the_next(make_kind: MakeKind) -> None:
    outside = Outside()
    make_unknown(make_kind, outside)
    outside.knows = True
    again = enqueue(make_kind(sending(outside))())

    testing.drain()

    assert (read(again).state, queries.result_of(read(again))) == ("succeeded", {"id": 1})
    assert Effect.objects.get().job_id == again
    assert outside.arrived == [1]


def test_zombie_that_wakes_up_in_find_does_not_call(make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    job_id = die_in_call(kind, lambda: None)
    run = run_of(must_take(kind), kind)

    def find_slowly() -> Any:
        (lost,) = transitions.lost_with_workers(10)
        transitions.rescue(lost, counts=False, suspect=False, why="Its worker went away.")
        raise NotThere

    with pytest.raises(FencedOff):
        run.effect(KEY, outside.send, find_slowly)
    assert (outside.arrived, read(job_id).state) == ([], "waiting")


def test_direct_call_simply_does_the_effect(make_kind: MakeKind) -> None:
    outside = Outside()
    kind = make_kind(sending(outside))
    assert [call_in_place(kind()), call_in_place(kind())] == [{"id": 1}, {"id": 2}]
    assert Effect.objects.count() == 0
