"""How the job of an export ended becomes where the export stands."""

from typing import Final

from django.utils import timezone

from nightdesk.engine.endings import JobEnd
from nightdesk.engine.states import State
from nightdesk.exports.models import Export, ExportFile, Progress
from nightdesk.exports.models.reports import MAX_REASON_CHARS
from nightdesk.exports.services.orders import UNFINISHED

_STATES: Final = {State.CANCELLED: Progress.CANCELLED, State.FAILED: Progress.FAILED, State.EXPIRED: Progress.FAILED}
_GIVEN_UP: Final = "This was given up. Look at its job, then try it again."


def export_ended(end: JobEnd) -> None:
    """Move the export of a job that has just ended without a file, in the same transaction. Safe to repeat."""
    state = _STATES.get(State(end.state))
    if state is None:
        return  # the run itself has said that it is ready
    said = "" if state == Progress.CANCELLED else end.error.message if end.error else _GIVEN_UP
    now = timezone.now()
    Export.objects.filter(task_id=end.job_id, state__in=UNFINISHED).update(
        state=state, error=said[:MAX_REASON_CHARS], finished_at=now
    )
    ExportFile.objects.filter(job_id=end.job_id, is_whole=False, doomed_at=None).update(doomed_at=now)
