"""The table of states is what the transitions do: every one is tried from every state, and the rest changes nothing."""

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils import timezone

from nightdesk.core.ids import new_job_id
from nightdesk.engine import transitions
from nightdesk.engine.enqueue import build, enqueue
from nightdesk.engine.models import Effect
from nightdesk.engine.states import FINISHED, TRANSITIONS, UNFINISHED, State, celery_status, mermaid, task_status
from nightdesk.engine.transitions.claim import Claimed
from nightdesk.engine.transitions.family import child_ended, park
from nightdesk.engine.transitions.finish import Ending
from nightdesk.engine.transitions.insert import NewJob
from nightdesk.engine.transitions.progress import Report
from nightdesk.engine.transitions.rescue import Lost
from tests.integration.engine.bench import (
    WORKER,
    MakeKind,
    claimer,
    failure,
    move_time,
    must_take,
    read,
    snapshot,
    success,
    take,
    versions,
)

pytestmark = pytest.mark.django_db


class Subject:
    """A job brought to a state by the engine's own transitions, with the claim that it last ran under."""

    def __init__(self, make_kind: MakeKind, state: State) -> None:
        self.kind = make_kind()
        self.id = enqueue(self.kind())
        self.claimed: Claimed | None = None
        if state == State.EXPIRED:
            move_time(self.id, "start_before", -1)
            assert transitions.expire_late(10) == 1
        elif state != State.WAITING:
            self.claimed = must_take(self.kind)
            self._leave_running(self.claimed, state)
        assert read(self.id).state == state

    @functools.cached_property
    def run(self) -> Claimed:
        """The claim, or one with a token that nobody has."""
        return self.claimed or Claimed(
            id=self.id,
            token=uuid.uuid4(),
            runs=1,
            failures=0,
            owner_id=None,
            subject="",
            parent_id=None,
            queue="default",
            kind=self.kind.kind.name,
            arguments="{}",
            cancelled=False,
        )

    def lost(self, *, crashes: int = 0, cancelled: bool = False) -> Lost:
        return Lost(self.id, self.run.token, WORKER, False, crashes, cancelled, 1, "bench.1", self.kind.kind.name)

    def make_child(self) -> NewJob:
        return build(self.kind.kind, [], {}, owner_id=None, subject="", priority=5, queue="default", parent_id=self.id)

    def _leave_running(self, claimed: Claimed, state: State) -> None:
        if state == State.WAITING_CHILDREN:
            assert park(job_id=self.id, token=claimed.token, children=[self.make_child()])
        elif state != State.RUNNING:
            assert transitions.finish(claimed, success() if state == State.SUCCEEDED else failure(state))


@dataclass(frozen=True)
class Move:
    """A transition as it is called, what must be so before it, and where it leads to from which states."""

    name: str
    act: Callable[[Subject], object]
    leads: dict[State, State]
    prepare: Callable[[Subject], object] = lambda subject: None


def end_children(subject: Subject) -> None:
    if read(subject.id).open_children:
        child_ended(parent_id=subject.id)


def end_as(state: State) -> Callable[[Subject], object]:
    return lambda subject: transitions.finish(subject.run, failure(state))


