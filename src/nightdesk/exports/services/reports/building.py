"""Putting the set of numbers of a report together."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Protocol

from nightdesk.exports.models import ReportType
from nightdesk.exports.services.reports.activity import count_activity
from nightdesk.exports.services.reports.content import count_content
from nightdesk.exports.services.reports.datasets import Dataset, Part, Tell
from nightdesk.exports.services.reports.periods import Period, read_period
from nightdesk.exports.services.reports.users import count_users


class Counter(Protocol):
    """Counts what one kind of report is about."""

    def __call__(self, *, period: Period, tell: Tell) -> Part:
        """Count."""
        ...


TITLES: Final[Mapping[str, str]] = {
    ReportType.ACTIVITY: "Activity",
    ReportType.USERS: "People",
    ReportType.CONTENT: "Content",
}
_COUNTERS: Final[Mapping[str, Counter]] = {
    ReportType.ACTIVITY: count_activity,
    ReportType.USERS: count_users,
    ReportType.CONTENT: count_content,
}


def _nothing(_words: str) -> None:
    """Tell nobody."""


def build_dataset(
    *, report_type: str, date_from: date, date_to: date, time_zone: str, tell: Tell = _nothing
) -> Dataset:
    """Count everything for a report over whole days of a zone, both ends included; all of it is JSON.

    Raises:
        InvalidInput: see `read_period`. KeyError: no such report.
    """
    period = read_period(date_from=date_from, date_to=date_to, time_zone=time_zone)
    part = _COUNTERS[report_type](period=period, tell=tell)
    return Dataset(title=TITLES[report_type], period=period.words, time_zone=time_zone, **part)
