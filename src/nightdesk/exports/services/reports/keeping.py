"""Reports that are there, how their jobs ended, and getting rid of one before its time."""

import contextlib
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from nightdesk.core.errors import NotFound
from nightdesk.engine import actions, sql
from nightdesk.engine.endings import JobEnd
from nightdesk.engine.states import State
from nightdesk.exports.errors import FileExpired, FileNotReady, ReportNotFound
from nightdesk.exports.models import ExportFile, Progress, Report
from nightdesk.exports.models.reports import MAX_REASON_CHARS
from nightdesk.exports.services.files import drop_files
from nightdesk.exports.services.orders import UNFINISHED

_STATES: Final = {State.CANCELLED: Progress.CANCELLED, State.FAILED: Progress.FAILED, State.EXPIRED: Progress.FAILED}
_GIVEN_UP: Final = "This was given up. Look at its job, then try it again."


def reports_shown(*, user_id: int) -> "QuerySet[Report]":
    """Give the reports of an operator, newest first, and those that were asked for in a shell. Operators only."""
    return Report.objects.filter(Q(owner_id=user_id) | Q(owner=None)).order_by("-pk")


def find_report(*, report_id: int, user_id: int) -> Report:
    """Return a report that an operator may see.

    Raises:
        ReportNotFound: there is none, or it is somebody else's.
    """
    found = reports_shown(user_id=user_id).filter(pk=report_id).first()
    if found is None:
        raise ReportNotFound
    return found


def file_of_report(*, report: Report, format: str) -> ExportFile:  # noqa: A002 (as in the address)
    """Return one of the files of a report.

    Raises:
        FileNotReady: it is being made, or it failed. FileExpired: its time was over.
    """
    if report.state == Progress.EXPIRED:
        raise FileExpired
    found = report.files.filter(format=format, is_whole=True, doomed_at=None).order_by("-pk").first()
    if report.state != Progress.READY or found is None:
        raise FileNotReady
    return found


def delete_report(*, report_id: int, user_id: int) -> None:
    """Remove a report with its files; one that is on its way is cancelled. Mails that left are not called back.

    Raises:
        ReportNotFound: there is none, or it is somebody else's.
    """
    report = find_report(report_id=report_id, user_id=user_id)
    if report.state in UNFINISHED:
        with contextlib.suppress(NotFound):  # its history was pruned
            actions.cancel(job_id=report.task_id)
    with sql.writing():
        names = list(report.files.values_list("name", flat=True))
        report.delete()
    drop_files(names=names)


def report_ended(end: JobEnd) -> None:
    """Move the report of a job that has just ended without its files, in the same transaction. Safe to repeat."""
    state = _STATES.get(State(end.state))
    if state is None:
        return  # the run itself has said that it is ready
    said = "" if state == Progress.CANCELLED else end.error.message if end.error else _GIVEN_UP
    now = timezone.now()
    Report.objects.filter(task_id=end.job_id, state__in=UNFINISHED).update(
        state=state, error=said[:MAX_REASON_CHARS], finished_at=now
    )
    ExportFile.objects.filter(job_id=end.job_id, is_whole=False, doomed_at=None).update(doomed_at=now)
