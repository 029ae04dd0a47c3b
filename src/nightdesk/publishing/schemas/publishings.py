"""Shapes of the endpoints that publish posts, and of what they tell afterwards."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from django.http import HttpRequest
from pydantic import Field, StringConstraints

from nightdesk.httpkit.schemas import MAX_NUMBER, MAX_ROW_ID, In, Out
from nightdesk.publishing.models import PublishRound
from nightdesk.publishing.services import MAX_ACCOUNTS, Entry, HistoryRow, Try, history, read_moment

StatusWord = Literal["pending", "processing", "success", "failed", "unconfirmed", "skipped", "missed"]

_MOST_ZONE_CHARS = 64
_MOST_URL_CHARS = 1_000

TimeZone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=_MOST_ZONE_CHARS),
    Field(description="The zone in which people meant the time, as `Europe/Berlin`."),
]
Moment = Annotated[
    datetime, Field(description="With its offset; or without one, as the clocks of `time_zone` show it.")
]
RowNumber = Annotated[int, Field(ge=1, le=MAX_ROW_ID)]


class PublishOptions(In):
    """Where a post is to go, and when. Name accounts, or platforms on which there is one account each."""

    platforms: list[Annotated[str, StringConstraints(max_length=40)]] = Field([], max_length=MAX_ACCOUNTS)
    accounts: list[RowNumber] = Field([], max_length=MAX_ACCOUNTS, description="Ids of accounts.")
    scheduled_at: Moment | None = Field(None, description="When; null: now.")
    time_zone: TimeZone = ""
    revision: Annotated[int, Field(ge=1, le=MAX_NUMBER)] | None = Field(
        None, description="The revision that you have seen: 409 `post_changed` if the post is not at it any more."
    )
    confirm_editing: Annotated[bool, Field(description="Publish although somebody else has it open in the editor.")] = (
        False
    )
    again: Annotated[
        bool, Field(description="Where an earlier version is out and cannot be changed: make a second post.")
    ] = False

    def to_order(self) -> dict[str, Any]:
        """Return it as the service takes it."""
        return {
            "platforms": self.platforms,
            "account_ids": self.accounts,
            "scheduled_at": None if self.scheduled_at is None else place_moment(self.scheduled_at, self.time_zone),
            "time_zone": self.time_zone,
            "revision": self.revision,
            "confirm_editing": self.confirm_editing,
            "again": self.again,
        }


class PublishIn(PublishOptions):
    """Which post is to go where."""

    post_id: RowNumber


class PublishTask(Out):
    """What becomes of one account. A skipped one has no task; `error` says why."""

    platform: str
    account_id: int
    account: str
    published_post_id: int
    task_id: UUID | None
    status: StatusWord
    error: str
    url: str

    @classmethod
    def from_entry(cls, entry: Entry) -> Self:
        """Build it from what the service says."""
        return cls(
            platform=entry.platform,
            account_id=entry.account_id,
            account=entry.account_name,
            published_post_id=entry.published_post_id,
            task_id=entry.task_id,
            status=entry.status,
            error=entry.error,
            url=entry.url,
        )


class Publishing(Out):
    """A round: one request to publish a post, with one task for each account."""

    post_id: int
    round_id: int
    message: str
    scheduled_at: datetime | None
    time_zone: str
    tasks: list[PublishTask]

    @classmethod
    def from_round(cls, found: PublishRound, entries: list[Entry]) -> Self:
        """Build it from a round and what became of its accounts."""
        begun = sum(entry.status != "skipped" for entry in entries)
        return cls(
            post_id=found.post_id,
            round_id=found.pk,
            message=f"{begun} of {len(entries)} publishing tasks submitted successfully",
            scheduled_at=found.scheduled_at,
            time_zone=found.time_zone,
            tasks=[PublishTask.from_entry(entry) for entry in entries],
        )


class TryOut(Out):
    """One run of a publishing's job."""

    number: int
    started_at: datetime | None
    finished_at: datetime | None
    outcome: str
    error: str

    @classmethod
    def from_try(cls, one: Try) -> Self:
        """Build it from a run."""
        return cls(
            number=one.number,
            started_at=one.started_at,
            finished_at=one.finished_at,
            outcome=one.outcome,
            error=one.error,
        )


class PublishingOut(Out):
    """A post on an account, in one revision: where it stands, and every attempt."""

    published_post_id: int
    round_id: int
    platform: str
    account_id: int
    account: str
    revision: int
    action: Literal["create", "update"]
    status: StatusWord
    task_id: UUID | None
    id: str = Field(description="The platform's id of the post.")
    url: str
    error: str
    error_code: str
    scheduled_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    removed_at: datetime | None
    progress: int
    message: str
    next_try_at: datetime | None
    attempts: list[TryOut]

    @classmethod
    def from_row(cls, found: HistoryRow) -> Self:
        """Build it from a publishing and what its job tells."""
        row = found.publishing
        same: dict[str, Any] = {
            name: getattr(row, name)
            for name in (
                *("round_id", "platform", "account_id", "revision", "action", "status", "task_id", "error"),
                *("error_code", "scheduled_at", "created_at", "finished_at", "removed_at"),
            )
        }
        return cls(
            **same,
            published_post_id=row.pk,
            account=row.account.name,
            id=row.remote_id,
            url=row.remote_url,
            progress=found.progress,
            message=found.message,
            next_try_at=found.next_try_at,
            attempts=[TryOut.from_try(one) for one in found.tries],
        )


class PublishHistory(Out):
    """Everything that was asked for of a post, the newest first."""

    post_id: int
    publishings: list[PublishingOut]


class ResolveIn(In):
    """How an unconfirmed publishing really ended: one of the two."""

    live_at: Annotated[str, StringConstraints(max_length=_MOST_URL_CHARS)] | None = Field(
        None, description="It is live, at this address; empty where it has none."
    )
    not_there: Annotated[bool, Field(description="It is not there: it is sent again.")] = False


class RescheduleIn(In):
    """Another time for what still waits of a round."""

    scheduled_at: Moment
    time_zone: TimeZone = ""


class UnpublishOut(Out):
    """The job that takes a post away."""

    task_id: UUID
    published_post_id: int


def place_moment(moment: datetime, time_zone: str) -> datetime:
    """Return a moment as the services take it: a local time of a named zone gets its offset.

    Raises:
        InvalidInput: there is no such zone, its clocks skip this time, or it is over.
    """
    if moment.tzinfo is not None or not time_zone:
        return moment
    return read_moment(text=moment.isoformat(), time_zone=time_zone)


def read_history(post_id: int) -> PublishHistory:
    """Return everything that was asked for of a post.

    Raises:
        PostNotFound.
    """
    rows = history(post_id=post_id)
    return PublishHistory(post_id=post_id, publishings=[PublishingOut.from_row(row) for row in rows])


def history_path(request: HttpRequest, post_id: int) -> str:
    """Return where the history of a post is, beside the address that was asked."""
    root = request.path.partition("/posts/")[0]
    return f"{root}/posts/{post_id}/publish-history"
