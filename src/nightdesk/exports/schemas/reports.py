"""Shapes of the API of reports."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from nightdesk.exports import services
from nightdesk.exports.models import ExportFile, Report
from nightdesk.httpkit.paging import PageQuery
from nightdesk.httpkit.schemas import In, Out, text

ReportKind = Literal["activity", "users", "content"]
FileKind = Literal["pdf", "csv"]
State = Literal["waiting", "running", "ready", "failed", "cancelled", "expired"]


class ReportIn(In):
    """A report to make: whole days of the workspace's time zone, both ends included."""

    report_type: ReportKind
    date_from: date = Field(description="The first day.")
    date_to: date = Field(description="The last day, at most three years later. Days to come are left out.")
    recipients: list[Annotated[str, text(320)]] = Field(
        default_factory=list,
        max_length=services.MAX_RECIPIENTS,
        description="Who gets its totals by mail, each a mail of their own, once it is ready.",
    )


class ReportsQuery(PageQuery):
    """Which reports, and which page of them."""

    report_type: ReportKind | None = Field(None, description="Only reports about this.")


class ReportFileOut(Out):
    """One file of a report that is ready."""

    format: FileKind
    name: str
    size_bytes: int
    sha256: str
    download_url: str = Field(description="With the token that asks for everything else.")


class ReportLine(Out):
    """A report in a list: everything but its numbers."""

    id: int
    task_id: UUID
    report_type: ReportKind
    date_from: date
    date_to: date
    time_zone: str
    recipients: list[str]
    state: State
    error: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="Until when its files are kept.")
    files: list[ReportFileOut]

    @classmethod
    def from_row(cls, report: Report) -> Self:
        """Show a report whose files were fetched along."""
        plain = {name: getattr(report, name) for name in cls.model_fields if name != "files"}
        whole = [file for file in report.files.all() if file.is_whole and file.doomed_at is None]
        shown = [_show_file(report, file) for file in whole] if report.state == "ready" else []
        return cls(**plain, files=sorted(shown, key=lambda file: file.format, reverse=True))


class ReportOut(ReportLine):
    """A report with its numbers, null until it is ready; they stay when its files are gone."""

    dataset: dict[str, Any] | None = Field(
        description="`title`, `period`, `time_zone`, `totals` (name, value), `series` (name, unit, days as [date, number], "
        "every day of the period), `tables` (name, columns, rows), and `notes`: what the numbers leave out."
    )


def _show_file(report: Report, file: ExportFile) -> ReportFileOut:
    return ReportFileOut(
        format=file.format,
        name=services.download_name(file=file),
        size_bytes=file.size_bytes or 0,
        sha256=file.sha256,
        download_url=services.REPORT_DOWNLOAD_PATH.format(id=report.pk, format=file.format),
    )
