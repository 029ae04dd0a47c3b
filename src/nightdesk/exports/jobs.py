"""What can be asked of the background for exports and reports."""

from datetime import date
from typing import Any, Literal

from nightdesk.engine.arguments import JobArgs, ListOf


class ExportDataToCsv(
    JobArgs, queue="cpu", priority=4, retries=3, retry_delay_s=60.0, soft_limit_s=3_600.0, private=True
):
    """Export data to a file."""

    model_name: str
    filters: dict[str, Any] = {}
    fields: ListOf[str] = []  # none: all that the model offers
    format: Literal["csv", "csv.gz", "xlsx", "parquet"] = "csv"
    is_raw: bool = False
    has_bom: bool = False
    export_id: int | None = None  # of the row, where the asker has made it


class GenerateAdminReport(
    JobArgs, queue="cpu", priority=4, retries=3, retry_delay_s=60.0, soft_limit_s=600.0, private=True
):
    """Make a report."""

    report_type: Literal["activity", "users", "content"]
    date_from: date
    date_to: date
    recipients: ListOf[str] = []
    report_id: int | None = None  # of the row, where the asker has made it
