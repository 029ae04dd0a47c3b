"""Cancelling the job of a campaign or of a piece, which may be long finished or forgotten."""

from uuid import UUID

from nightdesk.core.errors import NotFound
from nightdesk.engine import actions


def cancel_job(job_id: UUID | None) -> None:
    """Cancel a job unless it is finished or long forgotten. Before any lock on rows of ours: endings lock job first."""
    if job_id is None:
        return
    try:
        actions.cancel(job_id=job_id)
    except NotFound:
        return
