"""What people and programs do to jobs: cancel, retry, run again, decide, pause. Each call is one decision."""

import uuid
from typing import Any, Final, Literal

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from nightdesk.core.errors import Conflict, InvalidInput, NotFound
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql, transitions
from nightdesk.engine.arguments import ARGUMENTS, KINDS
from nightdesk.engine.enqueue import enqueue_named, is_routed
from nightdesk.engine.models import Job, JobPayload
from nightdesk.engine.payloads import read_arguments
from nightdesk.engine.states import FINISHED, State
from nightdesk.engine.transitions.decide import cancelled_children, open_children

CancelOutcome = Literal["cancelled", "requested", "unknown", "finished"]

_RACES: Final = 20
_PAUSE: Final = sql.Statement(
    'INSERT INTO engine_queue (name, paused_at, "window") VALUES (%s, {now}, 0) '
    "ON CONFLICT (name) DO UPDATE SET paused_at = COALESCE(engine_queue.paused_at, {now})"
)
_COPY_STEPS: Final = sql.Statement(
    "INSERT INTO engine_jobstep (job_id, name, result, key_id, cost_micros, finished_at) "
    "SELECT %s, name, result, key_id, cost_micros, finished_at FROM engine_jobstep WHERE job_id = %s"
)
_KEEP_RESULT: Final = sql.Statement(
    "UPDATE engine_job SET result_expires_at = NULL WHERE id = %s AND state = 'succeeded' AND result_gone = (1 = 0) "
    "RETURNING id"
)
_RESUME: Final = sql.Statement("UPDATE engine_queue SET paused_at = NULL WHERE name = %s")


class OutcomeUndecided(Conflict):
    """A job whose effect outside may have happened cannot simply be run again."""

    code = "outcome_unknown"
    public_message = (
        "It may already have been done. Look at the other side first; if it was not done, "
        'send {"confirm": "not_done"} to run it again.'
    )


def cancel(*, job_id: uuid.UUID) -> CancelOutcome:
    """Cancel a job and everything below it: "cancelled" at once, "requested" of a running one, or "finished".

    "unknown": it waited to look how its effect outside had ended, and now a person has to. Safe to repeat.

    Raises:
        NotFound: no such job.
    """
    for _ in range(_RACES):  # it may be claimed or put back between two looks
        if ended := transitions.cancel_waiting(job_id):
            _cancel_children(job_id)
            return "cancelled" if ended == State.CANCELLED else "unknown"
        if transitions.request_cancel(job_id):
            _cancel_children(job_id)
            return "requested"
        state = _state(job_id)
        if state in FINISHED:
            return "finished"
    raise Conflict("The job changes its state too fast. Try again.")


def _cancel_children(job_id: uuid.UUID) -> None:
    for child in open_children(job_id):
        cancel(job_id=child)


def retry(*, job_id: uuid.UUID, confirm: str | None = None) -> None:
    """Send a job that ended without success back into its line; the row stays the same.

    With a cancelled one come the children that were cancelled with it: cancelling took the whole tree, so does this.

    Raises:
        NotFound: no such job.
        OutcomeUndecided: its outcome is unknown and `confirm` is not "not_done".
        Conflict: it has succeeded, is not finished, or an unfinished job has its unique key.
    """
    state = _state(job_id)
    if state == State.UNKNOWN and confirm != "not_done":
        raise OutcomeUndecided
    try:
        with sql.writing():
            if state == State.CANCELLED:
                _reopen_children(job_id)
            reopened = (
                transitions.decide_unknown(job_id, done=None) if state == State.UNKNOWN else transitions.reopen(job_id)
            )
            if not reopened:
                transaction.set_rollback(True)
    except IntegrityError:
        raise Conflict("The same work is already waiting or running as another job. Look at that one.") from None
    if not reopened:
        said = "has succeeded" if _state(job_id) == State.SUCCEEDED else "is not finished"
        raise Conflict(f"This job {said}, so there is nothing to try again.")


