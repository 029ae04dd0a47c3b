"""What is over its time is removed: files of exports and reports, what killed runs left, rows that say nothing any more.

Short transactions doom, then files are deleted one by one. What the store does not delete keeps its row and is tried again
by the next sweep. Any number of sweeps may run at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.engine.models import Job
from nightdesk.engine.states import UNFINISHED as UNFINISHED_JOBS
from nightdesk.exports.errors import DiskFull, StoreAway
from nightdesk.exports.models import Export, ExportFile, Progress, Report
from nightdesk.exports.services.files import WRITE_TAKES, delete_doomed, remove_old_temporaries
from nightdesk.exports.services.orders import UNFINISHED

#: How long an export or a report that is gone still says what it was.
TOMBSTONE_KEPT: Final = timedelta(days=90)
_BATCH: Final = 200
#: A store that fails so often in a row is away: each further try would only wait for it.
_GIVE_UP_AFTER: Final = 3
_ENDED: Final = (Progress.FAILED, Progress.CANCELLED, Progress.EXPIRED)
_LOST: Final = "Its job is gone. Ask for it again."

logger: Final = structlog.get_logger("nightdesk.exports")


@dataclass(slots=True)
class Swept:
    """What one sweep did, or would do. `left_files`: doomed, and not deleted yet. `deleted_bytes`: of those deleted."""

    expired_exports: int = 0
    expired_reports: int = 0
    mended_rows: int = 0
    forgotten_rows: int = 0
    deleted_files: int = 0
    deleted_bytes: int = 0
    left_files: int = 0
    removed_temporaries: int = 0


def sweep_exports(*, check: Callable[[], None], dry_run: bool = False) -> Swept:
    """Remove all that is due, in batches; `check` is called between them and may raise. Safe to repeat.

    Never raises for the store's sake. A dry run counts and removes nothing.
    """
    if dry_run:
        return _look()
    swept = Swept()
    swept.expired_exports = _expire(Export, check)
    swept.expired_reports = _expire(Report, check)
    swept.mended_rows = _mend(Export) + _mend(Report)
    _doom_loose()
    _delete_all(swept, check)
    swept.forgotten_rows = _forget(Export, check) + _forget(Report, check)
    swept.removed_temporaries = remove_old_temporaries()
    return swept


def _look() -> Swept:
    due = ExportFile.objects.filter(pk__in=_due_files())
    return Swept(
        expired_exports=_overdue(Export).count(),
        expired_reports=_overdue(Report).count(),
        mended_rows=_stranded(Export).count() + _stranded(Report).count(),
        forgotten_rows=_old(Export).count() + _old(Report).count(),
        deleted_files=due.count(),
        deleted_bytes=sum(size or 0 for size in due.values_list("size_bytes", flat=True)),
    )


def _due_files() -> "QuerySet[Any]":
    overdue = Q(export__in=_overdue(Export)) | Q(report__in=_overdue(Report))
    return ExportFile.objects.filter(overdue | Q(doomed_at__isnull=False) | _loose()).values("pk")


def _overdue(model: type[Any]) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.filter(expires_at__lte=timezone.now(), state=Progress.READY)
    return rows


def _expire(model: type[Any], check: Callable[[], None]) -> int:
    """Take their files from rows whose time is over; return how many rows."""
    count, name = 0, model._meta.model_name
    while found := list(_overdue(model).order_by("expires_at").values_list("pk", flat=True)[:_BATCH]):
        check()
        with sql.writing():
            count += _overdue(model).filter(pk__in=found).update(state=Progress.EXPIRED)
            mine = ExportFile.objects.filter(**{f"{name}__in": found, f"{name}__state": Progress.EXPIRED})
            mine.filter(doomed_at=None).update(doomed_at=timezone.now())
    return count


def _stranded(model: type[Any]) -> "QuerySet[Any]":
    """Rows that wait for a job that is gone, or whose ending nobody told them."""
    alive = Job.objects.filter(pk=OuterRef("task_id"), state__in=UNFINISHED_JOBS)
    old = model.objects.filter(state__in=UNFINISHED, created_at__lt=timezone.now() - WRITE_TAKES)
    rows: QuerySet[Any] = old.exclude(Exists(alive))
    return rows


def _mend(model: type[Any]) -> int:
    found = list(_stranded(model).values_list("pk", flat=True)[:_BATCH])
    mended: int = model.objects.filter(pk__in=found, state__in=UNFINISHED).update(
        state=Progress.FAILED, error=_LOST, finished_at=timezone.now()
    )
    return mended


def _loose() -> Q:
    """Files that nobody has or will have: their export is gone, or they are not whole and nobody makes them any more."""
    alive = Job.objects.filter(pk=OuterRef("job_id"), state__in=UNFINISHED_JOBS)
    old = Q(~Exists(alive), is_whole=False, created_at__lt=timezone.now() - WRITE_TAKES)
    return Q(is_whole=True, export=None, report=None) | old


def _doom_loose() -> None:
    ExportFile.objects.filter(_loose(), doomed_at=None).update(doomed_at=timezone.now())


def _delete_all(swept: Swept, check: Callable[[], None]) -> None:
    """Delete doomed files, each tried once; what stays goes to the end of the line."""
    started, failed_in_a_row = timezone.now(), 0
    doomed = ExportFile.objects.filter(doomed_at__lte=started).order_by("doomed_at")
    while failed_in_a_row < _GIVE_UP_AFTER and (found := list(doomed.values_list("name", "size_bytes")[:_BATCH])):
        for name, size_bytes in found:
            check()
            fault = _delete(swept, name, size_bytes or 0)
            failed_in_a_row = failed_in_a_row + 1 if fault else 0
            if failed_in_a_row == _GIVE_UP_AFTER:
                swept.left_files += doomed.count()
                break


def _delete(swept: Swept, name: str, size_bytes: int) -> bool:
    """Delete one doomed file; return whether the store failed."""
    try:
        is_gone, is_away = delete_doomed(name=name), False
    except (StoreAway, DiskFull) as error:
        logger.warning("exports.file_stays", file=name, error=type(error.__cause__).__name__)
        is_gone, is_away = False, True
    swept.deleted_files += is_gone
    swept.deleted_bytes += size_bytes if is_gone else 0
    swept.left_files += not is_gone
    if not is_gone:
        ExportFile.objects.filter(name=name).update(doomed_at=timezone.now())
    return is_away


def _old(model: type[Any]) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.filter(
        state__in=_ENDED, created_at__lt=timezone.now() - TOMBSTONE_KEPT, files=None
    )
    return rows


def _forget(model: type[Any], check: Callable[[], None]) -> int:
    """Remove rows that ended long ago and have no file."""
    count = 0
    while found := list(_old(model).values_list("pk", flat=True)[:_BATCH]):
        check()
        removed, _ = model.objects.filter(pk__in=found, state__in=_ENDED).delete()
        count += removed
    return count
