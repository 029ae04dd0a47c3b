"""What a handler may do with its run: report, be cancelled, keep steps, do effects once, ask children."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from celery.exceptions import SoftTimeLimitExceeded

from nightdesk.core.ids import new_job_id
from nightdesk.core.redaction import clean_text
from nightdesk.engine import pulse, ringer, sql, steps
from nightdesk.engine.arguments import JobArgs, Kind
from nightdesk.engine.endings import JobError
from nightdesk.engine.enqueue import build
from nightdesk.engine.interrupts import Cancelled, FencedOff, Parked
from nightdesk.engine.models.job import MAX_MESSAGE_CHARS
from nightdesk.engine.payloads import read_json, write_result
from nightdesk.engine.pulse import Standing
from nightdesk.engine.side_by_side import do_side_by_side
from nightdesk.engine.states import FINISHED, State
from nightdesk.engine.transitions.claim import Claimed
from nightdesk.engine.transitions.family import park
from nightdesk.engine.transitions.finish import Ending, already_ended, finish, hold

T = TypeVar("T")

_CHILDREN: Final = sql.Statement(
    "SELECT j.id, j.state, p.result, p.error FROM engine_job j LEFT JOIN engine_jobpayload p "
    "ON p.job_id = j.id WHERE j.parent_id = %s AND j.subject = %s ORDER BY j.id"
)


@dataclass(frozen=True, slots=True)
class ChildOutcome:
    """How a child job ended."""

    job_id: uuid.UUID
    state: State
    result: Any
    error: JobError | None


def _nothing() -> None:
    """Do nothing meanwhile."""


class Run:
    """One run of one job. `number` is 1 for the first run, `failures` counts the failed ones before it."""

    def __init__(self, claimed: Claimed, kind: Kind, standing: Standing) -> None:
        self.job_id = claimed.id
        self.token = claimed.token
        self.owner_id = claimed.owner_id
        self.subject = claimed.subject
        self.number = claimed.runs
        self.failures = claimed.failures
        self.kind = kind
        self.claimed = claimed
        self.standing = standing
        self.lines: list[str] = []
        self.ended_itself = False

    def progress(self, percent: int, message: str = "") -> None:
        """Say how far the run is, 0 to 100, and what it does now. Cheap: written at most twice a second.

        Raises:
            Cancelled: somebody asked the job to stop.
            FencedOff: the run is no longer ours.
            SoftTimeLimitExceeded: its time is up (threads and solo; prefork raises it anywhere).
        """
        standing = self.standing
        percent = min(100, max(standing.percent, int(percent)))
        text = "" if self.kind.sensitive else clean_text(message)[:MAX_MESSAGE_CHARS]
        if (percent, text) != (standing.percent, standing.message):
            standing.percent, standing.message, standing.reported = percent, text, False
        self.check_cancelled()

    def check_cancelled(self) -> None:
        """Unwind if somebody asked the job to stop, or its time is up; call it between slow parts. Free of cost."""
        if self.standing.lost:
            raise FencedOff
        if self.standing.cancelled:
            raise Cancelled
        if self.standing.overtime:
            raise SoftTimeLimitExceeded

    def step(
        self,
        name: str,
        work: Callable[[], T],
        *,
        save: Callable[[T], None] | None = None,
        cost_micros: Callable[[T], int | None] | None = None,
    ) -> T:
        """Do a part of the work once for the whole job: a retry, a rescue or a rerun returns the stored result.

        The result must be JSON and comes back as JSON reads it. `save` runs in the transaction that stores the step,
        after the fence: domain rows belong there. It may be repeated if the commit is lost.

        Raises:
            FencedOff: the run is no longer ours; nothing was stored.
        """
        self.check_cancelled()
        return steps.run_step(
            self.job_id, self.token, name, work, save=save, cost_micros=cost_micros, sensitive=self.kind.sensitive
        )

    def steps(
        self,
        works: Mapping[str, Callable[[], T]],
        *,
        at_once: int,
        save: Callable[[str, T], None] | None = None,
        cost_micros: Callable[[T], int | None] | None = None,
        meanwhile: Callable[[], None] = _nothing,
    ) -> dict[str, T]:
        """Do several steps side by side, each once for the whole job like `step`; return their results by name.

        Up to `at_once` works run in threads of their own, where they may call `progress` and must not touch the
        database. `save` and `meanwhile` (each time this thread looks up, five times a second at least) are called in
        the run's own thread. With `at_once` 1 all of it happens there, in the order given.

        When one fails, no other is begun; those that run are finished and stored, for they are paid for. Then the run
        fails with what no retry mends, else with the longest pause that was asked for, else with the first failure. A
        run that must stop (cancelled, fenced off, out of time) waits half a second for its works, and stores what they
        bring unless it is fenced off; a work that does not listen is left behind with a warning, its result dropped.

        Raises:
            FencedOff: the run is no longer ours; nothing more was stored.
        """
        self.check_cancelled()
        return steps.run_steps(
            self.job_id,
            self.token,
            works,
            at_once=at_once,
            check=self.check_cancelled,
            save=save,
            cost_micros=cost_micros,
            meanwhile=meanwhile,
            sensitive=self.kind.sensitive,
        )

    def time_left_s(self) -> float | None:
        """Return how many seconds this run may still take before its soft limit, 0 or less when it is over; None: no limit."""
        limit_s = self.standing.soft_limit_s
        return None if limit_s is None else self.standing.started + limit_s - time.monotonic()

    def effect(self, key: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Do something outside that must not happen twice; `key` is unique over all jobs. The result must be JSON.

        The intent is committed before `call`, the result after it. If a run dies in between, the next one asks `find`:
        it returns what `call` would have, or raises `steps.NotThere` when it is certain that nothing happened (or that
        the same call again is harmless), or `Transient` when it could not look: then the next run does, and a job whose
        runs are used up meanwhile ends `unknown`. A `core.errors` fault raised by `call` (other than `OutcomeUnknown`)
        means that nothing happened.

        Raises:
            OutcomeUnknown: nobody can say whether it happened; the job ends `unknown` and a person decides.
        """
        self.check_cancelled()
        return steps.run_effect(self.job_id, self.token, key, call, find, sensitive=self.kind.sensitive)

    def finish_with(self, save: Callable[[], T]) -> T:
        """Do the last work on our own database and end the job in one transaction: both happen, once, or neither.

        `save` returns the job's result; it may be repeated if the commit is lost. Return this value from the handler.

        Raises:
            FencedOff: the run is no longer ours; what `save` wrote was rolled back.
        """
        self.check_cancelled()

        saved: list[T] = []

        def end() -> None:
            if saved and already_ended(self.claimed):
                return  # a commit of ours whose answer was lost
            with sql.writing():
                if not hold(self.claimed):
                    raise FencedOff
                saved[:] = [save()]
                result = write_result(saved[0], self.kind)
                ending = Ending(state=State.SUCCEEDED, result=result, result_ttl_s=self.kind.result_ttl_s)
                if not finish(self.claimed, ending):
                    raise FencedOff

        sql.patiently(end)
        self.ended_itself = True
        return saved[0]

    def gather(self, name: str, jobs: Sequence[JobArgs]) -> list[ChildOutcome]:
        """Run child jobs and return how they ended, in the order given.

        The first call inserts the children and parks this run, which holds no slot meanwhile; the handler is called
        again from the top when the last child has ended, and then this returns. Code before it must be repeatable.
        """
        group = f"child:{name}"
        found = sql.patiently(lambda: sql.fetch(_CHILDREN, [self.job_id, group]))
        outcomes = [_outcome(row) for row in found]
        if all(one.state in FINISHED for one in outcomes) and (found or not jobs):
            return outcomes
        children = [  # none where one was sent back by a person: it is only waited for
            build(
                job.kind,
                [],
                job.model_dump(mode="json"),
                owner_id=self.owner_id,
                subject=group,
                priority=job.kind.priority,
                queue=job.kind.queue,
                parent_id=self.job_id,
            )
            for job in jobs
            if not found
        ]
        if not sql.patiently(lambda: park(job_id=self.job_id, token=self.token, children=children)):
            raise FencedOff
        for child in children:
            if child.rung:
                ringer.current().ring_soon(ringer.Ring(child.id, child.kind, child.queue, 1))
        raise Parked