def _reopen_children(job_id: uuid.UUID) -> None:
    """Reopen what was cancelled below a job, before it: a parent that ran first would take them for ended."""
    for child in cancelled_children(job_id):
        _reopen_children(child)
        transitions.reopen(child)


def decide(*, job_id: uuid.UUID, done: bool) -> None:
    """Say how an unknown outcome really ended.

    Raises:
        NotFound: no such job.
        Conflict: its outcome is not unknown.
    """
    _state(job_id)
    if not transitions.decide_unknown(job_id, done=done):
        raise Conflict("The outcome of this job is not in question.")


def keep_result(*, job_id: uuid.UUID) -> bool:
    """Keep the result of a job as long as its history; False when there is none, or it is gone. Safe to repeat."""
    with sql.single():
        return bool(sql.fetch(_KEEP_RESULT, [job_id]))


def rerun(
    *,
    job_id: uuid.UUID,
    arguments: dict[str, Any] | None = None,
    owner_id: int | None,
    keep_steps: bool | None = None,
) -> uuid.UUID:
    """Run the same work as a new job, with some of its arguments changed; the old record stays. Return the new id.

    `keep_steps`: the new job starts with the finished steps of the old one and skips them. By default it does unless
    the old one succeeded: then the whole work is wanted anew.

    Raises:
        NotFound: no such job.
        InvalidInput: the arguments do not fit, with details by field.
        Conflict: nobody here knows its kind any more.
    """
    job = Job.objects.filter(pk=job_id).first()
    payload = JobPayload.objects.filter(pk=job_id).first()
    if job is None or payload is None:
        raise NotFound
    if job.kind not in KINDS:
        raise Conflict(f"Nobody here knows how to do {job.kind} any more.")
    args, kwargs = read_arguments(payload.arguments)
    kwargs |= arguments or {}
    typed = ARGUMENTS.get(job.kind)
    if typed and (odd := sorted(kwargs.keys() - set(typed.model_fields))):
        raise InvalidInput(details={f"arguments.{name}": ["There is no such argument."] for name in odd})
    new_id = new_job_id()
    try:
        with transaction.atomic():
            if job.state != State.SUCCEEDED if keep_steps is None else keep_steps:
                sql.fetch(_COPY_STEPS, [new_id, job_id])
            return enqueue_named(
                job.kind,
                args,
                kwargs,
                owner_id=owner_id,
                subject=job.subject,
                priority=job.priority,
                queue=None if is_routed(job.kind) else job.queue,  # other arguments may belong elsewhere
                job_id=new_id,
            )
    except ValidationError as exc:
        raise InvalidInput(details=_details(exc)) from exc


def cancel_queue(*, queue: str) -> int:
    """Cancel everything that waits in a queue; return how many were cancelled."""
    count = 0
    while found := list(
        Job.objects.filter(queue=queue, state=State.WAITING).order_by("id").values_list("id", flat=True)[:500]
    ):
        count += sum(cancel(job_id=job_id) == "cancelled" for job_id in found)
    return count


def pause_queue(*, queue: str) -> None:
    """Start nothing more from a queue; what runs goes on. Safe to repeat."""
    with sql.single():
        sql.fetch(_PAUSE, [queue])


def resume_queue(*, queue: str) -> None:
    """Start from a paused queue again. Safe to repeat."""
    with sql.single():
        sql.fetch(_RESUME, [queue])


def _state(job_id: uuid.UUID) -> State:
    found = Job.objects.filter(pk=job_id).values_list("state", flat=True).first()
    if found is None:
        raise NotFound
    return State(found)


def _details(exc: ValidationError) -> dict[str, list[str]]:
    details: dict[str, list[str]] = {}
    for error in exc.errors():
        field = ".".join(["arguments", *(str(part) for part in error["loc"])])
        details.setdefault(field, []).append(error["msg"])
    return details
