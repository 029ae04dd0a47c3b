"""Asking for a report: checked, then accepted as a row and its job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.contrib.auth import get_user_model

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.exports.errors import TooManyReports
from nightdesk.exports.jobs import GenerateAdminReport
from nightdesk.exports.models import Report, ReportType
from nightdesk.exports.services.orders import UNFINISHED
from nightdesk.exports.services.reports.periods import Period, read_period, workspace_zone
from nightdesk.mail import services as mail

#: A digest is for those who run the place; whoever has more to tell sends a newsletter.
MAX_RECIPIENTS: Final = 50
#: Reports of one person that may be on their way at once: each takes a whole process of the `cpu` queue.
MAX_UNFINISHED_REPORTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOrder:
    """A report that can be made. `recipients` are different addresses, as they were typed."""

    report_type: str
    period: Period
    recipients: tuple[str, ...]


def check_report(*, report_type: str, date_from: date, date_to: date, recipients: Sequence[str] = ()) -> ReportOrder:
    """Check what was asked for; days to come are left out.

    Raises:
        InvalidInput: no such report, days that cannot be counted, no address; details by field.
    """
    details: dict[str, list[str]] = {}
    if report_type not in ReportType.values:
        details["report_type"] = [f"There is no such report. Choose one of {', '.join(ReportType.values)}."]
    period = None
    try:
        period = read_period(date_from=date_from, date_to=date_to, time_zone=workspace_zone())
    except InvalidInput as refusal:
        details.update(refusal.details)
    if complaints := _complain_of(recipients):
        details["recipients"] = complaints
    if details or period is None:
        raise InvalidInput(details=details)
    return ReportOrder(report_type=report_type, period=period, recipients=_once_each(recipients))


def order_report(
    *, report_type: str, date_from: date, date_to: date, recipients: Sequence[str] = (), user_id: int | None
) -> Report:
    """Accept a report: its row and its job, in one transaction.

    Raises:
        InvalidInput: see `check_report`. TooManyReports: `MAX_UNFINISHED_REPORTS` of the asker's are on their way.
    """
    order = check_report(report_type=report_type, date_from=date_from, date_to=date_to, recipients=recipients)
    job_id = new_job_id()
    with sql.writing():
        _check_room(user_id)
        report = Report.objects.create(**row_of(order), owner_id=user_id, task_id=job_id)
        job = GenerateAdminReport(
            report_type=order.report_type,
            date_from=order.period.first,
            date_to=order.period.last,
            recipients=list(order.recipients),
            report_id=report.pk,
        )
        enqueue(job, owner_id=user_id, subject=f"report:{report.pk}", job_id=job_id)
    return report


def row_of(order: ReportOrder) -> dict[str, object]:
    """Return the fields of the row of an order."""
    return {
        "report_type": order.report_type,
        "date_from": order.period.first,
        "date_to": order.period.last,
        "time_zone": order.period.zone.key,
        "recipients": list(order.recipients),
    }


def _complain_of(recipients: Sequence[str]) -> list[str]:
    if len(recipients) > MAX_RECIPIENTS:
        return [f"These are {len(recipients):,} addresses; a report goes to {MAX_RECIPIENTS} at most."]
    return [complaint for address in recipients if (complaint := mail.complain_of_address(address))]


def _once_each(recipients: Sequence[str]) -> tuple[str, ...]:
    return tuple({mail.fold_address(address): address.strip() for address in recipients}.values())


def _check_room(user_id: int | None) -> None:
    """Refuse one more than may be on their way; the user's row is held, so that two at once are counted in turn."""
    if user_id is None:
        return
    list(get_user_model().objects.select_for_update(no_key=True).filter(pk=user_id).values_list("pk"))
    if Report.objects.filter(owner_id=user_id, state__in=UNFINISHED).count() >= MAX_UNFINISHED_REPORTS:
        raise TooManyReports(
            f"{MAX_UNFINISHED_REPORTS} of your reports are not finished. Wait until one of them is, or cancel one."
        )
