"""Progress of running jobs, written for a whole process at once, and the flags that come back with it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nightdesk.engine import sql

# Monotonic within a run: a lower number keeps the higher one.
_REPORT: Final = sql.Statement(
    "UPDATE engine_job SET progress = {max}(progress, %s), message = %s, version = version + 1 "
    "WHERE id = %s AND token = %s AND state = 'running' RETURNING id"
)
_FLAGGED: Final = sql.Statement(
    "SELECT token, cancel_requested_at IS NOT NULL FROM engine_job WHERE worker = %s AND state = 'running'"
)


@dataclass(frozen=True, slots=True)
class Report:
    """How far a run is: percent 0 to 100 and a short text."""

    job_id: uuid.UUID
    token: uuid.UUID
    percent: int
    message: str


def report(reports: Sequence[Report]) -> set[uuid.UUID]:
    """Write all of them in one transaction; return the tokens of runs that are no longer ours."""
    lost = set()
    with sql.writing():
        for one in sorted(reports, key=lambda each: each.job_id):
            if not sql.fetch(_REPORT, [one.percent, one.message, one.job_id, one.token]):
                lost.add(one.token)
    return lost


def flagged(worker: uuid.UUID) -> dict[uuid.UUID, bool]:
    """Tokens of all runs that the database gives this worker, each with whether its cancel was asked for."""
    return {sql.as_uuid(token): bool(asked) for token, asked in sql.fetch(_FLAGGED, [worker]) if token}
