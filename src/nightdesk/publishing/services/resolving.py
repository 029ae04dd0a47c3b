"""What a person decides about one publishing: try it again, say how it ended, cancel it."""

from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone

from nightdesk.core.errors import Conflict, InvalidInput, NotFound
from nightdesk.core.ids import new_job_id
from nightdesk.engine import actions, sql
from nightdesk.engine.models import Job
from nightdesk.engine.states import State
from nightdesk.publishing.errors import NothingToRetry, NotInQuestion, PublishingNotFound
from nightdesk.publishing.models import UNSETTLED, Action, Post, PublishedPost, Status
from nightdesk.publishing.models.posts import MAX_URL_CHARS
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.orders import ask, put_in_line, thaw

_RETRIED: Final = (Status.FAILED, Status.MISSED, Status.SKIPPED)
_REOPENED: Final = (State.FAILED, State.CANCELLED, State.EXPIRED)


def find_publishing(*, published_post_id: int, post_id: int | None = None) -> PublishedPost:
    """Return a publishing; with `post_id`, of this post.

    Raises:
        PublishingNotFound.
    """
    found = PublishedPost.objects.select_related("post", "account", "round").filter(pk=published_post_id)
    row = (found if post_id is None else found.filter(post_id=post_id)).first()
    if row is None:
        raise PublishingNotFound
    return row


def retry_publishing(*, published_post_id: int, by: int | None) -> PublishedPost:
    """Try a publishing again that failed, was missed or was skipped: now, on this account only.

    Where nothing of it lies on the platform yet, the post goes there as it is by now; else as it was frozen.

    Raises:
        PublishingNotFound. NothingToRetry: it has succeeded, or is on its way. NotInQuestion: decide how it ended first.
        NewerIsThere: a later revision was sent there.
    """
    row = find_publishing(published_post_id=published_post_id)
    if row.status not in _RETRIED:
        raise _refusal(row)
    with sql.writing():
        job_id, is_same = row.task_id, _reopen_job(row)  # the job before all others
        rounds.lock(post_id=row.post_id, round_id=row.round_id)
        row = find_publishing(published_post_id=published_post_id)
        if row.status not in _RETRIED or row.task_id != job_id:
            raise _refusal(row)
        rounds.check_newest(row=row)
        thaw(row=row)
        if row.frozen_at is None and row.action == Action.CREATE:
            _carry_newest(row)
        row.scheduled_at = None
        _begin_again(row, is_same=is_same, by=by)
    return find_publishing(published_post_id=published_post_id)


def resolve_publishing(
    *, published_post_id: int, by: int | None, live_at: str | None = None, not_there: bool = False
) -> PublishedPost:
    """Say how an unconfirmed publishing ended: it is live, at this address ("" where it has none), or it is not there.

    What is not there is sent again.

    Raises:
        PublishingNotFound. NotInQuestion: it is not unconfirmed.
        InvalidInput: neither or both were said, or the address is none.
    """
    address = _check_decision(live_at, not_there)
    row = find_publishing(published_post_id=published_post_id)
    if row.status != Status.UNCONFIRMED:
        raise NotInQuestion
    with sql.writing():
        if address is None:
            _send_again(row, by)
        else:
            _call_live(row, address, by)
    return find_publishing(published_post_id=published_post_id)


def cancel_publishing(*, published_post_id: int) -> PublishedPost:
    """Cancel a publishing that is on its way: at once while it waits, else its run is told to stop. Safe to repeat.

    Raises:
        PublishingNotFound.
    """
    row = find_publishing(published_post_id=published_post_id)
    if row.status in UNSETTLED and row.task_id is not None:
        actions.cancel(job_id=row.task_id)
    return find_publishing(published_post_id=published_post_id)


# ---- trying again


def _refusal(row: PublishedPost) -> Conflict:
    if row.status == Status.UNCONFIRMED:
        return NotInQuestion("It may be there already. Look there, then say whether it is; it is sent again if not.")
    return NothingToRetry()


def _carry_newest(row: PublishedPost) -> None:
    """Let a publishing of which nothing is frozen carry the post as it is now."""
    revision = Post.objects.values_list("revision", flat=True).get(pk=row.post_id)
    taken = PublishedPost.objects.filter(post_id=row.post_id, account_id=row.account_id, revision=revision)
    if revision != row.revision and not taken.exists():
        row.revision = revision  # under its own key still: nothing was sent under it that could be there


def _reopen_job(row: PublishedPost, *, confirm: str | None = None) -> bool:
    """Send its job back into line, if it is still there and can be; else it gets a new one."""
    if row.task_id is None:
        return False
    try:
        actions.retry(job_id=row.task_id, confirm=confirm)
    except (NotFound, Conflict):
        return False
    return True


def _begin_again(row: PublishedPost, *, is_same: bool, by: int | None) -> None:
    job_id = row.task_id if is_same else None
    row.task_id = job_id or new_job_id()
    if not put_in_line(row=row):
        raise NothingToRetry
    if job_id is None:
        ask(row=row, job_id=row.task_id, owner_id=by)
    rounds.reopen(post_id=row.post_id, round_id=row.round_id)


# ---- saying how it ended


def _check_decision(live_at: str | None, not_there: bool) -> str | None:
    if (live_at is None) != not_there:
        raise InvalidInput(
            details={"live_at": ["Say either that it is live, with its address, or that it is not there."]}
        )
    if live_at is None:
        return None
    address = live_at.strip()
    parts = urlsplit(address)
    if address and (parts.scheme not in {"http", "https"} or not parts.netloc or len(address) > MAX_URL_CHARS):
        raise InvalidInput(details={"live_at": ["Give the address of the post, like https://example.com/post."]})
    return address


def _call_live(row: PublishedPost, address: str, by: int | None) -> None:
    if row.task_id is not None and Job.objects.filter(pk=row.task_id, state=State.UNKNOWN).exists():
        actions.decide(job_id=row.task_id, done=True)
    rounds.lock(post_id=row.post_id, round_id=row.round_id)
    _change(
        row,
        (Status.UNCONFIRMED, Status.SUCCESS),
        status=Status.SUCCESS,
        remote_url=address,
        error="",
        error_code="",
        decided_by_id=by,
        finished_at=timezone.now(),
    )
    rounds.follow(post_id=row.post_id, round_id=row.round_id)


def _send_again(row: PublishedPost, by: int | None) -> None:
    is_same = _reopen_job(row, confirm="not_done")
    rounds.lock(post_id=row.post_id, round_id=row.round_id)
    mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id, status=Status.UNCONFIRMED)
    if not mine.exists():  # decided by somebody else since we looked: it may have been sent again meanwhile
        raise NotInQuestion
    row.first_sent_at = None
    row.scheduled_at = None
    _begin_again(row, is_same=is_same, by=by)
    PublishedPost.objects.filter(pk=row.pk).update(decided_by_id=by)


def _change(row: PublishedPost, states: tuple[Status, ...], **changes: Any) -> None:
    mine = PublishedPost.objects.filter(pk=row.pk, task_id=row.task_id, status__in=states)
    if not mine.update(**changes, updated_at=timezone.now()):
        raise NotInQuestion