ENDS_WITHOUT_SUCCESS = (State.FAILED, State.CANCELLED, State.UNKNOWN)
MOVES = [
    Move("claim", lambda one: take(one.kind), {State.WAITING: State.RUNNING}),
    Move(
        "finish and claim",
        lambda one: transitions.finish_and_claim(one.run, success(), claimer(one.kind), uuid.uuid4()),
        {State.RUNNING: State.SUCCEEDED, State.WAITING: State.RUNNING},
    ),
    Move("succeed", lambda one: transitions.finish(one.run, success()), {State.RUNNING: State.SUCCEEDED}),
    *(Move(f"end {state}", end_as(state), {State.RUNNING: state}) for state in ENDS_WITHOUT_SUCCESS),
    Move("retry", lambda one: transitions.finish(one.run, failure(State.WAITING)), {State.RUNNING: State.WAITING}),
    Move("give back", lambda one: transitions.give_back(one.run, why="stopped"), {State.RUNNING: State.WAITING}),
    Move(
        "park",
        lambda one: park(job_id=one.id, token=one.run.token, children=[one.make_child()]),
        {State.RUNNING: State.WAITING_CHILDREN},
    ),
    Move("children end", end_children, {State.WAITING_CHILDREN: State.WAITING}),
    Move(
        "rescue",
        lambda one: transitions.rescue(one.lost(), counts=False, suspect=False, why="died"),
        {State.RUNNING: State.WAITING},
    ),
    Move(
        "rescue of a cancelled one",
        lambda one: transitions.rescue(one.lost(cancelled=True), counts=False, suspect=False, why="died"),
        {State.RUNNING: State.CANCELLED},
    ),
    Move(
        "third death",
        lambda one: transitions.rescue(one.lost(crashes=2), counts=True, suspect=False, why="died"),
        {State.RUNNING: State.FAILED},
    ),
    Move(
        "cancel",
        lambda one: transitions.cancel_waiting(one.id),
        {State.WAITING: State.CANCELLED, State.WAITING_CHILDREN: State.CANCELLED},
    ),
    Move(
        "cancel with an effect unconfirmed",
        lambda one: transitions.cancel_waiting(one.id),
        {State.WAITING: State.UNKNOWN, State.WAITING_CHILDREN: State.UNKNOWN},
        lambda one: Effect.objects.create(key="mail:1", job_id=one.id, intended_at=timezone.now()),
    ),
    Move(
        "expire",
        lambda one: transitions.expire_late(10),
        {State.WAITING: State.EXPIRED},
        lambda one: move_time(one.id, "start_before", -1),
    ),
    Move(
        "reopen",
        lambda one: transitions.reopen(one.id),
        dict.fromkeys((State.FAILED, State.CANCELLED, State.EXPIRED), State.WAITING),
    ),
    Move("it was done", lambda one: transitions.decide_unknown(one.id, done=True), {State.UNKNOWN: State.SUCCEEDED}),
    Move("it was not", lambda one: transitions.decide_unknown(one.id, done=False), {State.UNKNOWN: State.FAILED}),
    Move("do it again", lambda one: transitions.decide_unknown(one.id, done=None), {State.UNKNOWN: State.WAITING}),
]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name.replace(" ", "_"))
def test_transition_moves_only_from_its_own_states(move: Move, state: State, make_kind: MakeKind) -> None:
    subject = Subject(make_kind, state)
    move.prepare(subject)
    before = snapshot(subject.id)

    move.act(subject)

    if state not in move.leads:
        assert snapshot(subject.id) == before
        return
    job = read(subject.id)
    assert job.state == move.leads[state]
    assert job.version > before["Job"]["version"]
    assert versions(job.id)[-1] == job.version
    assert (job.finished_at is not None) == (job.state in FINISHED)


def test_table_of_transitions_is_what_the_moves_do() -> None:
    done = {(old, new) for move in MOVES for old, new in move.leads.items()}
    assert done == set(TRANSITIONS)


@pytest.mark.parametrize("state", sorted(set(State) - {State.RUNNING}))
def test_progress_and_cancel_flag_touch_only_running_jobs(state: State, make_kind: MakeKind) -> None:
    subject = Subject(make_kind, state)
    before = snapshot(subject.id)

    lost = transitions.report([Report(subject.id, subject.run.token, 50, "half")])

    assert lost == {subject.run.token}
    assert transitions.request_cancel(subject.id) is False
    assert snapshot(subject.id) == before


def test_unknown_job_is_left_alone_by_every_move(make_kind: MakeKind) -> None:
    subject = Subject(make_kind, State.WAITING)
    subject.id = new_job_id()
    for act in (transitions.cancel_waiting, transitions.request_cancel, transitions.reopen):
        assert not act(subject.id)
    assert transitions.finish(subject.run, success()) is False


def test_every_state_has_words_for_celery_and_for_the_task_endpoints() -> None:
    assert {state: celery_status(state, 0) for state in State} == {
        State.WAITING: "PENDING",
        State.RUNNING: "STARTED",
        State.WAITING_CHILDREN: "STARTED",
        State.SUCCEEDED: "SUCCESS",
        State.FAILED: "FAILURE",
        State.CANCELLED: "REVOKED",
        State.EXPIRED: "REVOKED",
        State.UNKNOWN: "FAILURE",
    }
    assert celery_status(State.WAITING, 1) == "RETRY"
    assert task_status(State.RUNNING) == task_status(State.WAITING_CHILDREN) == "PROCESSING"


def test_diagram_has_an_arrow_for_each_transition() -> None:
    arrows = [line.strip().split(":")[0] for line in mermaid().splitlines() if "-->" in line and "[*]" not in line]
    assert arrows == [f"{old.value} --> {new.value}" for old, new in TRANSITIONS]
    assert set(State) == UNFINISHED | FINISHED


def test_ending_cannot_be_written_as_a_state_that_no_run_ends_in(make_kind: MakeKind) -> None:
    subject = Subject(make_kind, State.RUNNING)
    with pytest.raises(ValueError, match="not final"):
        transitions.finish(subject.run, Ending(state=State.WAITING_CHILDREN))
