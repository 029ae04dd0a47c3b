"""Reports: datasets and the forms they take."""

from nightdesk.exports.services.reports.building import build_dataset
from nightdesk.exports.services.reports.charts import draw_charts
from nightdesk.exports.services.reports.keeping import (
    delete_report,
    file_of_report,
    find_report,
    report_ended,
    reports_shown,
)
from nightdesk.exports.services.reports.orders import MAX_RECIPIENTS, check_report, order_report
from nightdesk.exports.services.reports.pdf import set_pdf
from nightdesk.exports.services.reports.running import REPORT_DOWNLOAD_PATH, ReportResult, run_report

__all__ = [
    "MAX_RECIPIENTS",
    "REPORT_DOWNLOAD_PATH",
    "ReportResult",
    "build_dataset",
    "check_report",
    "delete_report",
    "draw_charts",
    "file_of_report",
    "find_report",
    "order_report",
    "report_ended",
    "reports_shown",
    "run_report",
    "set_pdf",
]
