"""Mails in lists: where each stands, and what can be done with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import UNFINISHED, State
from nightdesk.httpkit.actors import Actor
from nightdesk.mail import jobs as kinds
from nightdesk.mail import services
from nightdesk.mail.models import BulkMail, MailState, OutboxMail
from nightdesk.web.mail.states import CATEGORIES, STATES

#: Kinds whose job sends one mail.
_SINGLE: Final = frozenset(
    {kinds.SendNotificationEmail.kind.name, kinds.SendWelcomeEmail.kind.name, kinds.SendMail.kind.name}
)
_BULK: Final = kinds.SendBulkNotificationEmails.kind.name
_TRYABLE: Final = (MailState.FAILED, MailState.CANCELLED, MailState.SKIPPED)
#: States in which the last thing that was said about a mail is still so.
_TOLD: Final = (MailState.QUEUED, MailState.FAILED, MailState.UNKNOWN, MailState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Line:
    """A mail with the job that sends it; None: it is gone, or sends many. `may_act`: whether this reader may do more."""

    mail: OutboxMail
    job: Job | None
    may_act: bool

    @property
    def is_retrying(self) -> bool:
        """Whether it was tried and is to be tried again."""
        return self.mail.state == MailState.QUEUED and self.mail.attempts > 0

    @property
    def look(self) -> str:
        """Shape and colour."""
        return "late" if self.is_retrying else STATES[self.mail.state][0]

    @property
    def word(self) -> Promise:
        """The state in a word."""
        return _("Trying again") if self.is_retrying else STATES[self.mail.state][1]

    @property
    def category(self) -> Promise:
        """What it is for, in a word."""
        return CATEGORIES[self.mail.category]

    @property
    def error(self) -> str:
        """What went wrong, or why it was not sent, in words."""
        return self.mail.last_error if self.mail.state in _TOLD else ""

    @property
    def can_retry(self) -> bool:
        """Whether it may be sent again."""
        return self.may_act and self.mail.state in _TRYABLE

    @property
    def can_cancel(self) -> bool:
        """Whether it can still be stopped."""
        return self.may_act and self.mail.state == MailState.QUEUED

    @property
    def in_doubt(self) -> bool:
        """Whether a person has to say how it ended, and this one may."""
        return self.may_act and self.mail.state == MailState.UNKNOWN

    @property
    def is_unfinished(self) -> bool:
        """Whether the live feed should look after its job."""
        return self.job is not None and State(self.job.state) in UNFINISHED

    @property
    def stamp(self) -> str:
        """Changes whenever the line looks different."""
        version = self.job.version if self.job is not None else 0
        return f"{self.mail.state}-{self.mail.attempts}-{self.mail.doubts}-{version}"


def find_lines(actor: Actor, mails: Iterable[OutboxMail]) -> list[Line]:
    """Put each mail beside its job; one query. A mail of a mailing stands alone: its job sends a hundred."""
    kept = list(mails)
    ids = [mail.task_id for mail in kept if mail.task_id and mail.bulk_id is None]
    jobs = visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(ids) if ids else {}
    return [
        Line(
            mail,
            jobs.get(mail.task_id) if mail.task_id and mail.bulk_id is None else None,
            services.may_act_on(mail=mail, user_id=actor.user_id, is_operator=actor.operator),
        )
        for mail in kept
    ]


def say_mail(job: Job) -> tuple[str, str | Promise] | None:
    """Return look and words for how the mail of a job has ended; None: it sends none, or the mail is gone. One query."""
    if job.kind not in _SINGLE:
        return None
    state = OutboxMail.objects.filter(task_id=job.pk).values_list("state", flat=True).first()
    return STATES[state] if state is not None else None


def mails_of(jobs: Iterable[Job]) -> dict[UUID, tuple[str, str]]:
    """Return what the mails of these jobs are called and where they are shown, by the jobs' ids.

    One query for mails and one for mailings, each only where a job sends some.
    """
    kept = list(jobs)
    single = [job.pk for job in kept if job.kind in _SINGLE]
    bulk = [job.pk for job in kept if job.kind == _BULK]
    found: dict[UUID, tuple[str, str]] = {}
    if single:
        for pk, task_id, subject in OutboxMail.objects.filter(task_id__in=single).values_list(
            "pk", "task_id", "subject"
        ):
            if task_id is not None:
                found[task_id] = (subject, reverse("web:mail", args=[pk]))
    if bulk:
        for task_id, subject in BulkMail.objects.filter(task_id__in=bulk).values_list("task_id", "subject"):
            found[task_id] = (subject, reverse("web:mailing", args=[task_id]))
    return found
