"""What a report is called."""

from datetime import date

from django.utils.formats import date_format

from nightdesk.exports.models import Report
from nightdesk.web.reports.form import TYPES


def name_report(report: Report) -> str:
    """Name a report by what it is about and its days."""
    return f"{TYPES[report.report_type][0]}, {name_days(report.date_from, report.date_to)}"


def name_days(first: date, last: date) -> str:
    """Write days, both ends included."""
    words = [date_format(day, "j M Y") for day in (first, last)]
    return words[0] if first == last else f"{words[0]} – {words[1]}"  # noqa: RUF001 (a dash between dates)
