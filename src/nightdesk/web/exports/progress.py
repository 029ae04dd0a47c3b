"""Where an export or a report stands, as shape and word, with the job that makes it."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import State
from nightdesk.exports.models import Progress
from nightdesk.httpkit.actors import Actor

#: state -> (look, word). The look picks shape and colour; the word is always beside it.
STATES: Final[dict[str, tuple[str, str | Promise]]] = {
    Progress.WAITING: ("waiting", _("Waiting")),
    Progress.RUNNING: ("running", _("Being made")),
    Progress.READY: ("done", _("Ready")),
    Progress.FAILED: ("failed", _("Failed")),
    Progress.CANCELLED: ("ended", _("Cancelled")),
    Progress.EXPIRED: ("ended", _("Expired")),
}


def find_jobs(ids: Iterable[UUID], actor: Actor) -> dict[UUID, Job]:
    """Return the jobs with these ids that are still worth showing: those that succeeded speak by what they made."""
    wanted = list(ids)
    if not wanted:
        return {}
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).exclude(state=State.SUCCEEDED)
    return jobs.in_bulk(wanted)
