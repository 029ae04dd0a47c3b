"""Publishing by the clock: times that are changed, times that were missed, posts whose time is over."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from nightdesk.core.errors import InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql, transitions
from nightdesk.engine.models import Job
from nightdesk.engine.queries import error_of
from nightdesk.engine.states import FINISHED, State
from nightdesk.publishing.errors import NotMovable, NotOut
from nightdesk.publishing.models import UNSETTLED, Post, PostState, PublishedPost, PublishRound, Status
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.endings import missed_words, settle
from nightdesk.publishing.services.orders import ask
from nightdesk.publishing.services.platforms import find_platform
from nightdesk.publishing.services.removing import STILL_THERE, unpublish
from nightdesk.publishing.services.times import WINDOW, check_moment, read_zone

#: How many rows one mending looks at; what is left over is seen by the next, five minutes later.
_MOST: Final = 500


def reschedule(*, round_id: int, scheduled_at: datetime, time_zone: str = "", by: int | None) -> PublishRound:
    """Give what still waits of a round another time: new jobs, and the old ones cancelled, in one transaction.

    Raises:
        RoundNotFound. InvalidInput: the time is wrong. NotMovable: nothing of it waits for its time any more.
    """
    read_zone(time_zone)
    moment = check_moment(moment=scheduled_at)
    found = rounds.find_round(round_id=round_id)
    if found.post.unpublish_at is not None and found.post.unpublish_at <= moment:
        raise InvalidInput(
            details={"scheduled_at": ["The post is to be taken away before that. Change one of the two times."]}
        )
    waiting = PublishedPost.objects.filter(round_id=round_id, status=Status.PENDING, scheduled_at__isnull=False)
    with sql.writing():
        held = _hold_waiting([one for one in waiting.values_list("task_id", flat=True) if one])
        rounds.lock(post_id=found.post_id, round_id=round_id)
        moved = [_move(row, moment, by) for row in waiting.filter(task_id__in=held)]
        if not moved:
            raise NotMovable
        PublishRound.objects.filter(pk=round_id).update(scheduled_at=moment, time_zone=time_zone)
    return rounds.find_round(round_id=round_id)


def _hold_waiting(job_ids: list[UUID]) -> list[UUID]:
    """Lock those of these jobs that still wait, before anything that hangs on them."""
    held = Job.objects.select_for_update().filter(pk__in=job_ids, state=State.WAITING, runs=0).order_by("pk")
    return list(held.values_list("pk", flat=True))


def _move(row: PublishedPost, moment: datetime, by: int | None) -> UUID:
    """Hand a publishing over to a new job; the old one's end does not concern it any more."""
    old, row.task_id, row.scheduled_at = row.task_id, new_job_id(), moment
    PublishedPost.objects.filter(pk=row.pk).update(task_id=row.task_id, scheduled_at=moment, updated_at=timezone.now())
    ask(row=row, job_id=row.task_id, owner_id=by)
    if old is not None:
        transitions.cancel_waiting(old)
    return row.task_id


# ---- what is mended every five minutes


def mend_scheduled() -> dict[str, int]:
    """Put right what a death or a lost hook may have left, and take away what has expired; return what was done.

    Each row in a transaction of its own, each guarded: safe to repeat, and beside everything else.
    """
    return {
        "mended": sum(_mend(row) for row in _astray()),
        "concluded": sum(_conclude(found) for found in _unconcluded()),
        "removed": sum(_expire(row) for row in _expired()),
        "states": sum(_put_right(post_id) for post_id in _wrong_states()),
    }


def _astray() -> list[PublishedPost]:
    """Return publishings that should still move and whose job will not move them."""
    rows = list(PublishedPost.objects.filter(status__in=UNSETTLED).order_by("pk")[: _MOST * 20])
    states = dict(Job.objects.filter(pk__in=[row.task_id for row in rows if row.task_id]).values_list("pk", "state"))
    return [row for row in rows if row.task_id not in states or states[row.task_id] in FINISHED][:_MOST]


def _mend(row: PublishedPost) -> bool:
    job = Job.objects.filter(pk=row.task_id).first() if row.task_id else None
    with sql.writing():
        if job is not None:  # it has ended, and its hook failed
            return settle(row=row, state=job.state, error=error_of(job))
        rounds.lock(post_id=row.post_id, round_id=row.round_id)
        if row.scheduled_at and row.scheduled_at + WINDOW < timezone.now() and row.first_sent_at is None:
            return _give_up(row)
        job_id = new_job_id()
        mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id, status__in=UNSETTLED)
        if not mine.update(task_id=job_id, updated_at=timezone.now()):
            return False
        ask(row=row, job_id=job_id, owner_id=None)
    return True


def _give_up(row: PublishedPost) -> bool:
    mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id, status__in=UNSETTLED)
    now = timezone.now()
    if not mine.update(
        status=Status.MISSED, error=missed_words(), error_code="missed", finished_at=now, updated_at=now
    ):
        return False
    rounds.follow(post_id=row.post_id, round_id=row.round_id)
    return True


def _unconcluded() -> list[PublishRound]:
    """Return rounds that have not ended although nothing of them is on its way."""
    busy = PublishedPost.objects.filter(status__in=UNSETTLED).values("round_id")
    return list(PublishRound.objects.filter(ended_at=None).exclude(pk__in=busy).order_by("pk")[:_MOST])


def _conclude(found: PublishRound) -> bool:
    with sql.writing():
        rounds.lock(post_id=found.post_id, round_id=found.pk)
        rounds.follow(post_id=found.post_id, round_id=found.pk)
    return True


def _expired() -> list[PublishedPost]:
    """Return what is out although its post's time is over, where the platform lets us take it away."""
    out = PublishedPost.objects.filter(status=Status.SUCCESS, removed_at=None, post__unpublish_at__lte=timezone.now())
    out = out.exclude(error_code=STILL_THERE).exclude(remote_id="")
    platforms = set(out.values_list("platform", flat=True))
    deletable = [platform for platform in platforms if find_platform(platform).info.can_delete]
    return list(out.filter(platform__in=deletable).order_by("pk")[:_MOST])


def _expire(row: PublishedPost) -> bool:
    try:
        unpublish(published_post_id=row.pk, by=None)
    except NotOut:  # somebody was quicker
        return False
    return True


def _wrong_states() -> list[int]:
    out = PublishedPost.objects.filter(status=Status.SUCCESS, removed_at=None).values("post_id")
    waiting = PublishedPost.objects.filter(status__in=UNSETTLED, scheduled_at__isnull=False).values("post_id")
    wrong = (
        Q(pk__in=out) & ~Q(state=PostState.PUBLISHED)
        | ~Q(pk__in=out) & Q(state=PostState.PUBLISHED)
        | ~Q(pk__in=waiting) & Q(state=PostState.SCHEDULED)
    )
    return list(Post.objects.filter(wrong).order_by("pk").values_list("pk", flat=True)[:_MOST])


def _put_right(post_id: int) -> bool:
    with sql.writing():
        rounds.lock(post_id=post_id)
        return rounds.follow_state(post_id=post_id)
