"""Why a job waits: the claim's own gates, asked one by one and said in words."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from nightdesk.engine import actions, queries, transitions
from nightdesk.engine.arguments import JobArgs
from nightdesk.engine.enqueue import enqueue
from nightdesk.engine.models import Job
from nightdesk.engine.transitions import workers
from nightdesk.engine.transitions.workers import Announcement
from tests.integration.engine.bench import MakeKind, must_take, read, success, take

pytestmark = pytest.mark.django_db


def serve(kind: type[JobArgs], *, version: int = 1, queue: str | None = None) -> None:
    """Let a live worker announce a kind."""
    workers.beat(
        Announcement(
            boot_id=uuid.UUID(int=0xA),
            name="a",
            pid=1,
            pool="solo",
            queues=[queue or kind.kind.queue],
            kinds={kind.kind.name: version},
            slots=1,
        )
    )


def closed(job_id: uuid.UUID) -> list[str]:
    return [gate.name for gate in queries.explain(read(job_id)).gates if not gate.passed]


def test_job_that_nothing_holds_back_is_next_in_line(make_kind: MakeKind) -> None:
    kind = make_kind()
    serve(kind)
    first, second = enqueue(kind()), enqueue(kind())

    explanation = queries.explain(read(first))
    assert [gate.name for gate in explanation.gates] == ["due", "in time", "not paused", "worker", "version"]
    assert (closed(first), explanation.place_in_line) == ([], 1)
    assert queries.waiting_reason(read(first)) == "It is next in line."
    assert queries.waiting_reason(read(second)) == "It is number 2 in line."


def hold_slot(kind: type[JobArgs]) -> uuid.UUID:
    enqueue(kind())
    must_take(kind)
    return enqueue(kind())


REASONS: dict[str, tuple[str, dict[str, Any], Callable[[type[JobArgs]], uuid.UUID]]] = {
    "due": ("It is to start later.", {}, lambda kind: enqueue(kind(), delay_s=60)),
    "in time": (
        "The time by which it had to start is over.",
        {},
        lambda kind: enqueue(kind(), start_before=timezone.now() - timedelta(seconds=1)),
    ),
    "not paused": ("Its queue is paused.", {"queue": "cpu"}, lambda kind: enqueue(kind())),
    "free slot": ("As many of its kind as may run at once are running.", {"limit": 1}, hold_slot),
    "rate": ("It waits for its turn under a rate limit.", {"rate": "1/h"}, lambda kind: enqueue(kind())),
}


@pytest.mark.parametrize("gate", REASONS)
def test_closed_gate_is_named_and_the_claim_agrees(gate: str, make_kind: MakeKind) -> None:
    words, options, ask = REASONS[gate]
    kind = make_kind(**options)
    serve(kind)
    if gate == "not paused":
        actions.pause_queue(queue="cpu")
    job_id = ask(kind)

    assert closed(job_id) == [gate]
    assert queries.waiting_reason(read(job_id)) == words
    assert take(kind) is None


def test_open_gates_are_the_ones_that_the_claim_takes(make_kind: MakeKind) -> None:
    kind = make_kind(limit=1, rate="1/h")
    serve(kind)
    job_id = enqueue(kind())
    transitions.mark_rung([job_id])
    assert closed(job_id) == []
    assert must_take(kind).id == job_id


@pytest.mark.parametrize("state", ["nobody", "another_queue", "gone", "too_old"])
def test_job_that_no_live_worker_can_run_says_so(state: str, make_kind: MakeKind) -> None:
    kind = make_kind(version=2)
    if state == "another_queue":
        serve(kind, version=2, queue="cpu")
    elif state == "gone":
        serve(kind, version=2)
        workers.leave(uuid.UUID(int=0xA))
    elif state == "too_old":
        serve(kind, version=1)
    job_id = enqueue(kind())

    reason = queries.waiting_reason(read(job_id))
    if state == "too_old":
        assert (closed(job_id), reason) == (["version"], "The running workers are older than this job. Update them.")
    else:
        assert (closed(job_id), reason) == (
            ["worker"],
            "No running worker serves its queue and knows its kind. Start one.",
        )


def test_place_counts_those_before_it_in_its_own_line(make_kind: MakeKind) -> None:
    kind, other = make_kind(), make_kind()
    jobs = {name: enqueue(kind(), priority=priority) for name, priority in [("low", 1), ("mid", 5), ("high", 9)]}
    enqueue(other(), priority=9)
    places = {name: queries.explain(read(job_id)).place_in_line for name, job_id in jobs.items()}
    assert places == {"high": 1, "mid": 2, "low": 3}


def test_job_that_does_not_wait_has_nothing_to_explain(make_kind: MakeKind) -> None:
    kind = make_kind()
    job_id = enqueue(kind())
    claimed = must_take(kind)
    assert queries.explain(read(job_id)) == queries.Explanation((), None)
    transitions.finish(claimed, success())
    assert queries.waiting_reason(read(job_id)) == ""


def test_private_kinds_of_others_are_hidden_from_all_but_operators(make_kind: MakeKind) -> None:
    private, public = make_kind(private=True), make_kind()
    mine, yours, nobodys = [enqueue(private(), owner_id=owner) for owner in (1, 2, None)]
    open_to_all = enqueue(public(), owner_id=2)

    def visible(**who: object) -> set[uuid.UUID]:
        return set(queries.visible_jobs(**who).values_list("pk", flat=True))  # type: ignore[arg-type]

    assert visible(user_id=1, operator=False) == {mine, open_to_all}
    assert visible(user_id=1, operator=True) == {mine, yours, nobodys, open_to_all}
    assert Job.objects.count() == 4
