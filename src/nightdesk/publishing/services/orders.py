"""Asking for a post to be published: one publishing and one job for each account, in one round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from nightdesk.core.errors import Conflict, InvalidInput
from nightdesk.core.ids import new_job_id
from nightdesk.engine import sql
from nightdesk.engine.enqueue import enqueue
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.publishing.errors import BeingEdited, PostChanged
from nightdesk.publishing.jobs import PublishPost
from nightdesk.publishing.models import (
    UNSETTLED,
    Action,
    Health,
    PlatformAccount,
    Post,
    PublishedPost,
    PublishRound,
    Status,
)
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.accounts import accounts_shown, journal_account
from nightdesk.publishing.services.content import content_for
from nightdesk.publishing.services.editing import editor_of
from nightdesk.publishing.services.platforms import find_platform
from nightdesk.publishing.services.posts import find_post
from nightdesk.publishing.services.previews import render
from nightdesk.publishing.services.times import WINDOW, check_moment, read_zone

MAX_ACCOUNTS: Final = 100
#: How often a post that is saved again and again meanwhile is read anew.
_RACES: Final = 5

_AGAIN: Final = (Status.FAILED, Status.MISSED, Status.SKIPPED)
_RECONNECT: Final = "This account has to be reconnected first. Reconnect it, then publish again."
_DISCONNECTED: Final = "This account is disconnected. Connect it again, or choose another one."
_DECIDE_FIRST: Final = "It may be there already. Look at its publish history and say whether it is, then publish again."
_EARLIER_UNDECIDED: Final = (
    "An earlier version may be there. Look at its publish history and say whether it is, then publish again."
)
_EARLIER_ON_ITS_WAY: Final = "An earlier version is on its way there. Wait until that has ended, then publish again."
_TAKEN_AWAY: Final = "This version was there and was taken away. Change the post, then publish it again."


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for besides the post."""

    asked_by: int | None
    scheduled_at: datetime | None
    time_zone: str
    again: bool


@dataclass(slots=True)
class _Placing:
    """What becomes of the accounts of one request, collected while it is written down."""

    post: Post
    accounts: Sequence[PlatformAccount]
    wish: _Wish
    round: PublishRound
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[PlatformAccount, str]] = field(default_factory=list)
    joined: set[int] = field(default_factory=set)
    started: int = 0


def publish(
    *,
    post_id: int,
    asked_by: int | None,
    account_ids: Sequence[int] = (),
    platforms: Sequence[str] = (),
    scheduled_at: datetime | None = None,
    time_zone: str = "",
    revision: int | None = None,
    confirm_editing: bool = False,
    again: bool = False,
) -> PublishRound:
    """Accept a post for accounts, now or at a time: one publishing and one job each, in one transaction.

    What is on its way already is not asked for twice: a double click gets the same round. An account to which the post
    cannot go is skipped with a sentence while the others go. `revision` is what the caller has seen. `again`: where an
    earlier version is out on a platform that cannot change it, a second post is wanted.

    Raises:
        PostNotFound. PostChanged: the post is not at `revision` any more. BeingEdited: confirm it.
        InvalidInput: no account, an unknown or ambiguous one, a wrong time; or none of them can be published to, with
            details by platform.
    """
    moment = _check_time(scheduled_at, time_zone)
    wish = _Wish(asked_by, moment, time_zone, again)
    accounts = _find_accounts(account_ids, platforms)
    for _ in range(_RACES):
        post = find_post(post_id=post_id)
        _check_post(post, wish, revision=revision, confirm_editing=confirm_editing)
        complaints = {account.pk: _complain(post, account) for account in accounts}
        with sql.writing():
            rounds.lock(post_id=post_id)
            if Post.objects.filter(pk=post_id, revision=post.revision).exists():
                return _place(post, accounts, complaints, wish)
    raise PostChanged


def _check_time(scheduled_at: datetime | None, time_zone: str) -> datetime | None:
    read_zone(time_zone)
    if scheduled_at is None:
        return None
    moment = check_moment(moment=scheduled_at)
    return None if moment <= timezone.now() else moment


def _check_post(post: Post, wish: _Wish, *, revision: int | None, confirm_editing: bool) -> None:
    if revision is not None and revision != post.revision:
        raise PostChanged
    if not confirm_editing and (name := editor_of(post_id=post.pk, besides=wish.asked_by)) is not None:
        who = name or "Somebody"
        raise BeingEdited(
            f"{who} is editing this post just now. Ask them to finish, or confirm that you want to go on."
        )
    if post.unpublish_at is not None and post.unpublish_at <= (wish.scheduled_at or timezone.now()):
        raise InvalidInput(
            details={"unpublish_at": ["The post is to be taken away before that. Change one of the two times."]}
        )


# ---- which accounts


