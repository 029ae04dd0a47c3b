from datetime import date

import pytest

from nightdesk.web.reports.periods import list_periods


@pytest.mark.parametrize(
    ("today", "periods"),
    [
        (
            date(2026, 11, 25),
            {
                "this_month": ("2026-11-01", "2026-11-25"),
                "last_month": ("2026-10-01", "2026-10-31"),
                "this_quarter": ("2026-10-01", "2026-11-25"),
                "this_year": ("2026-01-01", "2026-11-25"),
                "last_12_months": ("2025-11-26", "2026-11-25"),
            },
        ),
        (
            date(2028, 2, 29),
            {
                "this_month": ("2028-02-01", "2028-02-29"),
                "last_month": ("2028-01-01", "2028-01-31"),
                "this_quarter": ("2028-01-01", "2028-02-29"),
                "this_year": ("2028-01-01", "2028-02-29"),
                "last_12_months": ("2027-03-01", "2028-02-29"),
            },
        ),
        (
            date(2027, 1, 1),
            {
                "this_month": ("2027-01-01", "2027-01-01"),
                "last_month": ("2026-12-01", "2026-12-31"),
                "this_quarter": ("2027-01-01", "2027-01-01"),
                "this_year": ("2027-01-01", "2027-01-01"),
                "last_12_months": ("2026-01-02", "2027-01-01"),
            },
        ),
    ],
)
def test_periods_end_today_or_before(today: date, periods: dict[str, tuple[str, str]]) -> None:
    found = {one.name: (one.date_from.isoformat(), one.date_to.isoformat()) for one in list_periods(today)}
    assert found == periods
