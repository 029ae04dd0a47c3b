"""What is done with exports and reports."""

from nightdesk.exports.services.downloads import Ticket, download, download_name, make_ticket, redeem_ticket
from nightdesk.exports.services.endings import export_ended
from nightdesk.exports.services.files import drop_files, drop_loose_files, keep_files, write_file
from nightdesk.exports.services.keeping import delete_export, exports_shown, file_of, find_export
from nightdesk.exports.services.orders import (
    MAX_UNFINISHED,
    FieldInfo,
    FilterInfo,
    ModelInfo,
    Order,
    check_order,
    count_rows,
    offered,
    order_export,
)
from nightdesk.exports.services.reports import (
    MAX_RECIPIENTS,
    REPORT_DOWNLOAD_PATH,
    ReportResult,
    build_dataset,
    check_report,
    delete_report,
    draw_charts,
    file_of_report,
    find_report,
    order_report,
    report_ended,
    reports_shown,
    run_report,
)
from nightdesk.exports.services.running import DOWNLOAD_PATH, ExportResult, run_export
from nightdesk.exports.services.sweeping import Swept, sweep_exports
from nightdesk.exports.services.writing import MAX_ROWS, OFFERED

__all__ = [
    "DOWNLOAD_PATH",
    "MAX_RECIPIENTS",
    "MAX_ROWS",
    "MAX_UNFINISHED",
    "OFFERED",
    "REPORT_DOWNLOAD_PATH",
    "ExportResult",
    "FieldInfo",
    "FilterInfo",
    "ModelInfo",
    "Order",
    "ReportResult",
    "Swept",
    "Ticket",
    "build_dataset",
    "check_order",
    "check_report",
    "count_rows",
    "delete_export",
    "delete_report",
    "download",
    "download_name",
    "draw_charts",
    "drop_files",
    "drop_loose_files",
    "export_ended",
    "exports_shown",
    "file_of",
    "file_of_report",
    "find_export",
    "find_report",
    "keep_files",
    "make_ticket",
    "offered",
    "order_export",
    "order_report",
    "redeem_ticket",
    "report_ended",
    "reports_shown",
    "run_export",
    "run_report",
    "sweep_exports",
    "write_file",
]
