"""How a round of publishing stands, account by account: shape, word, what happens now, and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from nightdesk.engine.models import Job
from nightdesk.engine.queries import visible_jobs
from nightdesk.engine.states import UNFINISHED, State
from nightdesk.httpkit.actors import Actor
from nightdesk.providers.publishing.protocol import AccountRefused
from nightdesk.publishing import services
from nightdesk.publishing.models import UNSETTLED, Post, PublishedPost, PublishRound, Status
from nightdesk.web.posts.accounts import GLYPHS
from nightdesk.web.posts.places import Place

_TRYABLE: Final = (Status.FAILED, Status.MISSED)


@dataclass(frozen=True, slots=True)
class Line:
    """One account of a round. `said`: why it was left out of this round although it is known there."""

    row: PublishedPost
    job: Job | None
    said: str = ""

    @property
    def glyph(self) -> str:
        """Two letters that stand for the platform."""
        return GLYPHS[self.row.platform]

    @property
    def name(self) -> str:
        """How people know the account."""
        return self.row.account.handle or self.row.account.name

    @property
    def platform(self) -> str:
        """The platform in words."""
        return services.find_platform(self.row.platform).info.title

    @property
    def is_moving(self) -> bool:
        """Whether a job is still at it."""
        return not self.said and self.row.status in UNSETTLED

    @property
    def is_retrying(self) -> bool:
        """Whether it was tried and waits for its next attempt."""
        return self.is_moving and self.job is not None and self.job.state == State.WAITING and self.job.runs > 0

    @property
    def look(self) -> str:
        """Shape and colour."""
        if self.said:
            return "ended"
        return "late" if self.is_retrying else Place(self.row).look

    @property
    def word(self) -> str | Promise:
        """The state in a few words."""
        if self.said:
            return gettext_lazy("Skipped")
        if self.is_retrying and self.job is not None:
            return _say_retry(self.job)
        if self.row.status == Status.PROCESSING and self.job is not None and self.job.message:
            return self.job.message
        return Place(self.row).word

    @property
    def error(self) -> str:
        """What went wrong and what to do, in words."""
        return self.said or self.row.error

    @property
    def elapsed_s(self) -> float | None:
        """How long it has taken; None: it has not begun."""
        job = self.job
        if self.said or job is None or job.started_at is None:
            return None
        return ((job.finished_at or timezone.now()) - job.started_at).total_seconds()

    @property
    def needs_reconnecting(self) -> bool:
        """Whether its account does not let us in any more."""
        return self.row.error_code == AccountRefused.code

    @property
    def can_retry(self) -> bool:
        """Whether it may be tried again by itself."""
        return not self.said and self.row.status in _TRYABLE

    @property
    def can_cancel(self) -> bool:
        """Whether it can still be stopped."""
        return self.is_moving

    @property
    def can_take_down(self) -> bool:
        """Whether it is out on a platform where it can be taken away."""
        is_out = self.row.status == Status.SUCCESS and self.row.removed_at is None
        return is_out and services.find_platform(self.row.platform).info.can_delete

    @property
    def in_doubt(self) -> bool:
        """Whether a person has to say how it ended."""
        return not self.said and self.row.status == Status.UNCONFIRMED

    @property
    def version(self) -> int:
        """The version of its job, for the live feed."""
        return self.job.version if self.job is not None else 0

    @property
    def stamp(self) -> str:
        """Changes whenever the line looks different."""
        return f"{self.version}-{self.row.updated_at.timestamp()}-{self.row.status}-{self.row.removed_at is not None}"

    @property
    def is_unfinished(self) -> bool:
        """Whether the live feed should look after its job."""
        return self.job is not None and State(self.job.state) in UNFINISHED


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """A round with its accounts."""

    round: PublishRound
    lines: list[Line]

    @property
    def published(self) -> int:
        """On how many accounts it is out."""
        return sum(line.row.status == Status.SUCCESS for line in self.lines)

    @property
    def is_open(self) -> bool:
        """Whether something still moves."""
        return any(line.is_moving for line in self.lines)

    @property
    def summary(self) -> str:
        """`3 of 4 published`, never "failed" while some are out."""
        return say_published(self.published, len(self.lines))

    @property
    def stamp(self) -> str:
        """Changes whenever the summary does."""
        return f"{self.published}-{len(self.lines)}-{self.is_open}-{self.round.scheduled_at}"

    @property
    def address(self) -> str:
        """Where it is fetched anew."""
        return reverse("web:publish_status", args=[self.round.post_id, self.round.pk])


def say_published(published: int, total: int) -> str:
    """Say how many accounts have a post."""
    words = ngettext("%(published)s of %(total)s published", "%(published)s of %(total)s published", total)
    return words % {"published": published, "total": total}


def say_round(result: Mapping[str, Any]) -> tuple[str, str]:
    """Return look and word of a round that has ended: never "failed" while it is out somewhere."""
    published, total = result["published"], result["total"]
    look = "done" if published == total else "late" if published else "failed"
    return look, say_published(published, total)


def find_status(actor: Actor, post: Post, round_id: int | None = None) -> RoundStatus | None:
    """Say how a round stands, by default the latest one of the post; None: it was never published. Three queries."""
    rounds = PublishRound.objects.filter(post=post).order_by("-pk")
    found = (rounds.filter(pk=round_id) if round_id is not None else rounds).first()
    return RoundStatus(found, find_lines(actor, found)) if found is not None else None


def find_lines(actor: Actor, found: PublishRound) -> list[Line]:
    """List the accounts of a round in the order in which they were asked for."""
    asked = {one["publishing"]: one["said"] for one in found.asked}
    rows = PublishedPost.objects.filter(Q(pk__in=asked) | Q(round=found)).select_related("account")
    by_id = {row.pk: row for row in rows.defer("payload", "prepared", "pictures")}
    jobs = find_jobs(actor, list(by_id.values()))
    ids = [*(pk for pk in asked if pk in by_id), *(pk for pk in sorted(by_id) if pk not in asked)]
    return [_line(by_id[pk], jobs, asked.get(pk, "")) for pk in ids]


def find_jobs(actor: Actor, rows: list[PublishedPost]) -> dict[UUID, Job]:
    """Return the jobs that move these publishings, as far as the reader may see them."""
    ids = [row.task_id for row in rows if row.task_id]
    return visible_jobs(user_id=actor.user_id, operator=actor.operator).in_bulk(ids) if ids else {}


def _line(row: PublishedPost, jobs: dict[UUID, Job], said: str) -> Line:
    shown_error = said if said and said != row.error else ""
    return Line(row, jobs.get(row.task_id) if row.task_id else None, shown_error)


def _say_retry(job: Job) -> str:
    left_s = max(0, round((job.run_at - timezone.now()).total_seconds()))
    words = gettext("Retrying in %(seconds)s s, attempt %(number)s")
    return words % {"seconds": left_s, "number": job.runs + 1}
