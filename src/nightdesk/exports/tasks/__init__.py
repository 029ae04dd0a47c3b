"""Who makes exports and reports."""

from nightdesk.exports.tasks.exports import export_data_to_csv
from nightdesk.exports.tasks.reports import generate_admin_report

__all__ = ["export_data_to_csv", "generate_admin_report"]
