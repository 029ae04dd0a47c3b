"""Taking the best due row of a line: one guarded UPDATE, before the body."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.db import IntegrityError

from nightdesk.engine import sql
from nightdesk.engine.limits import note_start

#: A free numbered slot of the row's limit. NULL where the limit has no slots.
_SLOT: Final = """(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 256)
    SELECT n FROM numbers WHERE n <= (SELECT l.slots FROM engine_limit l WHERE l.key = {of}.limit_key)
    AND NOT EXISTS (SELECT 1 FROM engine_job r
                    WHERE r.state = 'running' AND r.limit_key = {of}.limit_key AND r.slot = n)
    ORDER BY n LIMIT 1)"""

#: What the claim asks of a row, by name: `explain` reads the same texts. `IS TRUE` keeps PostgreSQL
#: from a join after which it expects one row, and so sorts the whole line instead of reading its front from the index.
GATES: Final[dict[str, str]] = {
    "due": "j.run_at <= {now} AND j.place IS NOT NULL",
    "in time": "(j.start_before IS NULL OR j.runs > 0 OR j.start_before > {now})",
    "not paused": "(NOT EXISTS "
    "(SELECT 1 FROM engine_queue q WHERE q.name = j.queue AND q.paused_at IS NOT NULL)) IS TRUE",
}
LIMIT_GATES: Final[dict[str, str]] = {
    "free slot": "(NOT EXISTS (SELECT 1 FROM engine_limit l WHERE l.key = j.limit_key AND l.slots IS NOT NULL AND "
    + _SLOT.replace("{of}", "j")
    + " IS NULL)) IS TRUE",
    "rate": "(j.rung_at IS NOT NULL OR NOT EXISTS "
    "(SELECT 1 FROM engine_limit l WHERE l.key = j.limit_key AND l.interval_s IS NOT NULL))",
}
_NO_OTHER_SUSPECT: Final = (
    "(NOT j.suspect OR NOT EXISTS "
    "(SELECT 1 FROM engine_job r WHERE r.state = 'running' AND r.suspect AND r.worker = %s))"
)
_RETURNED: Final = """id, runs, failures, owner_id, subject, parent_id, queue, kind,
    (SELECT p.arguments FROM engine_jobpayload p WHERE p.job_id = engine_job.id), cancel_requested_at"""


def claim_text(*, limited: bool, named: bool = False) -> str:
    """Return the UPDATE that claims; parameters as `Claimer.params` gives them, then the row's id if it is `named`."""
    gates = [*GATES.values(), *(LIMIT_GATES.values() if limited else ["j.limit_key IS NULL"])]
    slot = _SLOT.replace("{of}", "engine_job") if limited else "NULL"
    return f"""UPDATE engine_job SET state = 'running', token = %s, worker = %s, ring = %s, pid = %s, runs = runs + 1,
        slot = {slot}, progress = 0, message = '', version = version + 1, started_at = {{now}}
        WHERE state = 'waiting' AND id = (SELECT j.id FROM engine_job j
            WHERE j.state = 'waiting' AND j.place IS NOT NULL AND j.queue = %s AND j.kind = %s
            AND j.kind_version <= %s AND {" AND ".join(gates)} AND {_NO_OTHER_SUSPECT}{" AND j.id = %s" if named else ""}
            ORDER BY j.priority DESC, j.place, j.run_at LIMIT 1 {{skip_locked}})
        RETURNING {_RETURNED}"""


CLAIM: Final = {limited: sql.Statement(claim_text(limited=limited)) for limited in (False, True)}
_RECLAIM: Final = sql.Statement(f"SELECT {_RETURNED} FROM engine_job WHERE token = %s AND state = 'running'")
#: A slot or suspect taken by somebody else in the same instant: look again, for another row may be free.
_RACES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimer:
    """Who claims what: the line (queue, kind, highest version) and the place where it will run."""

    queue: str
    kind: str
    version: int
    limited: bool
    rated: bool = False
    worker: uuid.UUID
    ring: str
    pid: int

    def params(self, token: uuid.UUID) -> list[Any]:
        """Parameters of the claiming statement, in its order."""
        return [token, self.worker, self.ring, self.pid, self.queue, self.kind, self.version, self.worker]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A row that is ours while it is running under `token`."""

    id: uuid.UUID
    token: uuid.UUID
    runs: int
    failures: int
    owner_id: int | None
    subject: str
    parent_id: uuid.UUID | None
    queue: str
    kind: str
    arguments: str
    cancelled: bool


def claimed(row: tuple[Any, ...], token: uuid.UUID) -> Claimed:
    """Read the columns that a claim returns."""
    return Claimed(
        id=sql.as_uuid(row[0]),
        token=token,
        runs=row[1],
        failures=row[2],
        owner_id=row[3],
        subject=row[4],
        parent_id=sql.as_uuid(row[5]) if row[5] else None,
        queue=row[6],
        kind=row[7],
        arguments=row[8] or "{}",
        cancelled=row[9] is not None,
    )


def claim(who: Claimer, token: uuid.UUID) -> Claimed | None:
    """Take the best due row of the line, or None. After an error look with `reclaim` before trying again."""
    for _ in range(_RACES):
        try:
            with sql.writing() if who.rated else sql.single():
                row = sql.fetch_one(CLAIM[who.limited], who.params(token))
                if row and who.rated:
                    note_start(sql.as_uuid(row[0]))
        except IntegrityError:
            continue
        return claimed(row, token) if row else None
    return None


def reclaim(token: uuid.UUID) -> Claimed | None:
    """After an error whose commit may have happened: the row that runs under our token."""
    return read_running(token)


def read_running(token: uuid.UUID) -> Claimed | None:
    """Return the run that has this token, or None when it is over or was taken away."""
    row = sql.fetch_one(_RECLAIM, [token])
    return claimed(row, token) if row else None
