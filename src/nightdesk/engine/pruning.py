"""Removing what nobody needs any more, in batches small enough never to be noticed."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nightdesk.engine import sql
from nightdesk.engine.arguments import DEFAULT_HISTORY_DAYS, KINDS

#: Followers of the feed that stayed away longer are told to read everything anew.
CHANGES_KEPT_S: Final = 900.0
WORKERS_KEPT_S: Final = 86_400.0
_BATCH: Final = 500
_CHANGES_BATCH: Final = 10_000

_CHANGES: Final = sql.Statement(
    "DELETE FROM engine_jobchange WHERE seq IN (SELECT seq FROM engine_jobchange WHERE changed_at < {later} "
    "ORDER BY seq LIMIT %s) RETURNING seq"
)
# The oldest first, by the first row only: changes are in order of time, give or take an open transaction.
_OLDEST_CHANGE: Final = sql.Statement(
    "SELECT 1 FROM (SELECT changed_at FROM engine_jobchange ORDER BY seq LIMIT 1) first WHERE changed_at < {later}"
)
_RESULTS: Final = sql.Statement(
    "SELECT id FROM engine_job WHERE result_expires_at < {now} ORDER BY result_expires_at LIMIT %s"
)
_FORGET_RESULT: Final = sql.Statement("UPDATE engine_jobpayload SET result = NULL WHERE job_id = %s")
_RESULT_GONE: Final = sql.Statement(
    "UPDATE engine_job SET result_expires_at = NULL, result_gone = (1 = 1) WHERE id = %s"
)
_OLD_JOBS: Final = sql.Statement(
    "SELECT id FROM engine_job WHERE finished_at < {later} AND kind = %s ORDER BY finished_at LIMIT %s"
)
# Jobs of kinds that this version does not know any more; the longest history that was ever promised without asking.
_STRANGERS: Final = {
    "postgresql": sql.Statement(
        "SELECT id FROM engine_job WHERE finished_at < {later} AND kind <> ALL(%s) ORDER BY finished_at LIMIT %s"
    ),
    "sqlite": sql.Statement(
        "SELECT id FROM engine_job WHERE finished_at < {later} AND kind NOT IN (SELECT value FROM json_each(%s)) "
        "ORDER BY finished_at LIMIT %s"
    ),
}
_WORKERS: Final = sql.Statement("DELETE FROM engine_worker WHERE lease_until < {later}")
_PARTS: Final = tuple(
    sql.Statement(f"DELETE FROM {table} WHERE {column} = %s")
    for table, column in (
        ("engine_jobpayload", "job_id"),
        ("engine_attempt", "job_id"),
        ("engine_jobstep", "job_id"),
        ("engine_job", "id"),
    )
)


@dataclass(slots=True)
class _Duty:
    every_s: float
    work: Callable[[], Any]
    done_at: float = float("-inf")


_duties: list[_Duty] = []


def prune_every(every_s: float) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register a pruning of an app's own rows: a short function, called by whichever worker sweeps.

    One that returns True has left something over and is called again at the next sweep.
    """

    def register(work: Callable[[], Any]) -> Callable[[], Any]:
        _duties.append(_Duty(every_s, work))
        return work

    return register


def prune_some() -> None:
    """Do the duties that are due."""
    now = time.monotonic()
    for duty in _duties:
        if now - duty.done_at >= duty.every_s:
            duty.done_at = now
            if duty.work() is True:
                duty.done_at = float("-inf")


@prune_every(1.0)
def prune_changes() -> None:
    """Drop the changes that the feed no longer serves."""
    if sql.fetch_one(_OLDEST_CHANGE, [-CHANGES_KEPT_S]):
        with sql.single():
            sql.fetch(_CHANGES, [-CHANGES_KEPT_S, _CHANGES_BATCH])


@prune_every(5.0)
def prune_results() -> bool:
    """Drop results whose time is over; their jobs stay and say so."""
    over = sql.fetch(_RESULTS, [_BATCH])
    for (job_id,) in over:
        with sql.writing():
            sql.fetch(_FORGET_RESULT, [sql.as_uuid(job_id)])
            sql.fetch(_RESULT_GONE, [sql.as_uuid(job_id)])
    return len(over) == _BATCH


@prune_every(30.0)
def prune_jobs() -> bool:
    """Drop jobs whose history is over, with everything that hangs on them.

    Their effects stay: what was done outside once must not be done again by a job of the same key.
    """
    known = list(KINDS.values())
    found = [sql.fetch(_OLD_JOBS, [-kind.history_days * 86_400.0, kind.name, _BATCH]) for kind in known]
    names: Any = [kind.name for kind in known]
    names = json.dumps(names) if sql.is_sqlite() else names
    found.append(sql.fetch(_STRANGERS[sql.vendor()], [-DEFAULT_HISTORY_DAYS * 86_400.0, names, _BATCH]))
    for old in found:
        _drop(old)
    return any(len(old) == _BATCH for old in found)


def _drop(jobs: list[tuple[Any, ...]]) -> None:
    if jobs:
        with sql.writing():
            for (job_id,) in jobs:
                for statement in _PARTS:
                    sql.fetch(statement, [sql.as_uuid(job_id)])


@prune_every(60.0)
def prune_workers() -> None:
    """Drop the rows of workers that went away a day ago."""
    with sql.single():
        sql.fetch(_WORKERS, [-WORKERS_KEPT_S])
