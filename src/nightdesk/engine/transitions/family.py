"""Parents and children. Lock order: child, then parent."""

import uuid
from collections.abc import Sequence
from typing import Final

from nightdesk.engine import sql
from nightdesk.engine.interrupts import Cancelled
from nightdesk.engine.transitions.insert import NewJob, insert

_LOWER: Final = sql.Statement(
    "UPDATE engine_job SET open_children = open_children - 1, version = version + 1, "
    "progress = {max}(progress, CAST(100 - 100.0 * (open_children - 1) / "
    "{max}(1, (SELECT count(*) FROM engine_job c WHERE c.parent_id = engine_job.id)) AS integer)) "
    "WHERE id = %s AND open_children > 0 RETURNING open_children, state"
)
_RESUME: Final = sql.Statement(
    "UPDATE engine_job SET state = 'waiting', place = 0, rung_at = NULL, run_at = {now}, version = version + 1 "
    "WHERE id = %s AND state = 'waiting_children' AND open_children = 0"
)
_PARK: Final = sql.Statement(
    "UPDATE engine_job SET state = 'waiting_children', open_children = open_children + %s, slot = NULL, "
    "suspect = (1 = 0), progress = 0, message = '', version = version + 1 "
    "WHERE id = %s AND token = %s AND state = 'running' RETURNING cancel_requested_at, open_children"
)
# Not a count of the children: one that ends at the same moment would be counted as open and never be waited for.
_RAISE: Final = sql.Statement("UPDATE engine_job SET open_children = open_children + 1 WHERE id = %s")


def child_ended(*, parent_id: uuid.UUID) -> None:
    """Lower the parent's open children; whoever reaches 0 sends the parent back to the front of its line."""
    row = sql.fetch_one(_LOWER, [parent_id])
    if row and row[0] == 0:
        sql.fetch(_RESUME, [parent_id])


def child_reopened(*, parent_id: uuid.UUID) -> None:
    """Count a child as open again: a person sent it back."""
    sql.fetch(_RAISE, [parent_id])


def park(*, job_id: uuid.UUID, token: uuid.UUID, children: Sequence[NewJob]) -> bool:
    """Insert the children and let the parent wait for them, holding no slot; False: the run is no longer ours.

    Raises:
        Cancelled: somebody asked the parent to stop; there are no children.
    """
    with sql.writing():
        row = sql.fetch_one(_PARK, [len(children), job_id, token])
        if row is None:
            return False
        if row[0] is not None:
            raise Cancelled
        for child in children:
            insert(child)
        if row[1] == 0:  # the one that was waited for has ended since the run looked
            sql.fetch(_RESUME, [job_id])
    return True
