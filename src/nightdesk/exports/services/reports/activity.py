"""The report about what is done here: who did what, and how the work in the background ended."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Case, F, Q, Value, When

from nightdesk.activity.models import Activity, Source
from nightdesk.activity.services import title_of
from nightdesk.engine.models import Job
from nightdesk.engine.states import FINISHED, State
from nightdesk.exports.services.reports.counting import count_by, count_by_day, limit_rows, rank
from nightdesk.exports.services.reports.datasets import (
    Part,
    Tell,
    as_words,
    make_series,
    make_table,
    make_total,
    sum_all,
    tabulate,
)
from nightdesk.exports.services.reports.periods import Period

#: Rows of a table of people: more belongs into an export.
MAX_PEOPLE: Final = 50
NOBODY: Final = "Nobody: the clock, a service, or a shell"

#: Who is gone is told apart by the name of then. Who is here may have had several, and is one person. A command has the name
#: of an account of the machine, such as root, and is nobody of ours.
NAME_OF_GONE: Final = Case(When(~Q(source=Source.SHELL), actor=None, then=F("actor_name")), default=Value(""))
#: What somebody did, here or gone.
BY_SOMEBODY: Final = Q(actor__isnull=False) | (~Q(actor_name="") & ~Q(source=Source.SHELL))

_SOURCES: Final = {
    Source.PAGE: "Pages",
    Source.API: "API",
    Source.ADMIN: "Admin",
    Source.SHELL: "Shell",
    Source.SCHEDULE: "Schedule",
    Source.LINK: "Links in mails",
}
_NOT_DONE: Final = FINISHED - {State.SUCCEEDED}


def count_activity(*, period: Period, tell: Tell) -> Part:
    """Count what was done in these days, by day, by what, by whom and by which way; and how jobs ended."""
    tell("Counting what was done")
    rows = Activity.objects.all()
    done = count_by_day(rows, "at", period, by="source")
    actions = [(str(title_of(action)), count) for action, count in count_by(rows, "at", period, "action")]
    tell("Counting who did it")
    people, known = count_people(period=period)
    tell("Counting jobs")
    jobs = count_by_day(Job.objects.filter(state__in=FINISHED), "finished_at", period, by="state")
    return Part(
        totals=[
            make_total("Things done", sum_all(done)),
            make_total("People who did something", known),
            make_total("Jobs that succeeded", sum_all(jobs, [State.SUCCEEDED])),
            make_total("Jobs that did not succeed", sum_all(jobs, _NOT_DONE)),
        ],
        series=[
            make_series("What was done", "things done", done, period),
            make_series("Jobs that succeeded", "jobs", jobs, period, [State.SUCCEEDED]),
            make_series("Jobs that did not succeed", "jobs", jobs, period, _NOT_DONE),
        ],
        tables=[
            make_table("What was done", ["What", "Times"], rank(_sum(actions).items())),
            make_table("Who did it", ["Who", "Things done"], people),
            tabulate("By which way", ["Way", "Things done"], done, name_source),
            tabulate("How jobs ended", ["End", "Jobs"], jobs, as_words),
        ],
        notes=[
            f"What was done is kept for {settings.ACTIVITY_DAYS} days, most jobs for 30 days after their end.",
            "Days before that show what is left.",
        ],
    )


def count_people(*, period: Period) -> tuple[list[list[Any]], int]:
    """Return [name, things done] for each person, the busiest first, and how many people there are."""
    named = Activity.objects.annotate(gone=NAME_OF_GONE)
    counted = count_by(named, "at", period, "actor_id", "gone")
    names = _name_users(actor for actor, _, _ in counted if actor is not None)
    found = [(names.get(actor, gone) or NOBODY, count) for actor, gone, count in counted]
    rows: list[list[Any]] = [list(pair) for pair in rank(found)]
    is_person = [bool(actor is not None or gone) for actor, gone, _ in counted]
    return limit_rows(rows, MAX_PEOPLE, "Everybody else"), sum(is_person)


def name_source(source: str) -> str:
    """Name a way in."""
    return _SOURCES.get(Source(source), source) if source in Source.values else source


def _name_users(ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    users = get_user_model().objects.only("pk", "first_name", "last_name", "email")
    return {user.pk: user.get_full_name() for user in users if user.pk in wanted}


def _sum(pairs: list[tuple[str, int]]) -> Counter[str]:
    """Add what people call by one name."""
    summed: Counter[str] = Counter()
    for name, count in pairs:
        summed[name] += count
    return summed
