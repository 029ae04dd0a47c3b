"""What is sent is written down before the first call, so that every run of a publishing sends the same."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.utils import timezone
from django.utils.text import slugify

from nightdesk.core.errors import Transient
from nightdesk.engine.run import Run
from nightdesk.providers.publishing.protocol import Content, Order, Picture
from nightdesk.publishing.errors import Superseded, Unpublishable
from nightdesk.publishing.models import UNSETTLED, PublishedPost, Status
from nightdesk.publishing.services import rounds
from nightdesk.publishing.services.content import content_for
from nightdesk.publishing.services.previews import render

#: The words of a title in an address.
_MOST_WORDS_CHARS: Final = 60
#: A scheduled post may be saved while its job begins; more often than this in a row it is not.
_RACES: Final = 5


def begin(*, row: PublishedPost, run: Run) -> PublishedPost:
    """Take a publishing for this run: processing, and frozen if it was not before. One guarded, fenced write.

    Raises:
        Superseded: another job has it. Unpublishable: the post cannot go there as it stands.
        NewerIsThere: its job was sent back into line by its own button, and a later revision was sent meanwhile.
    """
    for number in range(_RACES):
        frozen = {} if row.frozen_at else _freeze(row)
        if _take(row, run, frozen, number):
            return PublishedPost.objects.select_related("post", "account", "replaces").get(pk=row.pk)
        row = PublishedPost.objects.select_related("post", "account", "replaces").get(pk=row.pk)
        if row.task_id != run.job_id or row.status == Status.SUCCESS:
            raise Superseded
    raise Transient("The post was changed again and again just now. It will be tried again.")


def _take(row: PublishedPost, run: Run, frozen: Mapping[str, Any], number: int) -> bool:
    taken: list[int] = []

    def save(_: object) -> None:
        is_reopened = row.status not in UNSETTLED  # by the job's own button: its publishing has ended before
        if is_reopened:
            rounds.lock(post_id=row.post_id, round_id=row.round_id)
            if row.first_sent_at is None:  # of what may be out, it is only looked whether it is
                rounds.check_newest(row=row)
        mine = PublishedPost.objects.filter(
            pk=row.pk, task_id=run.job_id, revision=row.revision, frozen_at=row.frozen_at
        ).exclude(status=Status.SUCCESS)
        count = mine.update(
            **frozen, status=Status.PROCESSING, error="", error_code="", finished_at=None, updated_at=timezone.now()
        )
        taken[:] = [count]
        if count and is_reopened:
            rounds.reopen(post_id=row.post_id, round_id=row.round_id)

    run.step(f"begin:{run.number}:{number}", lambda: None, save=save)
    return bool(taken and taken[0])


def _freeze(row: PublishedPost) -> dict[str, Any]:
    content = content_for(post=row.post, revision=row.revision, account=row.account)
    rendering = render(content=content, account=row.account)
    if rendering.is_blocked:
        raise Unpublishable(" ".join(one.message for one in rendering.complaints if one.is_blocking))
    return {
        "payload": dict(rendering.payload),
        "pictures": [asdict(picture) for picture in _pictures(content).values()],
        "slug": _make_slug(row, content.title),
        "frozen_at": timezone.now(),
    }


def _pictures(content: Content) -> dict[str, Picture]:
    cover = {content.cover.asset_id: content.cover} if content.cover else {}
    return {**content.pictures, **cover}


def _make_slug(row: PublishedPost, title: str) -> str:
    """Make the last part of its address: no other publishing on the account has it, so it can be found by it."""
    words = slugify(title)[:_MOST_WORDS_CHARS].strip("-") or "post"
    slug = f"{words}-{row.post.public_id}"
    others = PublishedPost.objects.filter(post_id=row.post_id, account_id=row.account_id, frozen_at__isnull=False)
    return f"{slug}-{row.revision}" if others.exclude(pk=row.pk).exists() else slug


def order_of(*, row: PublishedPost) -> Order:
    """Return a publishing as its adapter sees it.

    Raises:
        ValueError: it is not frozen.
    """
    if row.frozen_at is None:
        raise ValueError(f"publishing {row.pk} is not frozen")
    return Order(
        key=row.key,
        slug=row.slug,
        frozen_at=row.frozen_at,
        payload=row.payload,
        pictures={one["asset_id"]: Picture(**one) for one in row.pictures},
        first_sent_at=row.first_sent_at,
    )
