"""Rounds: one request to publish a post, which ends with the last of its publishings.

Whoever changes publishings locks in this order, or two wait for each other: the job (every ending of a run begins
with it), the post, the round, the publishing. SQLite locks no rows: whoever writes holds everything.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.publishing.errors import NewerIsThere, RoundNotFound
from nightdesk.publishing.jobs import ConcludeRound
from nightdesk.publishing.models import (
    UNSETTLED,
    Post,
    PostState,
    PublishedPost,
    PublishRound,
    Status,
)
from nightdesk.webhooks import services as webhooks

#: The event that webhooks hear of.
FINISHED: Final = "post.finished"
#: Ended, and certainly not out.
NOT_OUT: Final = (Status.FAILED, Status.MISSED, Status.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What became of one account of a round. `error` is for people; `url` is where the post can be seen."""

    platform: str
    account_id: int
    account_name: str
    published_post_id: int
    task_id: UUID | None
    status: str
    error: str
    url: str


def subject_of(post_id: int) -> str:
    """Name a post as the subject of its jobs."""
    return f"post:{post_id}"


def find_round(*, round_id: int, post_id: int | None = None) -> PublishRound:
    """Return a round; with `post_id`, of this post.

    Raises:
        RoundNotFound.
    """
    rounds = PublishRound.objects.select_related("post").filter(pk=round_id)
    found = (rounds if post_id is None else rounds.filter(post_id=post_id)).first()
    if found is None:
        raise RoundNotFound
    return found


def entries(*, round_id: int) -> list[Entry]:
    """Say what became of each account of a round, in the order in which it was asked for.

    Raises:
        RoundNotFound.
    """
    asked = find_round(round_id=round_id).asked
    ids = [one["publishing"] for one in asked]
    rows = PublishedPost.objects.select_related("account").in_bulk(ids)
    return [_entry(rows[one["publishing"]], one["said"]) for one in asked if one["publishing"] in rows]


def _entry(row: PublishedPost, said: str) -> Entry:
    return Entry(
        platform=row.platform,
        account_id=row.account_id,
        account_name=row.account.name,
        published_post_id=row.pk,
        task_id=None if said else row.task_id,
        status=Status.SKIPPED if said else Status(row.status),
        error=said or row.error,
        url=row.remote_url,
    )


def lock(*, post_id: int, round_id: int | None = None) -> None:
    """Lock a post and a round for the rest of the transaction, in this order."""
    list(Post.objects.select_for_update().filter(pk=post_id).values_list("pk"))
    if round_id is not None:
        list(PublishRound.objects.select_for_update().filter(pk=round_id).values_list("pk"))


def check_newest(*, row: PublishedPost) -> None:
    """Let an earlier version not be sent after a later one; its post is locked.

    Raises:
        NewerIsThere: a later one went there, may have, or is on its way.
    """
    later = PublishedPost.objects.filter(
        post_id=row.post_id, account_id=row.account_id, revision__gt=row.revision
    ).exclude(status__in=NOT_OUT)
    if later.exists():
        raise NewerIsThere


def follow(*, post_id: int, round_id: int) -> None:
    """Let round and post follow their publishings; both are locked. Safe to repeat."""
    is_open = PublishedPost.objects.filter(round_id=round_id, status__in=UNSETTLED).exists()
    if not is_open and PublishRound.objects.filter(pk=round_id, ended_at=None).update(ended_at=timezone.now()):
        asked_by = PublishRound.objects.values_list("asked_by_id", flat=True).get(pk=round_id)
        enqueue(ConcludeRound(round_id=round_id), owner_id=asked_by, subject=subject_of(post_id))
    follow_state(post_id=post_id)


def reopen(*, post_id: int, round_id: int) -> None:
    """Open a round again, because one of its publishings is tried again; post and round are locked."""
    PublishRound.objects.filter(pk=round_id).update(ended_at=None)
    follow_state(post_id=post_id)


def follow_state(*, post_id: int) -> bool:
    """Put the state of a post right: out somewhere, waiting for its time, or as people left it. Whether it changed."""
    rows = PublishedPost.objects.filter(post_id=post_id)
    if rows.filter(status=Status.SUCCESS, removed_at=None).exists():
        return _move(post_id, PostState.PUBLISHED)
    if rows.filter(status__in=UNSETTLED, scheduled_at__isnull=False).exists():
        return _move(post_id, PostState.SCHEDULED)
    moved = Post.objects.filter(pk=post_id, state__in=(PostState.SCHEDULED, PostState.PUBLISHED))
    return bool(moved.update(state=PostState.APPROVED))


def _move(post_id: int, state: PostState) -> bool:
    return bool(Post.objects.filter(pk=post_id).exclude(state=state).update(state=state))


def conclude_round(*, round_id: int) -> dict[str, Any]:
    """Tell how a round ended, to whoever listens outside; return it in numbers. A round that was reopened is not told.

    Raises:
        RoundNotFound: its post was deleted meanwhile.
    """
    with sql.writing():
        found = find_round(round_id=round_id)
        lock(post_id=found.post_id, round_id=round_id)
        found.refresh_from_db()
        told = entries(round_id=round_id)
        summary = {
            "post_id": found.post_id,
            "round_id": round_id,
            "published": sum(one.status == Status.SUCCESS for one in told),
            "total": len(told),
        }
        if found.ended_at is None:
            return summary
        PublishRound.objects.filter(pk=round_id).update(announced=found.announced + 1)
        told_outside = {"title": found.post.title, "publishings": [_describe_entry(entry) for entry in told]}
        webhooks.announce(event=FINISHED, data={**summary, **told_outside})
        return summary


def _describe_entry(entry: Entry) -> dict[str, Any]:
    return {
        "platform": entry.platform,
        "account": entry.account_name,
        "published_post_id": entry.published_post_id,
        "status": str(entry.status),
        "url": entry.url,
        "error": entry.error,
    }
