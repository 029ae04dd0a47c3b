"""Orders for the journal, frozen as the desk freezes them, and the journal asked as the desk asks it."""

from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from nightdesk.providers.publishing.protocol import Connection, Content, Order, Picture, Published
from nightdesk.publishing.models import PlatformAccount, Post, PublishedPost, PublishRound
from nightdesk.publishing.services.journal import Journal
from tests.support.platforms.desk import RecordedDesk

CONNECTION: Final = Connection(account_id=1, credentials={})
JOURNAL: Final = Journal()


def make_content(title: str = "Quiet mornings", body: str = "It **boils**.", **more: Any) -> Content:
    """Make the content of a post."""
    return Content(title=title, body=body, **more)


def make_order(content: Content, *, post: Post | None = None, key: str = "", at: datetime | None = None) -> Order:
    """Order a post for the journal, with the rows that stand behind an order."""
    post = post or Post.objects.create(title=content.title, body=content.body)
    number = PublishedPost.objects.filter(post=post).count() + 1
    account, _ = PlatformAccount.objects.get_or_create(platform="journal", defaults={"name": "Journal"})
    payload = JOURNAL.render(content, CONNECTION).payload
    frozen_at = at or timezone.now()
    row = PublishedPost.objects.create(
        post=post,
        account=account,
        platform="journal",
        revision=number,
        round=PublishRound.objects.create(post=post, revision=number),
        key=key or f"row-{post.pk}-{number}",
        payload=payload,
        frozen_at=frozen_at,
        status="processing",
    )
    return Order(key=row.key, slug="", frozen_at=frozen_at, payload=payload)


def publish(content: Content, *, post: Post | None = None, at: datetime | None = None) -> Published:
    """Publish a post in the journal."""
    return JOURNAL.commit(make_order(content, post=post, at=at), {}, CONNECTION, RecordedDesk())


def picture(asset_id: str, alt: str = "A cup") -> Picture:
    """Describe a picture of a post."""
    return Picture(
        asset_id=asset_id, alt=alt, content_type="image/png", width=8, height=8, size_bytes=100, sha256="0" * 64
    )