def _find_accounts(account_ids: Sequence[int], platforms: Sequence[str]) -> list[PlatformAccount]:
    """Return the accounts that were named, each once, in that order."""
    if not account_ids and not platforms:
        raise InvalidInput(details={"platforms": ["Choose at least one account to publish to."]})
    if len(account_ids) + len(platforms) > MAX_ACCOUNTS:
        raise InvalidInput(details={"accounts": [f"Choose at most {MAX_ACCOUNTS} accounts at once."]})
    known = PlatformAccount.objects.in_bulk(list(account_ids))
    unknown = [str(one) for one in account_ids if one not in known]
    details: dict[str, list[str]] = {}
    if unknown:
        details["accounts"] = [f"There is no account {one}. Look at the list of accounts." for one in unknown]
    found = [known[one] for one in account_ids if one in known]
    for name in platforms:
        try:
            found.append(_only_account(name))
        except InvalidInput as exc:
            for at, said in exc.details.items():
                details.setdefault(at, []).extend(said)
    if details:
        raise InvalidInput(details=details)
    return list({account.pk: account for account in found}.values())


def _only_account(name: str) -> PlatformAccount:
    title = _name_platform(name)
    if name == Platform.JOURNAL:
        return journal_account()
    accounts = list(accounts_shown().filter(platform=name)[:20])
    if not accounts:
        raise InvalidInput(details={"platforms": [f"There is no account on {title}. Connect one first."]})
    if len(accounts) > 1:
        which = ", ".join(f"{account.pk} ({account.name})" for account in accounts)
        raise InvalidInput(
            details={"platforms": [f"There are several accounts on {title}. Name one in `accounts`: {which}."]}
        )
    return accounts[0]


def _name_platform(name: str) -> str:
    try:
        return find_platform(name).info.title
    except InvalidInput as exc:
        raise InvalidInput(details={"platforms": exc.details.get("platform", [exc.public_message])}) from None


def _complain(post: Post, account: PlatformAccount) -> str:
    """Say in words why a post cannot go to an account as both stand; "" where it can. No network."""
    if account.disconnected_at is not None:
        return _DISCONNECTED
    if account.health == Health.RECONNECT:
        return _RECONNECT
    rendering = render(content=content_for(post=post, revision=post.revision, account=account), account=account)
    return " ".join(one.message for one in rendering.complaints if one.is_blocking)


# ---- what becomes of each


def _place(post: Post, accounts: Sequence[PlatformAccount], complaints: dict[int, str], wish: _Wish) -> PublishRound:
    made = PublishRound.objects.create(
        post=post,
        revision=post.revision,
        asked_by_id=wish.asked_by,
        scheduled_at=wish.scheduled_at,
        time_zone=wish.time_zone,
    )
    placing = _Placing(post, accounts, wish, made)
    for account in accounts:
        _place_one(placing, account, complaints[account.pk])
    return _keep(placing) if placing.started else _join(placing)


def _keep(placing: _Placing) -> PublishRound:
    """Write the round down, with those that were skipped."""
    for account, said in placing.refused:
        row = _rows(placing, account).filter(revision=placing.post.revision).first() or _make_row(
            placing, account, status=Status.SKIPPED, error=said, error_code="skipped", finished_at=timezone.now()
        )
        placing.asked.append({"account": account.pk, "publishing": row.pk, "said": said})
    order = {account.pk: number for number, account in enumerate(placing.accounts)}
    placing.round.asked = sorted(placing.asked, key=lambda one: order[one["account"]])
    placing.round.save(update_fields=["asked"])
    rounds.follow_state(post_id=placing.post.pk)
    return placing.round


def _join(placing: _Placing) -> PublishRound:
    """Nothing was begun: it is on its way already, or nothing can be.

    Raises:
        InvalidInput: with details by platform.
    """
    if not placing.refused:
        placing.round.delete()
        return PublishRound.objects.get(pk=max(placing.joined))
    details: dict[str, list[str]] = {}
    for account, said in placing.refused:
        details.setdefault(account.platform, []).append(said)
    raise InvalidInput(details=details)


def _place_one(placing: _Placing, account: PlatformAccount, complaint: str) -> None:
    """Begin one publishing, join the one that is on its way, or note why there is none."""
    rows = _rows(placing, account)
    row = rows.filter(revision=placing.post.revision).first()
    if row is not None and row.status in UNSETTLED:
        _join_one(placing, account, row)
        return
    try:
        _check_may_go(row, complaint)
        action, replaces = _choose_action(placing, account, rows)
    except Conflict as exc:
        placing.refused.append((account, exc.public_message))
        return
    job_id = new_job_id()
    if row is None:
        row = _make_row(placing, account, action=action, replaces=replaces, task_id=job_id)
    else:
        thaw(row=row)
        row.round, row.action, row.replaces = placing.round, action, replaces
        row.scheduled_at, row.task_id = placing.wish.scheduled_at, job_id
        if not put_in_line(row=row):
            raise PostChanged
    ask(row=row, job_id=job_id, owner_id=placing.wish.asked_by)
    placing.asked.append({"account": account.pk, "publishing": row.pk, "said": ""})
    placing.started += 1


