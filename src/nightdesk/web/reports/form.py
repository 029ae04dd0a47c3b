"""The form of a new report: what was typed, and what is asked of the service with it."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nightdesk.core.errors import InvalidInput
from nightdesk.core.redaction import clean_text
from nightdesk.exports.models import ReportType
from nightdesk.web.reports.periods import Period

#: What each kind of report tells.
TYPES: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    ReportType.ACTIVITY: (
        gettext_lazy("Activity"),
        gettext_lazy("Who did what, day by day, and how the work in the background ended."),
    ),
    ReportType.USERS: (
        gettext_lazy("People"),
        gettext_lazy("Who joined, who came in, by role and state."),
    ),
    ReportType.CONTENT: (
        gettext_lazy("Content"),
        gettext_lazy("Campaigns, texts and who wrote them, posts and where they went, pictures and mails."),
    ),
}
OWN: Final = "own"
_BETWEEN_ADDRESSES: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """What a person typed. `period` is the name of one, or `OWN` for the two dates."""

    report_type: str = ReportType.ACTIVITY
    period: str = "last_month"
    date_from: str = ""
    date_to: str = ""
    recipients: str = ""
    periods: list[Period] = field(default_factory=list)

    @classmethod
    def read(cls, sent: QueryDict, periods: list[Period]) -> "ReportForm":
        """Read what was sent."""
        return cls(
            report_type=sent.get("report_type", ""),
            period=sent.get("period", OWN),
            date_from=sent.get("date_from", ""),
            date_to=sent.get("date_to", ""),
            recipients=clean_text(sent.get("recipients", "")),
            periods=periods,
        )

    def order(self) -> dict[str, Any]:
        """Return what is asked of the service.

        Raises:
            InvalidInput: no such period, or a date that is none; details by field.
        """
        date_from, date_to = self._dates()
        return {
            "report_type": self.report_type,
            "date_from": date_from,
            "date_to": date_to,
            "recipients": [one for one in _BETWEEN_ADDRESSES.split(self.recipients) if one],
        }

    def _dates(self) -> tuple[date, date]:
        if self.period != OWN:
            for period in self.periods:
                if period.name == self.period:
                    return period.date_from, period.date_to
            raise InvalidInput(details={"period": [_("Choose a period from the list.")]})
        read = {"date_from": _read_date(self.date_from), "date_to": _read_date(self.date_to)}
        missing = {name: [_("Give a date, such as 2026-03-31.")] for name, value in read.items() if value is None}
        if read["date_from"] is None or read["date_to"] is None:
            raise InvalidInput(details=missing)
        return read["date_from"], read["date_to"]


def _read_date(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None
