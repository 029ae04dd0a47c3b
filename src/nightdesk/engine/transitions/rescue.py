"""Bringing back jobs whose process died. A rescue spends no attempt; the third death without progress ends the job."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.engine import sql
from nightdesk.engine.endings import JobError
from nightdesk.engine.states import State
from nightdesk.engine.transitions.finish import UNKNOWN_OUTCOME, close, note_attempt

MAX_CRASHES: Final = 3

_COLUMNS: Final = (
    "j.id, j.token, j.worker, j.suspect, j.crashes, j.cancel_requested_at IS NOT NULL, j.pid, j.ring, j.kind"
)
_LOST: Final = sql.Statement(
    f"SELECT {_COLUMNS} FROM engine_job j WHERE j.state = 'running' AND NOT EXISTS "
    "(SELECT 1 FROM engine_worker w WHERE w.boot_id = j.worker AND w.lease_until >= {now}) LIMIT %s"
)
_OF_WORKER: Final = sql.Statement(f"SELECT {_COLUMNS} FROM engine_job j WHERE j.state = 'running' AND j.worker = %s")
# The token goes: whoever still runs it is fenced off. A process that was frozen inside a transaction may hold the row:
# it is passed over until the server has ended that session, so that nobody else's rescue waits for it.
_RESCUE: Final = sql.Statement(
    "UPDATE engine_job SET state = %s, token = NULL, slot = NULL, rung_at = NULL, version = version + 1, "
    "crashes = crashes + %s, suspect = %s, place = CASE WHEN %s = 'waiting' THEN COALESCE(place, 0) ELSE place END, "
    "progress = CASE WHEN %s = 'waiting' THEN 0 ELSE progress END, message = '', "
    "finished_at = CASE WHEN %s = 'waiting' THEN NULL ELSE {now} END "
    "WHERE id = (SELECT r.id FROM engine_job r WHERE r.id = %s {skip_locked}) "
    "AND token = %s AND state = 'running' AND (%s <> 'waiting' OR cancel_requested_at IS NULL) "
    "RETURNING kind, subject, owner_id, parent_id, runs, worker, started_at, queue"
)
_STORE_ERROR: Final = sql.Statement("UPDATE engine_jobpayload SET error = %s WHERE job_id = %s")
_OPEN_EFFECT: Final = sql.Statement("SELECT 1 FROM engine_effect WHERE job_id = %s AND confirmed_at IS NULL LIMIT 1")

QUARANTINED: Final = JobError(
    code="quarantined",
    message="Its worker died three times while running it, so it was stopped. "
    "Look at what it asks for (a very large input, a faulty library), then run it again.",
    type="WorkerDied",
)
CANCELLED: Final = JobError(code="cancelled", message="It was cancelled.", type="Cancelled")


@dataclass(frozen=True, slots=True)
class Lost:
    """A running row whose process is gone, as it was read."""

    id: uuid.UUID
    token: uuid.UUID
    worker: uuid.UUID | None
    suspect: bool
    crashes: int
    cancelled: bool
    pid: int | None
    ring: str
    kind: str


def lost_with_workers(limit: int) -> list[Lost]:
    """Running rows whose worker's lease has ended."""
    return [_lost(row) for row in sql.fetch(_LOST, [limit])]


def running_of(worker: uuid.UUID) -> list[Lost]:
    """Rows that the database gives this worker, whether it runs them or not."""
    return [_lost(row) for row in sql.fetch(_OF_WORKER, [worker])]


def _lost(row: tuple[Any, ...]) -> Lost:
    return Lost(
        id=sql.as_uuid(row[0]),
        token=sql.as_uuid(row[1]),
        worker=sql.as_uuid(row[2]) if row[2] else None,
        suspect=bool(row[3]),
        crashes=row[4],
        cancelled=bool(row[5]),
        pid=row[6],
        ring=row[7],
        kind=row[8],
    )


def rescue(lost: Lost, *, counts: bool, suspect: bool, why: str) -> str | None:
    """Send a lost run back to the front of its line, or end it if it was cancelled or died too often.

    `counts`: this death adds to its crashes; `suspect`: it shared its process, so it runs alone next time.
    Return the queue when it waits again, "" when it ended, None when somebody else was quicker (or it was cancelled
    since `lost` was read: look again).
    """
    state, error = _verdict(lost, counts=counts)
    with sql.writing():
        row = sql.fetch_one(
            _RESCUE,
            [state, int(counts), suspect and state == State.WAITING, state, state, state, lost.id, lost.token, state],
        )
        if row is None:
            return None
        note_attempt(
            lost.id,
            number=row[4],
            worker=row[5],
            started_at=row[6],
            outcome="crashed" if counts or suspect else "released",
            error=JobError(code="lost", message=why, type="WorkerLost"),
        )
        if state == State.WAITING:
            return str(row[7])
        if error:
            sql.fetch(_STORE_ERROR, [error.to_json(), lost.id])
        close(lost.id, state, error, kind=row[0], subject=row[1], owner_id=row[2], parent_id=row[3])
    return ""


def _verdict(lost: Lost, *, counts: bool) -> tuple[State, JobError | None]:
    quarantined = counts and lost.crashes + 1 >= MAX_CRASHES
    if not (lost.cancelled or quarantined):
        return State.WAITING, None
    if sql.fetch_one(_OPEN_EFFECT, [lost.id]):
        return State.UNKNOWN, UNKNOWN_OUTCOME
    return (State.CANCELLED, CANCELLED) if lost.cancelled else (State.FAILED, QUARANTINED)
