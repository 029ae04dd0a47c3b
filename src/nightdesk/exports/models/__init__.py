"""Exports, reports, and their files."""

from nightdesk.exports.models.exports import Export, ExportFile, FileFormat
from nightdesk.exports.models.reports import Progress, Report, ReportType

__all__ = ["Export", "ExportFile", "FileFormat", "Progress", "Report", "ReportType"]
