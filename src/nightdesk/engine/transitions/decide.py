"""What people decide about a job: cancel, run again, say how an unknown outcome ended."""

import uuid
from typing import Final

from nightdesk.engine import sql
from nightdesk.engine.endings import JobError
from nightdesk.engine.states import State
from nightdesk.engine.transitions.family import child_reopened
from nightdesk.engine.transitions.finish import UNKNOWN_OUTCOME, close
from nightdesk.engine.transitions.rescue import CANCELLED

# It waits to look how its effect outside ended: nobody may say that it was cancelled.
_CANCEL: Final = sql.Statement(
    "UPDATE engine_job SET state = CASE WHEN EXISTS (SELECT 1 FROM engine_effect e WHERE e.job_id = engine_job.id "
    "AND e.confirmed_at IS NULL) THEN 'unknown' ELSE 'cancelled' END, "
    "cancel_requested_at = {now}, finished_at = {now}, message = '', version = version + 1 "
    "WHERE id = %s AND state IN ('waiting', 'waiting_children') RETURNING kind, subject, owner_id, parent_id, state"
)
_ASK: Final = sql.Statement(
    "UPDATE engine_job SET cancel_requested_at = {now}, version = version + 1 "
    "WHERE id = %s AND state = 'running' AND cancel_requested_at IS NULL RETURNING id"
)
_ASKED: Final = sql.Statement("SELECT 1 FROM engine_job WHERE id = %s AND state = 'running'")
_CHILDREN: Final = sql.Statement(
    "SELECT id FROM engine_job WHERE parent_id = %s AND state IN ('waiting', 'running', 'waiting_children') ORDER BY id"
)
_CANCELLED_CHILDREN: Final = sql.Statement(
    "SELECT id FROM engine_job WHERE parent_id = %s AND state = 'cancelled' ORDER BY id"
)
_STORE_ERROR: Final = sql.Statement("UPDATE engine_jobpayload SET error = %s WHERE job_id = %s")
_REOPEN: Final = sql.Statement(
    "UPDATE engine_job SET state = 'waiting', run_at = {now}, start_before = NULL, place = NULL, rung_at = NULL, "
    "failures = 0, crashes = 0, suspect = (1 = 0), progress = 0, message = '', cancel_requested_at = NULL, "
    "finished_at = NULL, result_expires_at = NULL, result_gone = (1 = 0), version = version + 1 "
    "WHERE id = %s AND state IN ('failed', 'cancelled', 'expired') RETURNING parent_id"
)
_DECIDE: Final = sql.Statement(
    "UPDATE engine_job SET state = %s, progress = CASE WHEN %s = 'succeeded' THEN 100 ELSE progress END, "
    "version = version + 1, finished_at = {now} WHERE id = %s AND state = 'unknown' "
    "RETURNING kind, subject, owner_id"
)
_AGAIN: Final = sql.Statement(
    "UPDATE engine_job SET state = 'waiting', run_at = {now}, place = NULL, rung_at = NULL, failures = 0, crashes = 0, "
    "progress = 0, cancel_requested_at = NULL, finished_at = NULL, version = version + 1 "
    "WHERE id = %s AND state = 'unknown' RETURNING parent_id"
)
_CLEAR: Final = sql.Statement("UPDATE engine_jobpayload SET error = NULL, result = NULL WHERE job_id = %s")
_DROP_INTENTS: Final = sql.Statement("DELETE FROM engine_effect WHERE job_id = %s AND confirmed_at IS NULL")

NOT_DONE: Final = JobError(
    code="not_done", message="Somebody looked and found that it had not been done. Run it again if it is still wanted."
)


def cancel_waiting(job_id: uuid.UUID) -> State | None:
    """End a job that waits: cancelled, or unknown while an effect outside is unconfirmed. None: it does not wait."""
    with sql.writing():
        row = sql.fetch_one(_CANCEL, [job_id])
        if row is None:
            return None
        state = State(row[4])
        error = CANCELLED if state == State.CANCELLED else UNKNOWN_OUTCOME
        sql.fetch(_STORE_ERROR, [error.to_json(), job_id])
        close(job_id, state, error, kind=row[0], subject=row[1], owner_id=row[2], parent_id=row[3])
    return state


def request_cancel(job_id: uuid.UUID) -> bool:
    """Ask a running job to stop; False when it does not run. Safe to repeat."""
    with sql.single():
        return bool(sql.fetch(_ASK, [job_id])) or bool(sql.fetch(_ASKED, [job_id]))


def open_children(job_id: uuid.UUID) -> list[uuid.UUID]:
    """Unfinished children of a job, sorted."""
    return [sql.as_uuid(row[0]) for row in sql.fetch(_CHILDREN, [job_id])]


def cancelled_children(job_id: uuid.UUID) -> list[uuid.UUID]:
    """Cancelled children of a job, sorted."""
    return [sql.as_uuid(row[0]) for row in sql.fetch(_CANCELLED_CHILDREN, [job_id])]


def reopen(job_id: uuid.UUID) -> bool:
    """Send a failed, cancelled or expired job back into its line: the same row; False for any other state.

    Raises:
        django.db.IntegrityError: an unfinished job holds its unique key.
    """
    return _reopened(_REOPEN, job_id)


def decide_unknown(job_id: uuid.UUID, *, done: bool | None) -> bool:
    """Settle an unknown outcome: done (succeeded), not done and left so (failed), or None: not done, do it again."""
    if done is None:
        with sql.writing():
            again = _reopened(_AGAIN, job_id)
            if again:
                sql.fetch(_DROP_INTENTS, [job_id])
            return again
    state, error = (State.SUCCEEDED, None) if done else (State.FAILED, NOT_DONE)
    with sql.writing():
        row = sql.fetch_one(_DECIDE, [state, state, job_id])
        if row is None:
            return False
        sql.fetch(_STORE_ERROR, [error.to_json() if error else None, job_id])
        if not done:
            sql.fetch(_DROP_INTENTS, [job_id])
        # The parent heard of this ending when the outcome became unknown; it is not told twice.
        close(job_id, state, error, kind=row[0], subject=row[1], owner_id=row[2], parent_id=None)
    return True


def _reopened(statement: sql.Statement, job_id: uuid.UUID) -> bool:
    with sql.writing():
        row = sql.fetch_one(statement, [job_id])
        if row is None:
            return False
        sql.fetch(_CLEAR, [job_id])
        if row[0]:
            child_reopened(parent_id=sql.as_uuid(row[0]))
    return True