def _outcome(row: tuple[Any, ...]) -> ChildOutcome:
    error = read_json(row[3])
    return ChildOutcome(sql.as_uuid(row[0]), State(row[1]), read_json(row[2]), JobError(**error) if error else None)


class DirectRun(Run):
    """The run of a task that was called directly: in place, without a row. Steps and effects simply happen."""

    def __init__(self, kind: Kind) -> None:
        token = new_job_id()
        claimed = Claimed(
            id=token,
            token=token,
            runs=1,
            failures=0,
            owner_id=None,
            subject="",
            parent_id=None,
            queue=kind.queue,
            kind=kind.name,
            arguments="{}",
            cancelled=False,
        )
        super().__init__(claimed, kind, Standing(token, token, 0))

    def step(
        self,
        name: str,
        work: Callable[[], T],
        *,
        save: Callable[[T], None] | None = None,
        cost_micros: Callable[[T], int | None] | None = None,
    ) -> T:
        """Do the work and save it; nothing is remembered."""
        value: T = json.loads(json.dumps(work(), allow_nan=False))
        if save:
            with sql.writing():
                save(value)
        return value

    def steps(
        self,
        works: Mapping[str, Callable[[], T]],
        *,
        at_once: int,
        save: Callable[[str, T], None] | None = None,
        cost_micros: Callable[[T], int | None] | None = None,
        meanwhile: Callable[[], None] = _nothing,
    ) -> dict[str, T]:
        """Do the works side by side and save them; nothing is remembered."""
        results: dict[str, T] = {}

        def keep(name: str, value: T) -> None:
            results[name] = self.step(name, lambda: value, save=partial(save, name) if save else None)

        do_side_by_side(works, at_once=at_once, check=self.check_cancelled, keep=keep, meanwhile=meanwhile)
        return {name: results[name] for name in works}

    def effect(self, key: str, call: Callable[[], Any], find: Callable[[], Any] | None = None) -> Any:
        """Make the call; nothing is remembered."""
        return call()

    def finish_with(self, save: Callable[[], T]) -> T:
        """Do the last work in one transaction; there is no job to end."""
        with sql.writing():
            return save()

    def gather(self, name: str, jobs: Sequence[JobArgs]) -> list[ChildOutcome]:
        """Run the children one after the other, in place; an error of a child is raised as it is."""
        from nightdesk.engine.handlers import call_in_place

        return [ChildOutcome(new_job_id(), State.SUCCEEDED, call_in_place(job), None) for job in jobs]


def watch(claimed: Claimed, kind: Kind, thread_id: int) -> Run:
    """Make the run of a claimed job and put it under this process's pulse."""
    standing = Standing(claimed.id, claimed.token, thread_id, soft_limit_s=kind.soft_limit_s, hard_limit_s=kind.hard_s)
    standing.cancelled = claimed.cancelled
    pulse.current().enter(standing)
    return Run(claimed, kind, standing)
