"""Who makes exports and reports."""

from nightdesk.exports.tasks.exports import export_data_to_csv

__all__ = ["export_data_to_csv"]
