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
from nightdesk.exports.services.running import DOWNLOAD_PATH, ExportResult, run_export
from nightdesk.exports.services.sweeping import Swept, sweep_exports
from nightdesk.exports.services.writing import MAX_ROWS, OFFERED

__all__ = [
    "DOWNLOAD_PATH",
    "MAX_ROWS",
    "MAX_UNFINISHED",
    "OFFERED",
    "ExportResult",
    "FieldInfo",
    "FilterInfo",
    "ModelInfo",
    "Order",
    "Swept",
    "Ticket",
    "check_order",
    "count_rows",
    "delete_export",
    "download",
    "download_name",
    "drop_files",
    "drop_loose_files",
    "export_ended",
    "exports_shown",
    "file_of",
    "find_export",
    "keep_files",
    "make_ticket",
    "offered",
    "order_export",
    "redeem_ticket",
    "run_export",
    "sweep_exports",
    "write_file",
]
