"""A report as mail: its totals and the beginnings of its tables, one mail to each recipient."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from nightdesk.exports.models import Report
from nightdesk.exports.services.reports.datasets import Dataset
from nightdesk.mail import services as mail
from nightdesk.mail.models import Category

TEMPLATE: Final = "report"
_PAGE: Final = "{base}/exports/reports/{id}/"
#: A mail is read on a telephone: the rest is on the page.
_MOST_ROWS: Final = 5
_MOST_COLUMNS: Final = 3


def write_digests(*, report: Report, dataset: Dataset) -> int:
    """Write a mail to each recipient, in the caller's transaction; return how many. Safe to repeat: once for each address.

    Those who want no such mails, or whose address takes none, are skipped when it is sent.
    """
    context = make_context(report=report, dataset=dataset)
    for address in report.recipients:
        mail.write_mail(
            dedupe_key=f"report:{report.pk}:{mail.key_of_address(address)}",
            category=Category.BULK,
            template=TEMPLATE,
            recipient=address,
            subject=f"{dataset['title']}, {dataset['period']}",
            context=context,
            asked_by=report.owner_id,
        )
    return len(report.recipients)


def make_context(*, report: Report, dataset: Dataset) -> Mapping[str, Any]:
    """Return what the template is filled with; numbers are written out, as text."""
    return {
        "title": dataset["title"],
        "period": dataset["period"],
        "time_zone": dataset["time_zone"],
        "totals": [{"name": total["name"], "value": f"{total['value']:,}"} for total in dataset["totals"]],
        "tables": [_shorten(table) for table in dataset["tables"] if table["rows"]],
        "report_url": _PAGE.format(base=settings.BASE_URL.rstrip("/"), id=report.pk),
    }


def _shorten(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": table["name"],
        "columns": table["columns"][:_MOST_COLUMNS],
        "rows": [[_write(cell) for cell in row[:_MOST_COLUMNS]] for row in table["rows"][:_MOST_ROWS]],
        "more": max(0, len(table["rows"]) - _MOST_ROWS),
    }


def _write(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
