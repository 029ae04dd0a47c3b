"""Exports that are there: who may see them, and getting rid of one before its time."""

import contextlib
from uuid import UUID

from django.db.models import Q, QuerySet

from nightdesk.core.errors import NotFound
from nightdesk.engine import actions, sql
from nightdesk.exports.errors import ExportNotFound, FileExpired, FileNotReady
from nightdesk.exports.models import Export, ExportFile, Progress
from nightdesk.exports.services.files import drop_files
from nightdesk.exports.services.orders import UNFINISHED


def exports_shown(*, user_id: int, is_operator: bool = False) -> "QuerySet[Export]":
    """Give the exports of a person, newest first; to operators also those that were asked for in a shell."""
    mine = Q(owner_id=user_id)
    return Export.objects.filter(mine | Q(owner=None) if is_operator else mine).order_by("-pk")


def find_export(*, export_id: int, user_id: int, is_operator: bool = False) -> Export:
    """Return an export that somebody may see.

    Raises:
        ExportNotFound: there is none, or it is somebody else's.
    """
    found = exports_shown(user_id=user_id, is_operator=is_operator).filter(pk=export_id).first()
    if found is None:
        raise ExportNotFound
    return found


def file_of(*, export: Export) -> ExportFile:
    """Return the file of an export.

    Raises:
        FileNotReady: it is being made, or it failed. FileExpired: its time was over.
    """
    if export.state == Progress.EXPIRED:
        raise FileExpired
    found = export.files.filter(is_whole=True, doomed_at=None).first()
    if export.state != Progress.READY or found is None:
        raise FileNotReady
    return found


def delete_export(*, export_id: int, user_id: int, is_operator: bool = False) -> None:
    """Remove an export with its file; one that is on its way is cancelled.

    Raises:
        ExportNotFound: there is none, or it is somebody else's.
    """
    export = find_export(export_id=export_id, user_id=user_id, is_operator=is_operator)
    if export.state in UNFINISHED:
        _cancel(export.task_id)
    with sql.writing():
        names = list(export.files.values_list("name", flat=True))
        export.delete()
    drop_files(names=names)


def _cancel(job_id: UUID) -> None:
    with contextlib.suppress(NotFound):  # its history was pruned
        actions.cancel(job_id=job_id)
