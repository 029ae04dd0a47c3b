"""The publishing desk as the tests of its services use it."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from nightdesk.engine import testing
from nightdesk.engine.models import Job
from nightdesk.providers.publishing.protocol import Platform
from nightdesk.publishing import services
from nightdesk.publishing.jobs import PublishPost
from nightdesk.publishing.models import Health, PlatformAccount, Post, PublishedPost, PublishRound
from tests.integration.engine.bench import must_take
from tests.support.publishing import Board, DyingRun, Killed, rescue_all

TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


class Desk:
    """An account on each board, and posts."""

    def __init__(self, mastodon: Board, wordpress: Board, telegram: Board) -> None:
        self.mastodon, self.wordpress, self.telegram = mastodon, wordpress, telegram
        self._accounts: dict[str, PlatformAccount] = {}

    def board(self, platform: str) -> Board:
        return {"mastodon": self.mastodon, "wordpress": self.wordpress, "telegram": self.telegram}[platform]

    def account(self, platform: str, **fields: Any) -> PlatformAccount:
        """Give the account on a platform, or make another one with these fields."""
        if fields or platform not in self._accounts:
            given = {"name": platform.title(), "health": Health.OK, **fields}
            self._accounts.setdefault(platform, PlatformAccount.objects.create(platform=platform, **given))
            return PlatformAccount.objects.filter(platform=platform).latest("pk")
        return self._accounts[platform]

    def write(self, body: str = "A lamp that dims itself.", title: str = "Quiet light") -> Post:
        return services.create_post(author_id=None, fields={"title": title, "body": body})

    def change(self, post: Post, body: str) -> Post:
        post.refresh_from_db()
        return services.save_post(post_id=post.pk, base_revision=post.revision, changes={"body": body}, author_id=None)

    def publish(self, post: Post, *platforms: str, **options: Any) -> PublishRound:
        accounts = [self.account(platform).pk for platform in platforms]
        return services.publish(post_id=post.pk, asked_by=None, account_ids=accounts, **options)

    def order(self, *platforms: str, **options: Any) -> tuple[Post, PublishedPost]:
        """Publish a new post; return it with its first publishing."""
        post = self.write()
        self.publish(post, *platforms, **options)
        return post, self.row(post)

    def row(self, post: Post, platform: str | None = None) -> PublishedPost:
        """Read the newest publishing of a post."""
        rows = PublishedPost.objects.filter(post=post).order_by("revision", "pk")
        found = (rows.filter(platform=platform) if platform else rows).last()
        assert found is not None
        return found

    def statuses(self, post: Post) -> dict[str, str]:
        return dict(PublishedPost.objects.filter(post=post).order_by("revision").values_list("platform", "status"))

    def drain(self) -> None:
        """Run what is due, and what is only put off by a failed look or a pause, until nothing waits but the scheduled."""
        for _ in range(40):
            soon = timezone.now() + timedelta(hours=12)
            waiting = Job.objects.filter(state="waiting", runs__gt=0, run_at__lt=soon)
            waiting.update(run_at=timezone.now() - timedelta(seconds=1))
            if not testing.drain():
                return
        raise AssertionError("this never ends")

    def die(self, point: str) -> None:
        """Run the next publishing in a process that dies at this point, and let its job be rescued."""
        run = dying_run(point)
        row = PublishedPost.objects.get(task_id=run.job_id)
        with pytest.raises(Killed):
            services.deliver(published_post_id=row.pk, run=run)
        assert rescue_all() == ([run.job_id] if point != "after the finish" else [])


def dying_run(point: str = "") -> DyingRun:
    """Claim the next publishing as a run that dies at this point."""
    from nightdesk.engine.pulse import Standing

    testing._line_up()
    claimed = must_take(PublishPost)
    run = DyingRun(claimed, PublishPost.kind, Standing(claimed.id, claimed.token, 0))
    run.point = point
    return run


def raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def job_of(row: PublishedPost) -> Job:
    assert row.task_id is not None
    return Job.objects.get(pk=row.task_id)


def time_of(job_id: uuid.UUID | None) -> datetime:
    assert job_id is not None
    return Job.objects.get(pk=job_id).run_at


__all__ = ["TOMORROW", "Desk", "Platform", "dying_run", "job_of", "raising", "time_of"]
