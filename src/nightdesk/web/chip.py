"""The Job chip: a job's state as shape, word, progress and one action."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.engine.arguments import KINDS
from nightdesk.engine.explain import waiting_reason
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of
from nightdesk.engine.states import UNFINISHED, State

#: state -> (look, word). The look picks shape and colour; the word is always beside it.
_LOOKS: Final[dict[State, tuple[str, Promise]]] = {
    State.WAITING: ("waiting", _("Waiting")),
    State.RUNNING: ("running", _("Running")),
    State.WAITING_CHILDREN: ("running", _("Running")),
    State.SUCCEEDED: ("done", _("Done")),
    State.FAILED: ("failed", _("Failed")),
    State.CANCELLED: ("ended", _("Cancelled")),
    State.EXPIRED: ("ended", _("Not started in time")),
    State.UNKNOWN: ("unsure", _("Unsure")),
}
_RETRYABLE: Final = frozenset({State.FAILED, State.CANCELLED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing that can be done with a job now: a button that posts to `url`."""

    word: Promise
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What the component `web/components/job_chip.html` shows."""

    job_id: UUID
    version: int
    state: str
    look: str
    word: str | Promise
    title: str
    progress: int
    message: str
    action: Action | None
    url: str
    moving: bool
    unfinished: bool
    stopping: bool

    @property
    def id_text(self) -> str:
        """The job's id as text."""
        return str(self.job_id)


def describe_job(job: Job, *, brief: bool = False, message: str = "") -> Chip:
    """Describe a job for its chip; `brief` leaves out why it waits or failed, which costs queries for each job.

    `message` takes the place of the job's own words once it is finished.
    """
    state = State(job.state)
    unfinished = state in UNFINISHED
    stopping = unfinished and job.cancel_requested_at is not None
    look, word = _LOOKS[state]
    if stopping:
        word = _("Stopping…")
    elif state == State.WAITING and job.runs:
        look, word = "late", _("Trying again")
    return Chip(
        job_id=job.id,
        version=job.version,
        state=job.state,
        look=look,
        word=word,
        title=title_of(job),
        progress=job.progress,
        message=_message(job, state, brief=brief, instead=message),
        action=_action(job.id, state, stopping=stopping),
        url=reverse("web:job", args=[job.id]),
        moving=state in (State.RUNNING, State.WAITING_CHILDREN),
        unfinished=unfinished,
        stopping=stopping,
    )


def title_of(job: Job) -> str:
    """Say what a job does, as its kind describes itself."""
    kind = KINDS.get(job.kind)
    return (kind.title if kind else "").rstrip(".") or job.kind


def _message(job: Job, state: State, *, brief: bool, instead: str) -> str:
    if state not in UNFINISHED and instead:
        return instead
    if state in (State.FAILED, State.UNKNOWN) and not brief:
        error = error_of(job)
        return error.message if error else ""
    if state == State.WAITING and not brief:
        return f"{job.message} {waiting_reason(job)}".strip()  # tried before: what went wrong, then what it waits for
    return job.message if state in UNFINISHED else ""


def _action(job_id: UUID, state: State, *, stopping: bool) -> Action | None:
    if state in UNFINISHED and not stopping:
        return Action(_("Cancel"), reverse("web:job_cancel", args=[job_id]))
    if state in _RETRYABLE:
        return Action(_("Try again"), reverse("web:job_retry", args=[job_id]))
    return None
