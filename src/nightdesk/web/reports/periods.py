"""Periods that people ask for by name."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included."""

    name: str
    word: str | Promise
    date_from: date
    date_to: date


def list_periods(today: date) -> list[Period]:
    """List the periods to choose from. One that is not over ends today: what is to come has no numbers."""
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return [
        Period("this_month", _("This month"), month, today),
        Period("last_month", _("Last month"), last_month, month - timedelta(days=1)),
        Period("this_quarter", _("This quarter"), quarter, today),
        Period("this_year", _("This year"), today.replace(month=1, day=1), today),
        Period("last_12_months", _("Last 12 months"), _year_before(today) + timedelta(days=1), today),
    ]


def _year_before(day: date) -> date:
    most = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, most))
