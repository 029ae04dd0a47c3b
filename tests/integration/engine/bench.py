"""A bench on which transitions are tried by hand: kinds made for one test, rows, claims, races of real threads."""

import itertools
import threading
import types
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from celery import current_app
from django.db import connections
from django.db.models import Model
from django.utils import timezone

from nightdesk.engine import transitions
from nightdesk.engine.arguments import ARGUMENTS, KINDS, JobArgs
from nightdesk.engine.endings import JobError
from nightdesk.engine.handlers import HANDLERS, handles
from nightdesk.engine.models import Attempt, Effect, Job, JobChange, JobPayload, JobStep
from nightdesk.engine.pulse import Standing
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import Claimed, Claimer
from nightdesk.engine.transitions.finish import Ending

T = TypeVar("T")

WORKER = uuid.UUID(int=0xA)
OTHER_WORKER = uuid.UUID(int=0xB)
ERROR = JobError(code="broken", message="It broke. Try again.", type="Broken")

_numbers = itertools.count(1)


class MakeKind(Protocol):
    """Makes a kind of job for one test; the keywords are the fields of `Kind`."""

    def __call__(self, body: Callable[[Run], Any] = ..., **options: Any) -> type[JobArgs]: ...


def nothing(run: Run) -> None:
    """Do nothing."""


def make_kinds() -> Iterator[MakeKind]:
    """Make kinds whose handler is the body given, and forget them afterwards."""
    made: list[str] = []

    def make(body: Callable[[Run], Any] = nothing, **options: Any) -> type[JobArgs]:
        options = {"name": f"bench.kind_{next(_numbers)}", **options}
        kind: type[JobArgs] = types.new_class("BenchKind", (JobArgs,), options)
        made.append(kind.kind.name)

        def handler(job: JobArgs, run: Run) -> Any:
            return body(run)

        handles(kind)(handler)
        return kind

    yield make
    for name in made:
        for known in (KINDS, ARGUMENTS, HANDLERS, current_app.tasks):
            known.pop(name, None)


def claimer(kind: type[JobArgs], *, worker: uuid.UUID = WORKER, queue: str | None = None) -> Claimer:
    """Describe a claim by a worker for the line of a kind."""
    known = kind.kind
    return Claimer(
        queue=queue or known.queue,
        kind=known.name,
        version=known.version,
        limited=known.limited,
        rated=known.rate is not None,
        worker=worker,
        ring="bench.1",
        pid=1,
    )


def take(kind: type[JobArgs], *, worker: uuid.UUID = WORKER) -> Claimed | None:
    """Claim the next row of a kind's line."""
    return transitions.claim(claimer(kind, worker=worker), uuid.uuid4())


def must_take(kind: type[JobArgs], *, worker: uuid.UUID = WORKER) -> Claimed:
    """Claim the next row of a kind's line, which must be there."""
    claimed = take(kind, worker=worker)
    assert claimed is not None
    return claimed


def run_of(claimed: Claimed, kind: type[JobArgs]) -> Run:
    """Make the run of a claim, watched by no pulse."""
    return Run(claimed, kind.kind, Standing(claimed.id, claimed.token, 0))


def success(result: str | None = "1") -> Ending:
    """Describe a plain success."""
    return Ending(state=State.SUCCEEDED, result=result)


def failure(state: State = State.FAILED, *, delay_s: float = 0.0) -> Ending:
    """Describe an ending that is no success."""
    return Ending(state=state, error=ERROR, failed=True, outcome="failed", delay_s=delay_s)


def read(job_id: uuid.UUID) -> Job:
    """Read a row anew."""
    return Job.objects.get(pk=job_id)


def move_time(job_id: uuid.UUID, column: str, by_s: float) -> None:
    """Set a moment of a row to so many seconds from now, past any transition."""
    Job.objects.filter(pk=job_id).update(**{column: timezone.now() + timedelta(seconds=by_s)})


def snapshot(job_id: uuid.UUID) -> dict[str, Any]:
    """Read everything that is known of a job: row, payload, attempts, steps, effects, changes."""
    tables: tuple[type[Model], ...] = (JobPayload, Attempt, JobStep, Effect, JobChange)
    parts = {table.__name__: list(table._default_manager.filter(job_id=job_id).values()) for table in tables}
    return {"Job": Job.objects.filter(pk=job_id).values().first(), **parts}


def versions(job_id: uuid.UUID) -> list[int]:
    """List the versions of which the live feed was told, in order."""
    return list(JobChange.objects.filter(job_id=job_id).order_by("seq").values_list("version", flat=True))


def race(*calls: Callable[[], T]) -> list[T]:
    """Run calls at once, each in a thread with a connection of its own; return their answers in order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            gate.wait(10)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(run, call) for call in calls]]


def aside(call: Callable[[], T]) -> T:
    """Run one call in a thread with a connection of its own, and wait for its answer."""
    return race(call)[0]


def ids(claims: Sequence[Claimed | None]) -> list[uuid.UUID]:
    """List the ids of what was claimed."""
    return [one.id for one in claims if one is not None]
