"""Who may see a job, and who may act on it."""

import re
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from nightdesk.core.errors import Conflict, Forbidden, Gone, NotFound
from nightdesk.engine.arguments import KINDS
from nightdesk.engine.endings import JobError
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of, result_of, visible_jobs
from nightdesk.engine.states import UNFINISHED, State
from nightdesk.httpkit.actors import Actor

_NO_JOB: Final = "There is no such job. Check its id; finished jobs are removed after some weeks."
_ID: Final = re.compile(r"^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$", re.IGNORECASE)


def find_job(actor: Actor, job_id: str) -> Job:
    """Return a job that the actor may see.

    Raises:
        NotFound: there is none, its id is malformed, or it is somebody else's private one.
    """
    if not _ID.match(job_id):
        raise NotFound(_NO_JOB)
    job = visible_jobs(user_id=actor.user_id, operator=actor.operator).filter(id=UUID(job_id)).first()
    if job is None:
        raise NotFound(_NO_JOB)
    return job


def find_job_to_change(actor: Actor, job_id: str) -> Job:
    """Return a job that the actor may cancel, retry or run again: in one workspace, any that belongs to somebody.

    Raises:
        NotFound: as `find_job`.
        Forbidden: it belongs to the installation itself and the actor is no operator.
    """
    job = find_job(actor, job_id)
    if job.owner_id is None and not actor.operator:
        raise Forbidden("This job belongs to the installation itself. Ask an operator to do this.")
    return job


def may_read_content(actor: Actor, job: Job) -> bool:
    """Whether arguments and result may be shown: those of sensitive kinds only to their owner."""
    kind = KINDS.get(job.kind)
    sensitive = kind is None or kind.sensitive
    return not sensitive or job.owner_id == actor.user_id


def ensure_may_read_content(actor: Actor, job: Job) -> None:
    """Raise `Forbidden` unless arguments and result may be shown."""
    if not may_read_content(actor, job):
        raise Forbidden("What this job carries is for its owner only.")


def has_result(job: Job) -> bool:
    """Whether a result can be fetched now."""
    unexpired = job.result_expires_at is None or job.result_expires_at > timezone.now()
    return job.state == State.SUCCEEDED and unexpired and not job.result_gone


def read_result(actor: Actor, job: Job) -> Any:
    """Return what came out of a finished job; None where it did not succeed.

    Raises:
        Forbidden: it is for its owner only. Conflict: not finished. Gone: it was kept as long as its kind says.
    """
    ensure_may_read_content(actor, job)
    if job.state in UNFINISHED:
        raise Conflict("This job is not finished. Ask again later, or follow its events.")
    if job.state != State.SUCCEEDED:
        return None
    if not has_result(job):
        raise Gone("This result was kept as long as its kind says and is gone. Run the job again to get a new one.")
    return result_of(job)


def read_error(job: Job) -> JobError | None:
    """Return why a job did not succeed, or why it will be tried again; a success has no error, whatever went before."""
    return None if job.state == State.SUCCEEDED else error_of(job)
