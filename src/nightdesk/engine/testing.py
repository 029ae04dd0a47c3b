"""For tests of apps: run one job in place, run all that is due, see what was asked for. No worker, no broker."""

import os
import uuid
from typing import Any, Final

from celery import current_app
from celery.exceptions import Ignore

from nightdesk.engine import pulse, sql, transitions
from nightdesk.engine.arguments import KINDS, JobArgs
from nightdesk.engine.execution import perform, write_end
from nightdesk.engine.identity import me
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.payloads import read_arguments
from nightdesk.engine.run import Run
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import Claimed, Claimer

_FIRST: Final = sql.Statement("UPDATE engine_job SET place = -1 WHERE id = %s AND state = 'waiting'")


def run_job(job_id: uuid.UUID) -> Job:
    """Claim this waiting job, run its handler here and write its end; return the row. Errors end in the row.

    Raises:
        LookupError: it cannot be claimed (not waiting, not due, paused, limited).
    """
    job = Job.objects.get(pk=job_id)
    if job.place is None:
        _line_up()
    with sql.single():
        sql.fetch(_FIRST, [job_id])
    claimed = _claim(job.queue, job.kind)
    if claimed is None or claimed.id != job_id:
        raise LookupError(f"job {job_id} cannot be claimed now")
    _perform(claimed)
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
            while claimed := _claim(queue, kind):
                _perform(claimed)
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


def _claim(queue: str, kind: str) -> Claimed | None:
    options = KINDS[kind]
    who = Claimer(
        queue=queue,
        kind=kind,
        version=options.version,
        limited=options.limited,
        worker=me().boot_id,
        ring="testing",
        pid=os.getpid(),
    )
    if options.rate is not None:
        transitions.mark_rung(
            [
                row.id
                for row in transitions.ringable(queue=queue, kind=kind, version=options.version, limited=True, most=1)
            ]
        )
    return transitions.claim(who, uuid.uuid4())


def _perform(claimed: Claimed) -> None:
    task = current_app.tasks[claimed.kind]

    def body(run: Run) -> Any:
        task.push_request(id=f"{claimed.id}.testing", called_directly=False)
        try:
            return task._body(run)
        finally:
            task.pop_request()

    run, ending, _, _ = perform(claimed, KINDS[claimed.kind], body)
    try:
        if ending is not None:
            write_end(run, ending)
    except Ignore:
        pass
    finally:
        pulse.current().leave(run.standing)


__all__ = ["State", "assert_enqueued", "drain", "run_job"]
