"""How the job of a publishing ended becomes where the publishing stands."""

from typing import Any, Final

from django.utils import timezone

from nightdesk.engine.endings import JobEnd, JobError
from nightdesk.engine.states import State
from nightdesk.engine.transitions.decide import NOT_DONE
from nightdesk.publishing.models import UNSETTLED, PublishedPost, Status
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.confirmations import remote_fields, sent
from nightdesk.publishing.services.platforms import find_platform

#: What a job's ending may still change. Success is not among them.
_OPEN: Final = (*UNSETTLED, Status.UNCONFIRMED)
MAX_ERROR_CHARS: Final = 1_000

_CANCELLED: Final = "This was cancelled before it was sent. Publish it again if you still want it there."
_MISSED: Final = (
    "Its time was over before it could be sent, so it was not sent. Publish it now, or choose another time."
)
_NEVER_SENT: Final[dict[State, dict[str, Any]]] = {
    State.CANCELLED: {"status": Status.SKIPPED, "error": _CANCELLED, "error_code": "cancelled"},
    State.EXPIRED: {"status": Status.MISSED, "error": _MISSED, "error_code": "missed"},
}
_GIVEN_UP: Final = "This was given up. Look at its job, then try it again."


def publishing_ended(end: JobEnd) -> None:
    """Move the publishing of a job that has just ended, in the same transaction. Safe to repeat."""
    row = PublishedPost.objects.filter(task_id=end.job_id).first()
    if row is not None and row.status in _OPEN:
        settle(row=row, state=end.state, error=end.error)


def settle(*, row: PublishedPost, state: str, error: JobError | None) -> bool:
    """Move a publishing as its job ended; False: it was not this job's any more, or was moved already.

    What may have reached the platform is never called failed, cancelled or missed: a person looks.
    """
    rounds.lock(post_id=row.post_id, round_id=row.round_id)
    mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id, status__in=_OPEN)
    first_sent_at = mine.values_list("first_sent_at", flat=True).first()
    changes = _changes(row, State(state), error, may_be_there=first_sent_at is not None)
    if not mine.update(**changes, updated_at=timezone.now(), finished_at=timezone.now()):
        return False
    rounds.follow(post_id=row.post_id, round_id=row.round_id)
    return True


def _changes(row: PublishedPost, state: State, error: JobError | None, *, may_be_there: bool) -> dict[str, Any]:
    if published := sent(row=row):  # whatever ended the run came after the platform's word
        return {"status": Status.SUCCESS, "error": "", "error_code": "", **remote_fields(published)}
    if state == State.SUCCEEDED:  # a person said on the job's page that it was done
        return {"status": Status.SUCCESS, "error": "", "error_code": ""}
    if error is not None and error.code == NOT_DONE.code:
        return {"status": Status.FAILED, "error": error.message, "error_code": error.code, "first_sent_at": None}
    if may_be_there or state == State.UNKNOWN:
        return {"status": Status.UNCONFIRMED, "error": unconfirmed_words(row.platform), "error_code": "outcome_unknown"}
    if state in _NEVER_SENT:
        return _NEVER_SENT[state]
    said = error or JobError(code="failed", message=_GIVEN_UP)
    return {"status": Status.FAILED, "error": said.message[:MAX_ERROR_CHARS], "error_code": said.code[:64]}


def unconfirmed_words(platform: str) -> str:
    """Say what to do about a post of which nobody knows whether it is out."""
    title = find_platform(platform).info.title
    return f"It may be out on {title}, or it may not: no answer came back. Look there, then say which it is."


def missed_words() -> str:
    """Say why a publishing was not sent although its time has come."""
    return _MISSED
