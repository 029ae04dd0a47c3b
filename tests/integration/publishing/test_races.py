"""Everything at once: endings, people and the clock change the same post, in one order of locks."""

import pytest

from nightdesk.core.errors import Conflict, Permanent
from nightdesk.engine.interrupts import FencedOff
from nightdesk.publishing import services
from nightdesk.publishing.models import PublishedPost, PublishRound
from tests.integration.engine.bench import race
from tests.integration.publishing.desk import TOMORROW, Desk, dying_run, raising

pytestmark = pytest.mark.django_db(transaction=True)


def test_endings_and_people_of_one_post_do_not_stand_in_each_others_way(desk: Desk) -> None:
    post = desk.write()
    desk.wordpress.on_prepare = raising(Permanent("No."))
    desk.publish(post, "wordpress")
    desk.drain()
    desk.wordpress.on_prepare = lambda: None
    failed = desk.row(post, "wordpress")
    made = desk.publish(post, "mastodon", "telegram")
    runs = [dying_run() for _ in range(2)]
    rows = [PublishedPost.objects.get(task_id=run.job_id) for run in runs]

    def retry() -> object:
        try:
            return services.retry_publishing(published_post_id=failed.pk, by=None)
        except Conflict:
            return None

    race(
        *(
            lambda row=row, run=run: services.deliver(published_post_id=row.pk, run=run)
            for row, run in zip(rows, runs, strict=True)
        ),
        retry,
        retry,
        lambda: services.publish(post_id=post.pk, asked_by=None, platforms=["journal"]),
        services.mend_scheduled,
    )
    desk.drain()

    assert desk.statuses(post) == dict.fromkeys(("wordpress", "mastodon", "telegram", "journal"), "success")
    assert [len(board.posts) for board in (desk.mastodon, desk.wordpress, desk.telegram)] == [1, 1, 1]
    made.refresh_from_db()
    assert (made.announced, PublishRound.objects.filter(ended_at=None).count()) == (1, 0)


def test_double_click_at_the_same_moment_is_one_job(desk: Desk) -> None:
    post = desk.write()
    accounts = [desk.account("mastodon").pk, desk.account("telegram").pk]
    rounds = race(*[lambda: services.publish(post_id=post.pk, asked_by=None, account_ids=accounts) for _ in range(4)])
    assert len({one.pk for one in rounds}) == 1
    desk.drain()
    assert (len(desk.mastodon.posts), len(desk.telegram.posts)) == (1, 1)


def test_time_is_moved_while_it_comes_and_is_cancelled(desk: Desk) -> None:
    post = desk.write()
    made = desk.publish(post, "mastodon", "telegram", scheduled_at=TOMORROW)
    row = desk.row(post, "mastodon")

    def move() -> object:
        try:
            return services.reschedule(round_id=made.pk, scheduled_at=TOMORROW, by=None)
        except Conflict:
            return None

    def cancel() -> object:
        try:
            return services.cancel_publishing(published_post_id=row.pk)
        except FencedOff:
            return None

    race(move, move, cancel, services.mend_scheduled)

    statuses = {one.platform: (one.status, one.scheduled_at) for one in PublishedPost.objects.all()}
    assert statuses["telegram"] == ("pending", TOMORROW)
    assert statuses["mastodon"][0] in {"pending", "skipped"}
