"""The API of exports and reports."""

from nightdesk.exports.api.exports import router as exports_router
from nightdesk.exports.api.exports import tasks_router as export_tasks_router
from nightdesk.exports.api.reports import router as reports_router
from nightdesk.exports.api.reports import tasks_router as report_tasks_router

__all__ = ["export_tasks_router", "exports_router", "report_tasks_router", "reports_router"]
