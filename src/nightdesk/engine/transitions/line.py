"""The line of waiting rows: who is due, who is rung next, who came too late."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.engine import sql
from nightdesk.engine.endings import JobError
from nightdesk.engine.states import State
from nightdesk.engine.transitions.claim import GATES, LIMIT_GATES

#: A ring this old is doubted: its message may be lost, and another one changes nothing.
RERING_AFTER_S: Final = 3.0
#: ... or this old, while the broker holds no ring at all: rings are fungible, and others of the line have used it up.
RERING_WHEN_EMPTY_AFTER_S: Final = 0.5

_DUE: Final = sql.Statement(
    "SELECT id, queue, kind, priority, owner_id FROM engine_job WHERE state = 'waiting' AND place IS NULL "
    "AND run_at <= {now} ORDER BY run_at LIMIT %s"
)
_PLACE: Final = sql.Statement("UPDATE engine_job SET place = %s WHERE id = %s AND state = 'waiting' AND place IS NULL")
# A loose index scan: one probe per line instead of a walk over every waiting row.
_LINES: Final = sql.Statement(
    """WITH RECURSIVE lines(queue, kind) AS (
        SELECT * FROM (SELECT queue, kind FROM engine_job WHERE state = 'waiting' AND place IS NOT NULL
                       ORDER BY queue, kind LIMIT 1) first
        UNION ALL
        SELECT (SELECT n.queue FROM engine_job n WHERE n.state = 'waiting' AND n.place IS NOT NULL
                AND (n.queue, n.kind) > (l.queue, l.kind) ORDER BY n.queue, n.kind LIMIT 1),
               (SELECT n.kind FROM engine_job n WHERE n.state = 'waiting' AND n.place IS NOT NULL
                AND (n.queue, n.kind) > (l.queue, l.kind) ORDER BY n.queue, n.kind LIMIT 1)
        FROM lines l WHERE l.queue IS NOT NULL)
    SELECT queue, kind FROM lines WHERE queue IS NOT NULL"""
)
# Two probes of the index; `kind <> x` would walk over the whole line of x.
_OTHERS: Final = sql.Statement(
    "SELECT EXISTS (SELECT 1 FROM engine_job WHERE state = 'waiting' AND place IS NOT NULL AND queue = %s AND kind < %s) "
    "OR EXISTS (SELECT 1 FROM engine_job WHERE state = 'waiting' AND place IS NOT NULL AND queue = %s AND kind > %s)"
)
_RINGABLE: Final = (
    "SELECT j.id, j.priority, j.place, j.limit_key, j.rung_at IS NOT NULL FROM engine_job j "
    "WHERE j.state = 'waiting' AND j.place IS NOT NULL AND j.queue = %s AND j.kind = %s AND j.kind_version <= %s "
    "AND (j.rung_at IS NULL OR j.rung_at < {later}) AND {gates} ORDER BY j.priority DESC, j.place, j.run_at LIMIT %s"
)


def _ringable(gates: Sequence[str]) -> sql.Statement:
    return sql.Statement(_RINGABLE.replace("{gates}", " AND ".join(gates)))


_RINGABLE_BY_LIMIT: Final = {
    False: _ringable(list(GATES.values())),
    True: _ringable([*GATES.values(), LIMIT_GATES["free slot"]]),
}
_MARK: Final = {
    # Rows that are being claimed are left out, never waited for: whoever claims them may at the same time finish a row
    # that this statement has locked (it locks the newest version of a row before it finds that it is running by now).
    "postgresql": sql.Statement(
        "UPDATE engine_job SET rung_at = {now}, rings = rings + 1 WHERE state = 'waiting' AND id IN "
        "(SELECT id FROM engine_job WHERE id = ANY(%s) AND state = 'waiting' FOR UPDATE SKIP LOCKED) "
        "RETURNING id, rings"
    ),
    "sqlite": sql.Statement(
        "UPDATE engine_job SET rung_at = {now}, rings = rings + 1 WHERE id IN (SELECT value FROM json_each(%s)) "
        "AND state = 'waiting' RETURNING id, rings"
    ),
}
_LATE: Final = sql.Statement(
    "UPDATE engine_job SET state = 'expired', finished_at = {now}, version = version + 1 WHERE state = 'waiting' "
    "AND id IN (SELECT id FROM engine_job WHERE state = 'waiting' AND start_before <= {now} AND runs = 0 "
    "LIMIT %s {skip_locked}) "
    "RETURNING id, kind, subject, owner_id, parent_id"
)
_STORE_ERROR: Final = sql.Statement("UPDATE engine_jobpayload SET error = %s WHERE job_id = %s")

TOO_LATE: Final = JobError(
    code="expired", message="No worker was free before its time was over. Run it again if it is still wanted."
)


@dataclass(frozen=True, slots=True)
class Due:
    """A row that a ring may name."""

    id: uuid.UUID
    queue: str
    kind: str
    priority: int
    place: int
    limit_key: str | None
    rung: bool  # before, and so paid for where its kind has a rate


def lines() -> list[tuple[str, str]]:
    """Return every (queue, kind) in which somebody stands."""
    return [(row[0], row[1]) for row in sql.fetch(_LINES)]


def others_wait(queue: str, kind: str) -> bool:
    """Whether jobs of other kinds stand in this queue."""
    row = sql.fetch_one(_OTHERS, [queue, kind, queue, kind])
    return bool(row and row[0])


def due_rows(limit: int) -> list[tuple[Any, ...]]:
    """Return rows whose time has come and who stand in no line yet: id, queue, kind, priority, owner."""
    return sql.fetch(_DUE, [limit])


def line_up(places: Sequence[tuple[int, Any]]) -> None:
    """Put rows in line: (place, id as read)."""
    with sql.writing():
        for place, job_id in places:
            sql.fetch(_PLACE, [place, job_id])


def ringable(
    *, queue: str, kind: str, version: int, limited: bool, most: int, rung_before_s: float = RERING_AFTER_S
) -> list[Due]:
    """Return the next rows of a line that nobody rang within the last seconds, best first."""
    found = sql.fetch(_RINGABLE_BY_LIMIT[limited], [queue, kind, version, -rung_before_s, most])
    return [Due(sql.as_uuid(row[0]), queue, kind, row[1], row[2], row[3], bool(row[4])) for row in found]


def mark_rung(job_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Note that these rows are being rung; return how often each was, for those that still wait."""
    if not job_ids:
        return {}
    if sql.is_sqlite():
        param: Any = "[" + ",".join(f'"{job_id.hex}"' for job_id in job_ids) + "]"
        with sql.single():
            found = sql.fetch(_MARK["sqlite"], [param])
    else:
        found = sql.fetch(_MARK["postgresql"], [sorted(job_ids)])
    return {sql.as_uuid(row[0]): row[1] for row in found}


def expire_late(limit: int) -> int:
    """End the rows that were to start before now and never did; return how many."""
    from nightdesk.engine.transitions.finish import close

    with sql.writing():
        late = sql.fetch(_LATE, [limit])
        for job_id, kind, subject, owner_id, parent_id in late:
            sql.fetch(_STORE_ERROR, [TOO_LATE.to_json(), job_id])
            close(
                sql.as_uuid(job_id),
                State.EXPIRED,
                TOO_LATE,
                kind=kind,
                subject=subject,
                owner_id=owner_id,
                parent_id=parent_id,
            )
    return len(late)
