"""For tests of apps: run one job in place, run all that is due, see what was asked for. No worker, no broker."""

import contextlib
import os
import uuid
from typing import Any, Final

from celery import current_app
from django.db import connection

from nightdesk.engine import pulse, sql, transitions
from nightdesk.engine.arguments import KINDS, JobArgs
from nightdesk.engine.execution import Refused, perform, write_end
from nightdesk.engine.identity import me
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.payloads import read_arguments
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import Claimed, Claimer, claim_text, claimed

_CLAIM_ONE: Final = {limited: sql.Statement(claim_text(limited=limited, named=True)) for limited in (False, True)}


def run_job(job_id: uuid.UUID) -> Job:
    """Claim this waiting job, run its handler here and write its end; return the row. Errors end in the row.

    Raises:
        LookupError: it cannot be claimed (not waiting, not due, paused, limited).
    """
    job = Job.objects.get(pk=job_id)
    if job.place is None:
        _line_up()
    who, token = _describe(job.queue, job.kind), uuid.uuid4()
    if KINDS[job.kind].rate is not None:
        transitions.mark_rung([job_id])
    with sql.single():
        row = sql.fetch_one(_CLAIM_ONE[who.limited], [*who.params(token), job_id])
    if row is None:
        raise LookupError(f"job {job_id} cannot be claimed now")
    _perform(claimed(row, token))
    return Job.objects.get(pk=job_id)


def drain(limit: int = 1000) -> int:
    """Run everything that is due, also what comes due meanwhile, until nothing is; return how many runs that took.

    Raises:
        RuntimeError: more than `limit` runs.
    """
    count = 0
    while True:
        _line_up()
        before = count
        for queue, kind in transitions.line.lines():
            while taken := _claim(queue, kind):
                _perform(taken)
                count += 1
                if count > limit:
                    raise RuntimeError(f"more than {limit} runs: does a job enqueue itself?")
        if count == before:
            return count


def assert_enqueued(expected: JobArgs) -> Job:
    """Return the unfinished or finished job with exactly these arguments.

    Raises:
        AssertionError: there is none; the message lists the jobs of that kind.
    """
    found = []
    for job in Job.objects.filter(kind=expected.kind.name):
        payload = JobPayload.objects.get(pk=job.pk)
        _, kwargs = read_arguments(payload.arguments)
        if kwargs == expected.model_dump(mode="json"):
            return job
        found.append(kwargs)
    raise AssertionError(f"{expected.kind.name} with {expected!r} was not asked for; these were: {found}")


def _line_up() -> None:
    rows = transitions.line.due_rows(1000)
    transitions.line_up([(index, row[0]) for index, row in enumerate(rows)])


def _describe(queue: str, kind: str) -> Claimer:
    options = KINDS[kind]
    return Claimer(
        queue=queue,
        kind=kind,
        version=options.version,
        limited=options.limited,
        rated=options.rate is not None,
        worker=me().boot_id,
        ring="testing",
        pid=os.getpid(),
    )


def _claim(queue: str, kind: str) -> Claimed | None:
    if KINDS[kind].rate is not None:
        next_one = transitions.ringable(queue=queue, kind=kind, version=KINDS[kind].version, limited=True, most=1)
        transitions.mark_rung([row.id for row in next_one])
    return transitions.claim(_describe(queue, kind), uuid.uuid4())


def _perform(taken: Claimed) -> None:
    task = current_app.tasks[taken.kind]

    def body(run: Run) -> Any:
        if connection.in_atomic_block:  # the pulse looks from outside, where this transaction's claim is not to be seen
            pulse.current().leave(run.standing)
        task.push_request(id=f"{taken.id}.testing", called_directly=False)
        try:
            return task._body(run)
        finally:
            task.pop_request()

    run, ending, _, _ = perform(taken, KINDS[taken.kind], body)
    try:
        if ending is not None:
            with contextlib.suppress(Refused):
                write_end(run, ending)
    finally:
        pulse.current().leave(run.standing)


__all__ = ["State", "assert_enqueued", "drain", "run_job"]
