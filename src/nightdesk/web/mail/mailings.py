"""Bulk mailings: how far each has come, and in which words its end is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import ngettext

from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import UNFINISHED, State
from nightdesk.httpkit.actors import Actor
from nightdesk.mail import services
from nightdesk.mail.models import UNFINISHED as UNFINISHED_MAIL
from nightdesk.mail.models import BulkMail, MailState, OutboxMail
from nightdesk.web.mail.states import STATES

#: More than these is a list of its own.
GLANCE: Final = 5
#: In this order the mails of a mailing are listed: first what needs somebody.
_ORDER: Final = (
    MailState.UNKNOWN,
    MailState.FAILED,
    MailState.SENDING,
    MailState.QUEUED,
    MailState.SKIPPED,
    MailState.CANCELLED,
    MailState.SENT,
    MailState.KEPT,
)
#: What is always told, 0 included.
_ALWAYS: Final = (MailState.SENT, MailState.SKIPPED, MailState.FAILED, MailState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Share:
    """How many mails of a mailing stand in one state."""

    state: str
    count: int

    @property
    def look(self) -> str:
        """Shape and colour."""
        return STATES[self.state][0]

    @property
    def word(self) -> Promise:
        """The state in a word."""
        return STATES[self.state][1]


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mailing with its mails counted by state, and the job of the whole; None: it is gone."""

    row: BulkMail
    counts: Mapping[str, int]
    job: Job | None

    @property
    def open(self) -> int:
        """How many mails are still to be sent."""
        return sum(self.counts[state] for state in UNFINISHED_MAIL)

    @property
    def done(self) -> int:
        """How many have ended, one way or another."""
        return self.row.total - self.open

    @property
    def is_unfinished(self) -> bool:
        """Whether its job goes on."""
        return self.job is not None and State(self.job.state) in UNFINISHED

    @property
    def shares(self) -> list[Share]:
        """The states with their counts; those that say nothing are left out."""
        named = [state for state in STATES if self.counts[state] or state in _ALWAYS]
        return [Share(state, self.counts[state]) for state in named]

    @property
    def look(self) -> str:
        """Shape and colour of the whole."""
        return "running" if self.is_unfinished else _judge(self.counts)

    @property
    def summary(self) -> str:
        """`480 of 500 sent`."""
        return say_counts(self.counts, self.row.total)

    @property
    def address(self) -> str:
        """Its page."""
        return reverse("web:mailing", args=[self.row.task_id])

    @property
    def stamp(self) -> str:
        """Changes whenever it looks different."""
        version = self.job.version if self.job is not None else 0
        return f"{version}-{'-'.join(str(self.counts[state]) for state in STATES)}"


def find_mailings(actor: Actor, rows: Iterable[BulkMail]) -> list[Mailing]:
    """Count the mails of mailings, and put each beside its job; two queries, none without rows."""
    kept = list(rows)
    if not kept:
        return []
    counts = services.count_states(bulk_ids=[row.pk for row in kept])
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk([row.task_id for row in kept])
    return [Mailing(row, counts[row.pk], jobs.get(row.task_id)) for row in kept]


def mailings_seen(actor: Actor) -> QuerySet[BulkMail]:
    """Give the mailings that this reader may see, newest first, without what their mails are filled with."""
    rows = services.mailings_shown(user_id=actor.user_id, is_operator=actor.operator)
    return rows.defer("sealed_context")


def order_mails(mails: QuerySet[OutboxMail]) -> QuerySet[OutboxMail]:
    """Put what needs somebody first: unknown ones, then failed ones, then what is still to be sent."""
    places = [When(state=state, then=Value(place)) for place, state in enumerate(_ORDER)]
    return mails.order_by(Case(*places, default=Value(len(_ORDER)), output_field=IntegerField()), "pk")


def say_end(job_id: UUID) -> tuple[str, str] | None:
    """Return look and words for how a mailing has ended; None: there is none of this job. Two queries."""
    row = BulkMail.objects.defer("sealed_context").filter(task_id=job_id).first()
    if row is None:
        return None
    counts = services.count_states(bulk_ids=[row.pk])[row.pk]
    return _judge(counts), say_counts(counts, row.total)


def say_counts(counts: Mapping[str, int], total: int) -> str:
    """Say how many of a mailing were sent; where nothing leaves the house, how many are kept in it."""
    sent, kept = counts[MailState.SENT], counts[MailState.KEPT]
    if kept and not sent:
        words = ngettext("%(count)s of %(total)s kept here", "%(count)s of %(total)s kept here", total)
        return words % {"count": kept, "total": total}
    words = ngettext("%(count)s of %(total)s sent", "%(count)s of %(total)s sent", total)
    return words % {"count": sent + kept, "total": total}


def _judge(counts: Mapping[str, int]) -> str:
    reached = counts[MailState.SENT] + counts[MailState.KEPT]
    if counts[MailState.UNKNOWN]:
        return "unsure"
    if counts[MailState.FAILED]:
        return "late" if reached else "failed"
    return "done" if reached else "ended"
