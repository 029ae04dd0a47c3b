"""One person's jobs: what needs them, what happens now, what ended. The frame of every page counts them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from nightdesk.accounts.models import User
from nightdesk.engine.models import Job
from nightdesk.engine.states import FINISHED, UNFINISHED, State
from nightdesk.images.jobs import ProcessUploadedImage
from nightdesk.mail.jobs import SendMailBatch
from nightdesk.publishing.jobs import CheckAccount, PublishPost
from nightdesk.publishing.models import PublishedPost, Status
from nightdesk.web.subjects import Subject, find_subjects

#: What nobody looked at for so long is no longer waiting for anybody.
NEEDS_YOU: Final = timedelta(days=7)
#: More than this is a list, not a glance: the page of all activity has the rest.
GLANCE: Final = 8
#: What begins within this time counts as under way.
SOON: Final = timedelta(minutes=1)
_SEEN: Final = "bell_seen_at"
_TROUBLED: Final = (State.FAILED, State.UNKNOWN)
#: Ends that everybody expects within a second, thirty pictures that were read are not thirty notices; and what became of
#: a post on each account, which is told once for all of them when its round ends.
_QUIET: Final = frozenset({ProcessUploadedImage.kind.name, CheckAccount.kind.name})
_TOLD_TOGETHER: Final = PublishPost.kind.name
#: Jobs that are parts of another: whoever asked for the whole is told of the whole.
_PARTS: Final = (SendMailBatch.kind.name,)
_ROUTINE: Final = Q(kind__in=sorted(_QUIET), state=State.SUCCEEDED) | Q(kind=_TOLD_TOGETHER)


@dataclass(frozen=True, slots=True)
class Row:
    """A job with the thing that it is about."""

    job: Job
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the frame of a page counts: jobs under way, and ends that were not looked at yet."""

    unfinished: int
    news: int


@dataclass(frozen=True, slots=True)
class Ends:
    """How many jobs ended in which way."""

    done: int
    failed: int
    stopped: int


def count_jobs(user: User, session: SessionBase) -> Counts:
    """Count one person's jobs that are under way and those that ended since the bell was last opened; one query."""
    found = (
        Job.objects.filter(owner_id=user.pk)
        .exclude(kind__in=_PARTS)
        .aggregate(
            unfinished=Count("id", filter=Q(state__in=UNFINISHED) & ~_planned()),
            news=Count("id", filter=Q(finished_at__gt=_seen_at(user, session), state__in=FINISHED) & ~_ROUTINE),
        )
    )
    return Counts(found["unfinished"], found["news"])


def _planned() -> Q:
    """Match posts that wait for a time of their own: they stand in the calendar, and are no work under way."""
    return Q(kind=_TOLD_TOGETHER, state=State.WAITING, runs=0, run_at__gt=timezone.now() + SOON)


def is_routine(job: Job) -> bool:
    """Tell whether a job's end is worth no notice."""
    return job.kind in (_TOLD_TOGETHER, *_PARTS) or (job.kind in _QUIET and job.state == State.SUCCEEDED)


def mark_seen(session: SessionBase) -> None:
    """Remember that everything up to now was looked at."""
    session[_SEEN] = timezone.now().isoformat()


def _seen_at(user: User, session: SessionBase) -> datetime:
    return parse_datetime(session.get(_SEEN, "")) or user.last_login or user.date_joined


def jobs_of(user: User) -> QuerySet[Job]:
    """One person's jobs, newest first, without those that are parts of another."""
    return Job.objects.filter(owner_id=user.pk).exclude(kind__in=_PARTS).order_by("-id")


def find_troubled(user: User) -> list[Row]:
    """List what needs this person: jobs that failed or are in doubt, unless the same thing was asked for again since.

    A post goes to several accounts at once: there it counts how each of them stands now, whichever job brought that.
    """
    later = Job.objects.filter(subject=OuterRef("subject"), id__gt=OuterRef("id"), kind=OuterRef("kind"))
    jobs = jobs_of(user).filter(state__in=_TROUBLED, finished_at__gt=timezone.now() - NEEDS_YOU)
    stands = PublishedPost.objects.filter(task_id=OuterRef("id"), status__in=(Status.FAILED, Status.UNCONFIRMED))
    of_posts = Q(kind=_TOLD_TOGETHER)
    return with_subjects(
        jobs.filter((of_posts & Exists(stands)) | (~of_posts & (Q(subject="") | ~Exists(later))))[:GLANCE]
    )


def find_unfinished(user: User) -> list[Row]:
    """List what happens now, newest first."""
    return with_subjects(jobs_of(user).filter(state__in=UNFINISHED).exclude(_planned())[:GLANCE])


def find_ended(user: User) -> list[Row]:
    """List what ended last and is worth a notice."""
    return with_subjects(jobs_of(user).filter(state__in=FINISHED).exclude(_ROUTINE).order_by("-finished_at")[:GLANCE])


def count_ends(user: User) -> Ends:
    """Count how this person's jobs ended since midnight, in the installation's time zone."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = dict(
        jobs_of(user).filter(finished_at__gte=midnight).values_list("state").annotate(count=Count("id")).order_by()
    )
    troubled = sum(counts.get(state, 0) for state in _TROUBLED)
    done = counts.get(State.SUCCEEDED, 0)
    return Ends(done, troubled, sum(counts.values()) - done - troubled)


def with_subjects(jobs: Iterable[Job]) -> list[Row]:
    """Put each job beside the thing that it is about."""
    kept = list(jobs)
    subjects = find_subjects(kept)
    return [Row(job, subjects.get(job.id)) for job in kept]
