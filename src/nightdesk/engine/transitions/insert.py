"""Accepting a job: the row and its payload, in the caller's transaction."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from nightdesk.core.errors import Conflict
from nightdesk.engine import sql

_COLUMNS: Final = (
    "id, kind, kind_version, queue, priority, state, run_at, start_before, place, rung_at, rings, runs, failures, "
    "crashes, suspect, result_gone, ring, limit_key, progress, message, version, owner_id, subject, parent_id, open_children, "
    "unique_key, created_at"
)
_VALUES: Final = (
    "%s, %s, %s, %s, %s, 'waiting', COALESCE(%s, {later}), %s, %s, {rung}, {rings}, 0, 0, 0, {no}, {no}, '', %s, 0, '', 1, "
    "%s, %s, %s, 0, %s, {now}"
)


def _insert_job(rung: bool, no: str) -> str:
    return (
        f"INSERT INTO engine_job ({_COLUMNS}) VALUES ({_VALUES}) ON CONFLICT DO NOTHING".replace(
            "{rung}", "{now}" if rung else "NULL"
        )
        .replace("{rings}", "1" if rung else "0")
        .replace("{no}", no)
    )


def _in_one(rung: bool) -> sql.Statement:
    return sql.Statement(
        f"WITH made AS ({_insert_job(rung, 'false')} RETURNING id) "
        "INSERT INTO engine_jobpayload (job_id, arguments, key_id) SELECT id, %s, %s FROM made RETURNING job_id"
    )


_POSTGRES: Final = {rung: _in_one(rung) for rung in (False, True)}
_SQLITE: Final = {rung: sql.Statement(_insert_job(rung, "0") + " RETURNING id") for rung in (False, True)}
_PAYLOAD: Final = sql.Statement("INSERT INTO engine_jobpayload (job_id, arguments, key_id) VALUES (%s, %s, %s)")
_HOLDER: Final = sql.Statement(
    "SELECT id FROM engine_job WHERE unique_key=%s AND state IN ('waiting', 'running', 'waiting_children')"
)
_SAME_ID: Final = sql.Statement("SELECT 1 FROM engine_job WHERE id = %s")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to accept. `place` None: not in line yet (`run_at` or `delay_s` lies ahead). `rung`: a ring follows."""

    id: uuid.UUID
    kind: str
    kind_version: int
    queue: str
    priority: int
    arguments: str
    key_id: str = ""
    run_at: datetime | None = None
    delay_s: float = 0.0
    start_before: datetime | None = None
    place: int | None = None
    rung: bool = False
    limit_key: str | None = None
    owner_id: int | None = None
    subject: str = ""
    parent_id: uuid.UUID | None = None
    unique_key: str | None = None


def insert(job: NewJob) -> bool:
    """Insert row and payload; return False when its unique key is held by an unfinished job."""
    params: list[Any] = [
        job.id,
        job.kind,
        job.kind_version,
        job.queue,
        job.priority,
        sql.as_time(job.run_at),
        job.delay_s,
        sql.as_time(job.start_before),
        job.place,
        job.limit_key,
        job.owner_id,
        job.subject,
        job.parent_id,
        job.unique_key,
    ]
    if not sql.is_sqlite():
        return bool(sql.fetch(_POSTGRES[job.rung], [*params, job.arguments, job.key_id]))
    with sql.writing():
        if not sql.fetch(_SQLITE[job.rung], params):
            return False
        sql.fetch(_PAYLOAD, [job.id, job.arguments, job.key_id])
    return True


def insert_unique(job: NewJob) -> tuple[uuid.UUID, bool]:
    """Insert, or find the unfinished job that holds its unique key; return its id and whether it is new.

    Raises:
        Conflict: there is a job with this id.
    """
    while not insert(job):
        held = sql.fetch_one(_HOLDER, [job.unique_key])
        if held:
            return sql.as_uuid(held[0]), False
        if sql.fetch_one(_SAME_ID, [job.id]):
            raise Conflict(f"There is a job {job.id} already. Leave the id out to get a new one.")
    return job.id, True
