"""The run of an export: from its row to its file."""

from collections.abc import Callable
from datetime import timedelta
from typing import BinaryIO, Final, TypedDict

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from nightdesk.core.errors import Forbidden
from nightdesk.engine.run import Run
from nightdesk.exports.errors import ExportNotFound
from nightdesk.exports.jobs import ExportDataToCsv
from nightdesk.exports.models import Export, ExportFile, Progress
from nightdesk.exports.services.files import drop_files, drop_loose_files, keep_files, temporary_folder, write_file
from nightdesk.exports.services.orders import UNFINISHED, Order, check_order
from nightdesk.exports.services.writing import Wish, estimate_rows, one_look, write_rows

DOWNLOAD_PATH: Final = "/api/exports/{id}/download/"
#: Rows may be more than was estimated: the rest is for storing the file.
_MOST_PERCENT: Final = 95


class ExportResult(TypedDict):
    """The result of an export's job."""

    success: bool
    message: str
    rows: int
    size_bytes: int
    sha256: str
    export_id: int
    download_url: str


def run_export(*, job: ExportDataToCsv, run: Run) -> ExportResult:
    """Write the file of an export; it counts, and the job ends, in one transaction. One row a job, however often it runs.

    Rows are those that the job's owner may see now.

    Raises:
        InvalidInput, Misconfigured, TooManyRows, CellTooLong: it cannot be done like this.
        Forbidden: its owner may not come in any more. ExportNotFound: it was deleted, or its owner was.
        DiskFull, StoreAway: nothing is left of the file.
    """
    drop_loose_files(job_id=run.job_id)
    user_id, is_operator = _read_owner(run.owner_id)
    order = check_order(
        model_name=job.model_name,
        filters=job.filters,
        fields=job.fields,
        format=job.format,
        user_id=user_id,
        is_operator=is_operator,
    )
    export = _begin(job, order, run)
    rows: list[int] = []
    file = write_file(export=export, job_id=run.job_id, format=order.format, write=_writer(export, order, run, rows))
    try:
        run.progress(99, "Keeping the file")
        return run.finish_with(lambda: _keep(export, file, rows[-1]))
    except BaseException:
        if not ExportFile.objects.filter(pk=file.pk, is_whole=True).exists():
            drop_files(names=[file.name])
        raise


def _read_owner(owner_id: int | None) -> tuple[int | None, bool]:
    if owner_id is None:
        return None, True  # asked for in a shell of this machine
    user = get_user_model().objects.filter(pk=owner_id).first()
    if user is None:
        raise ExportNotFound
    if not user.is_active:
        raise Forbidden("Whoever asked for this export may not come in any more.")
    return user.pk, user.is_operator


def _begin(job: ExportDataToCsv, order: Order, run: Run) -> Export:
    """Find the row of this job, or make it where the job was asked for without one; it is running now."""
    export, _ = Export.objects.get_or_create(
        task_id=run.job_id,
        defaults={
            "model_name": order.model.name,
            "filters": job.filters,
            "fields": [column.name for column in order.columns],
            "format": order.format,
            "is_raw": job.is_raw,
            "has_bom": job.has_bom,
            "owner_id": run.owner_id,
        },
    )
    Export.objects.filter(pk=export.pk).exclude(state=Progress.READY).update(
        state=Progress.RUNNING, error="", finished_at=None
    )
    return export


def _writer(export: Export, order: Order, run: Run, counted: list[int]) -> Callable[[BinaryIO], None]:
    """Make what fills the file, and says how far it is; `counted` gets the number of rows."""
    title = order.model.title.lower()

    def write(out: BinaryIO) -> None:
        with one_look(limit_s=run.time_left_s()):
            rows = order.rows()
            total = estimate_rows(rows)
            run.progress(0, f"About {total:,} {title}")

            def tick(count: int) -> None:
                run.progress(min(_MOST_PERCENT, _MOST_PERCENT * count // max(total, 1)), f"{count:,} {title}")

            wish = Wish(
                rows=rows,
                columns=order.columns,
                format=order.format,
                is_raw=export.is_raw,
                has_bom=export.has_bom,
            )
            counted.append(write_rows(wish=wish, out=out, tick=tick, folder=temporary_folder()))

    return write


def _keep(export: Export, file: ExportFile, rows: int) -> ExportResult:
    """Let the file count: together with the end of the job."""
    now = timezone.now()
    moved = Export.objects.filter(pk=export.pk, state__in=UNFINISHED).update(
        state=Progress.READY,
        rows=rows,
        finished_at=now,
        expires_at=now + timedelta(days=settings.EXPORT_DAYS),
    )
    if not moved:
        raise ExportNotFound
    keep_files(files=[file])
    return ExportResult(
        success=True,
        message=f"Exported {rows:,} row{'' if rows == 1 else 's'}.",
        rows=rows,
        size_bytes=file.size_bytes or 0,
        sha256=file.sha256,
        export_id=export.pk,
        download_url=DOWNLOAD_PATH.format(id=export.pk),
    )
