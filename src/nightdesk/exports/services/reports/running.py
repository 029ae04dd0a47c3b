"""The run of a report: counted once, then a PDF, a table and mails out of the same numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO, Final, TypedDict

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from nightdesk.core.errors import Forbidden
from nightdesk.engine.run import Run
from nightdesk.exports.errors import ReportNotFound
from nightdesk.exports.jobs import GenerateAdminReport
from nightdesk.exports.models import ExportFile, FileFormat, Progress, Report
from nightdesk.exports.services.files import drop_files, drop_loose_files, keep_files, write_file
from nightdesk.exports.services.orders import UNFINISHED
from nightdesk.exports.services.reports.building import build_dataset
from nightdesk.exports.services.reports.datasets import Dataset
from nightdesk.exports.services.reports.digests import write_digests
from nightdesk.exports.services.reports.lines import write_lines
from nightdesk.exports.services.reports.orders import ReportOrder, check_report, row_of
from nightdesk.exports.services.reports.pdf import set_pdf
from nightdesk.exports.services.writing import one_look

REPORT_DOWNLOAD_PATH: Final = "/api/reports/{id}/download/{format}/"
#: Counting is most of the work; how much of it is done is only known by how many questions were asked.
_COUNTING_ENDS_AT: Final = 60
_STEP: Final = 15


class ReportResult(TypedDict):
    """The result of a report's job. `mails`: how many were written."""

    success: bool
    message: str
    report_id: int
    totals: dict[str, int]
    mails: int
    pdf_url: str
    csv_url: str


@dataclass(frozen=True, slots=True)
class _Forms:
    """What was made out of one set of numbers."""

    dataset: Dataset
    files: tuple[ExportFile, ...]


def run_report(*, job: GenerateAdminReport, run: Run) -> ReportResult:
    """Make a report in all its forms; they count, and the job ends, in one transaction. One row a job, however often it runs.

    Raises:
        InvalidInput: it cannot be counted like this. Forbidden: its owner may not have reports any more.
        ReportNotFound: it was deleted, or its owner was. DiskFull, StoreAway: nothing is left of the files.
    """
    drop_loose_files(job_id=run.job_id)
    _check_owner(run.owner_id)
    order = check_report(
        report_type=job.report_type, date_from=job.date_from, date_to=job.date_to, recipients=job.recipients
    )
    report = _begin(order, run)
    made: list[ExportFile] = []
    try:
        forms = _make_forms(report, run, made)
        run.progress(95, "Keeping the report")
        return run.finish_with(lambda: _keep(report, forms))
    except BaseException:
        names = [file.name for file in made]
        whole = ExportFile.objects.filter(name__in=names, is_whole=True).values_list("name", flat=True)
        drop_files(names=set(names) - set(whole))
        raise


def _check_owner(owner_id: int | None) -> None:
    if owner_id is None:
        return  # asked for in a shell of this machine
    user = get_user_model().objects.filter(pk=owner_id).first()
    if user is None:
        raise ReportNotFound
    if not user.is_operator:
        raise Forbidden("Reports are for operators, and whoever asked for this one is none any more.")


def _begin(order: ReportOrder, run: Run) -> Report:
    """Find the row of this job, or make it where the job was asked for without one; it is running now."""
    report, _ = Report.objects.get_or_create(task_id=run.job_id, defaults={**row_of(order), "owner_id": run.owner_id})
    Report.objects.filter(pk=report.pk).exclude(state=Progress.READY).update(
        state=Progress.RUNNING, error="", finished_at=None
    )
    return report


def _make_forms(report: Report, run: Run, made: list[ExportFile]) -> _Forms:
    dataset = _count(report, run)
    run.progress(_COUNTING_ENDS_AT, "Setting the PDF")
    at = timezone.now().astimezone(timezone.get_default_timezone())
    pdf = set_pdf(dataset=dataset, made_at=at, site=settings.SITE_NAME)
    made.append(_write(report, run, FileFormat.PDF, lambda out: _pour(pdf, out)))
    run.progress(85, "Writing the table")
    made.append(_write(report, run, FileFormat.CSV, lambda out: write_lines(dataset=dataset, out=out)))
    return _Forms(dataset, tuple(made))


def _count(report: Report, run: Run) -> Dataset:
    asked = 0

    def tell(words: str) -> None:
        nonlocal asked
        run.progress(min(_STEP * asked, _COUNTING_ENDS_AT - 1), words)
        asked += 1

    with one_look(limit_s=run.time_left_s()):
        return build_dataset(
            report_type=report.report_type,
            date_from=report.date_from,
            date_to=report.date_to,
            time_zone=report.time_zone,
            tell=tell,
        )


def _write(report: Report, run: Run, format: str, write: Callable[[BinaryIO], None]) -> ExportFile:  # noqa: A002
    return write_file(report=report, job_id=run.job_id, format=format, write=write)


def _pour(content: bytes, out: BinaryIO) -> None:
    out.write(content)


def _keep(report: Report, forms: _Forms) -> ReportResult:
    """Let the report count and write its mails: together with the end of the job."""
    now = timezone.now()
    moved = Report.objects.filter(pk=report.pk, state__in=UNFINISHED).update(
        state=Progress.READY,
        dataset=forms.dataset,
        finished_at=now,
        expires_at=now + timedelta(days=settings.EXPORT_DAYS),
    )
    if not moved:
        raise ReportNotFound
    keep_files(files=forms.files)
    mails = write_digests(report=report, dataset=forms.dataset)
    return ReportResult(
        success=True,
        message=_say(forms.dataset, mails),
        report_id=report.pk,
        totals={total["name"]: total["value"] for total in forms.dataset["totals"]},
        mails=mails,
        pdf_url=REPORT_DOWNLOAD_PATH.format(id=report.pk, format=FileFormat.PDF),
        csv_url=REPORT_DOWNLOAD_PATH.format(id=report.pk, format=FileFormat.CSV),
    )


def _say(dataset: Dataset, mails: int) -> str:
    sent = f" It goes out in {mails} mail{'' if mails == 1 else 's'}." if mails else ""
    return f"The report {dataset['title']}, {dataset['period']}, is ready.{sent}"
