"""The report about people: who joined, who came in, and what they may do."""

from collections import Counter
from typing import Any, Final

from django.contrib.auth import get_user_model

from nightdesk.activity.models import Activity
from nightdesk.exports.services.reports.activity import BY_SOMEBODY, NAME_OF_GONE, count_people
from nightdesk.exports.services.reports.counting import count_by_day, count_distinct_by_day, rank, within
from nightdesk.exports.services.reports.datasets import (
    Part,
    Tell,
    as_words,
    make_series,
    make_table,
    make_total,
    sum_all,
)
from nightdesk.exports.services.reports.periods import Period

MAX_NEW: Final = 100
_SIGN_INS: Final = ("sign_in", "sign_in.link")
_FAILED: Final = "sign_in.failed"


def count_users(*, period: Period, tell: Tell) -> Part:
    """Count who joined and who came in on these days, and by what they may do now."""
    tell("Counting people")
    users = get_user_model().objects.all()
    joined = count_by_day(users, "date_joined", period)
    tell("Counting sign-ins")
    came = Activity.objects.filter(action__in=(*_SIGN_INS, _FAILED))
    sign_ins = count_by_day(came, "at", period, by="action")
    somebody = Activity.objects.filter(BY_SOMEBODY)
    active = count_distinct_by_day(somebody, "at", period, "actor_id", NAME_OF_GONE)
    busiest, people = count_people(period=period)
    return Part(
        totals=[
            make_total("People at the end", users.filter(date_joined__lt=period.end).count()),
            make_total("Joined", sum_all(joined)),
            make_total("Did something", people),
            make_total("Sign-ins", sum_all(sign_ins, _SIGN_INS)),
            make_total("Failed sign-ins", sum_all(sign_ins, [_FAILED])),
        ],
        series=[
            make_series("People who joined", "people", joined, period),
            make_series("People who did something", "people", active, period),
            make_series("Sign-ins", "sign-ins", sign_ins, period, _SIGN_INS),
            make_series("Failed sign-ins", "failed sign-ins", sign_ins, period, [_FAILED]),
        ],
        tables=[
            _tell_apart("By role, today", "Role", "role"),
            _tell_apart("By state, today", "State", "status"),
            make_table("Who joined", ["Name", "Address", "Role", "Day"], _list_new(period)),
            make_table("Who did most", ["Who", "Things done"], busiest),
        ],
        notes=["Roles and states are those of the moment at which the report was made."],
    )


def _tell_apart(name: str, column: str, field: str) -> Any:
    counted = Counter(as_words(value) for value in get_user_model().objects.values_list(field, flat=True))
    return make_table(name, [column, "People"], rank(counted.items()))


def _list_new(period: Period) -> list[list[Any]]:
    rows = within(get_user_model().objects.all(), "date_joined", period).order_by("date_joined", "pk")
    found = [
        [
            user.get_full_name(),
            user.email,
            as_words(user.role),
            user.date_joined.astimezone(period.zone).date().isoformat(),
        ]
        for user in rows[: MAX_NEW + 1]
    ]
    if len(found) <= MAX_NEW:
        return found
    return [*found[: MAX_NEW - 1], [f"And {rows.count() - MAX_NEW + 1:,} more", "", "", ""]]