def _join_one(placing: _Placing, account: PlatformAccount, row: PublishedPost) -> None:
    if row.scheduled_at != placing.wish.scheduled_at and row.status == Status.PENDING:
        when = "as soon as it can" if row.scheduled_at is None else f"at {row.scheduled_at:%d %B %Y %H:%M} UTC"
        said = f"It goes there {when} already. Change its time in the calendar, or cancel it there first."
        placing.refused.append((account, said))
        return
    placing.joined.add(row.round_id)
    placing.asked.append({"account": account.pk, "publishing": row.pk, "said": ""})


def _check_may_go(row: PublishedPost | None, complaint: str) -> None:
    """Let only what can go there go, and only what did not go out go again.

    Raises:
        Conflict: with the sentence to show.
    """
    if row is not None and row.status == Status.UNCONFIRMED:
        raise Conflict(_DECIDE_FIRST)
    if row is not None and row.status == Status.SUCCESS:
        where = f": {row.remote_url}" if row.remote_url else "."
        raise Conflict(_TAKEN_AWAY if row.removed_at else f"This version is there already{where}")
    if complaint:
        raise Conflict(complaint)


def _choose_action(
    placing: _Placing, account: PlatformAccount, rows: QuerySet[PublishedPost]
) -> tuple[Action, PublishedPost | None]:
    """Decide between a new post and a change of the one that is out.

    Raises:
        Conflict: with the sentence to show.
    """
    earlier = rows.exclude(revision=placing.post.revision)
    if earlier.filter(status__in=UNSETTLED).exists():
        raise Conflict(_EARLIER_ON_ITS_WAY)
    if earlier.filter(status=Status.UNCONFIRMED).exists():
        raise Conflict(_EARLIER_UNDECIDED)
    out = earlier.filter(status=Status.SUCCESS, removed_at=None).order_by("-revision").first()
    if out is None:
        return Action.CREATE, None
    info = find_platform(account.platform).info
    if info.can_update and out.remote_id:
        return Action.UPDATE, out
    if placing.wish.again:
        return Action.CREATE, None
    raise Conflict(
        f"An earlier version is there, and {info.title} cannot change it. Say that you want a second post there."
    )


def _rows(placing: _Placing, account: PlatformAccount) -> QuerySet[PublishedPost]:
    return PublishedPost.objects.filter(post=placing.post, account=account)


def _make_row(placing: _Placing, account: PlatformAccount, **fields: Any) -> PublishedPost:
    return PublishedPost.objects.create(
        post=placing.post,
        account=account,
        platform=account.platform,
        revision=placing.post.revision,
        round=placing.round,
        key=make_key(placing.post, account.pk, placing.post.revision),
        scheduled_at=placing.wish.scheduled_at,
        **fields,
    )


# ---- what other services of publishings use


def make_key(post: Post, account_id: int, revision: int) -> str:
    """Make the key under which a platform sees one publishing, whatever job carries it: a-z, 0-9 and hyphens.

    It stays when the publishing follows its post to a later revision.
    """
    return f"{post.public_id}-{account_id}-{revision}"


def ask(*, row: PublishedPost, job_id: UUID, owner_id: int | None) -> None:
    """Enqueue the job of a publishing, which has its id already; a scheduled one is not begun after its window."""
    enqueue(
        PublishPost(published_post_id=row.pk),
        owner_id=owner_id,
        subject=rounds.subject_of(row.post_id),
        run_at=row.scheduled_at,
        start_before=row.scheduled_at + WINDOW if row.scheduled_at else None,
        job_id=job_id,
    )


def put_in_line(*, row: PublishedPost) -> bool:
    """Let a publishing that did not go out wait for its job again; False: somebody was quicker. Its post is locked."""
    fields = ("round", "revision", "action", "replaces", "task_id", "scheduled_at", "frozen_at", "first_sent_at")
    changes = {name: getattr(row, name) for name in fields}
    waiting = PublishedPost.objects.filter(pk=row.pk, status__in=(*_AGAIN, Status.UNCONFIRMED))
    return bool(
        waiting.update(
            **changes,
            payload=row.payload,
            pictures=row.pictures,
            status=Status.PENDING,
            error="",
            error_code="",
            finished_at=None,
            updated_at=timezone.now(),
        )
    )


def thaw(*, row: PublishedPost) -> None:
    """Let a publishing that failed for certain be frozen anew: as post and account stand by then.

    Where something of it lies on the platform already, a draft or a picture, it goes out as it was.
    """
    if row.prepared or row.first_sent_at is not None:
        return
    row.payload, row.pictures, row.frozen_at = {}, [], None
