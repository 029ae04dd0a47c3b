"""Publishing by the clock: at its time, moved, missed, mended, and taken away again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from nightdesk.core.errors import InvalidInput, Permanent
from nightdesk.engine import testing, transitions
from nightdesk.engine.models import Effect, Job
from nightdesk.publishing import services
from nightdesk.publishing.errors import NotMovable
from nightdesk.publishing.jobs import PublishScheduledContent
from nightdesk.publishing.models import Post, PublishedPost, PublishRound
from nightdesk.publishing.tasks import publish_scheduled_content
from tests.integration.publishing.desk import TOMORROW, Desk, job_of, raising, time_of

pytestmark = pytest.mark.django_db

LATER = TOMORROW + timedelta(hours=5)


def let_pass(row: PublishedPost, by: timedelta) -> None:
    """Move everything of a publishing into the past, as if so much time had gone by."""
    job = job_of(row)
    assert job.start_before is not None
    Job.objects.filter(pk=job.pk).update(run_at=job.run_at - by, start_before=job.start_before - by)
    PublishedPost.objects.filter(pk=row.pk).update(scheduled_at=row.scheduled_at and row.scheduled_at - by)


def test_scheduled_post_goes_out_at_its_time_as_it_then_is(desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW, time_zone="Europe/Berlin")
    job = job_of(row)
    assert (job.run_at, job.start_before) == (TOMORROW, TOMORROW + timedelta(days=2))
    post.refresh_from_db()
    assert post.state == "scheduled"
    desk.drain()
    assert desk.mastodon.calls == []
    desk.change(post, "A better text.")

    let_pass(row, timedelta(days=1, minutes=1))
    desk.drain()

    row.refresh_from_db()
    post.refresh_from_db()
    assert (row.status, row.revision, post.state) == ("success", 2, "published")
    assert desk.mastodon.posts[0][1]["body"] == "A better text."


def test_post_whose_window_has_passed_is_missed_and_not_sent(desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW)
    let_pass(row, timedelta(days=4))

    assert transitions.expire_late(10) == 1
    desk.drain()

    row.refresh_from_db()
    post.refresh_from_db()
    assert (row.status, row.error_code, desk.mastodon.calls, post.state) == ("missed", "missed", [], "approved")
    services.retry_publishing(published_post_id=row.pk, by=None)
    desk.drain()
    row.refresh_from_db()
    assert row.status == "success"


@pytest.mark.parametrize("moment", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)])
def test_times_that_make_no_sense_are_refused(moment: datetime, desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW)
    acts: tuple[Callable[[], object], ...] = (
        lambda: desk.publish(post, "telegram", scheduled_at=moment),
        lambda: services.reschedule(round_id=row.round_id, scheduled_at=moment, by=None),
    )
    for act in acts:
        with pytest.raises(InvalidInput) as refused:
            act()
        assert list(refused.value.details) == ["scheduled_at"]
    with pytest.raises(InvalidInput) as refused:
        desk.publish(post, "telegram", scheduled_at=LATER, time_zone="Mars/Olympus")
    assert list(refused.value.details) == ["time_zone"]


def test_time_is_moved_by_a_new_job(desk: Desk) -> None:
    post = desk.write()
    made = desk.publish(post, "mastodon", "telegram", scheduled_at=TOMORROW)
    before = set(Job.objects.values_list("pk", flat=True))

    services.reschedule(round_id=made.pk, scheduled_at=LATER, time_zone="Asia/Tokyo", by=None)

    rows = PublishedPost.objects.all()
    assert {(row.status, row.scheduled_at, time_of(row.task_id)) for row in rows} == {("pending", LATER, LATER)}
    assert set(Job.objects.filter(pk__in=before).values_list("state", flat=True)) == {"cancelled"}
    made.refresh_from_db()
    assert (made.scheduled_at, made.time_zone, made.ended_at) == (LATER, "Asia/Tokyo", None)
    assert Job.objects.filter(kind="publishing.conclude_round").count() == 0


def test_time_of_what_has_begun_stays(desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW)
    let_pass(row, timedelta(days=2))
    desk.die("frozen")
    with pytest.raises(NotMovable):
        services.reschedule(round_id=row.round_id, scheduled_at=LATER, by=None)
    assert desk.row(post).task_id == row.task_id


# ---- mended


def test_publishing_whose_job_is_gone_gets_another_and_looks_first(desk: Desk) -> None:
    _, _kept = desk.order("mastodon")
    desk.die("after the answer")
    _, _fresh = desk.order("wordpress")
    Job.objects.all().delete()

    assert services.mend_scheduled()["mended"] == 2
    assert services.mend_scheduled()["mended"] == 0
    desk.drain()

    assert set(PublishedPost.objects.values_list("status", flat=True)) == {"success"}
    assert (len(desk.mastodon.posts), desk.mastodon.calls) == (1, ["commit", "find"])


@pytest.mark.parametrize("is_refused", [False, True], ids=["looked", "refused_before_it_could_look"])
def test_lost_job_of_a_chat_that_was_called_asks_a_person(is_refused: bool, desk: Desk) -> None:
    _, row = desk.order("telegram")
    desk.die("after the answer")
    Job.objects.all().delete()
    Effect.objects.all().delete()
    if is_refused:
        desk.telegram.on_prepare = raising(Permanent("No."))
    services.mend_scheduled()
    desk.drain()
    row.refresh_from_db()
    assert (row.status, len(desk.telegram.posts)) == ("unconfirmed", 1)


def test_scheduled_one_whose_job_is_gone_is_missed_after_its_window(desk: Desk) -> None:
    post, row = desk.order("mastodon", scheduled_at=TOMORROW)
    let_pass(row, timedelta(days=4))
    Job.objects.all().delete()
    assert services.mend_scheduled() == {"mended": 1, "concluded": 0, "removed": 0, "states": 0}
    row.refresh_from_db()
    post.refresh_from_db()
    assert (row.status, post.state) == ("missed", "approved")


def test_ending_that_was_not_heard_is_made_up_for(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.mastodon.on_prepare = raising(Permanent("No."))
    desk.drain()
    PublishedPost.objects.update(status="processing", error="")
    PublishRound.objects.update(ended_at=None)
    Post.objects.update(state="published")

    assert services.mend_scheduled() == {"mended": 1, "concluded": 0, "removed": 0, "states": 0}

    row.refresh_from_db()
    post.refresh_from_db()
    assert (row.status, row.error, post.state) == ("failed", "No.", "approved")
    PublishRound.objects.update(ended_at=None)
    Post.objects.update(state="scheduled")
    assert services.mend_scheduled() == {"mended": 0, "concluded": 1, "removed": 0, "states": 0}


def test_post_whose_time_is_over_is_taken_away_where_that_can_be_done(desk: Desk) -> None:
    post = desk.write()
    desk.publish(post, "mastodon", "telegram", "wordpress")
    desk.drain()
    Post.objects.filter(pk=post.pk).update(unpublish_at=timezone.now() - timedelta(seconds=1))
    desk.wordpress.on_delete = raising(Permanent("No."))

    for _ in range(3):
        publish_scheduled_content.delay()
        desk.drain()

    removed = {row.platform: row.removed_at is not None for row in PublishedPost.objects.all()}
    assert removed == {"mastodon": True, "telegram": False, "wordpress": False}
    assert (desk.mastodon.calls.count("delete"), desk.wordpress.calls.count("delete")) == (1, 1)
    assert Job.objects.filter(kind=PublishScheduledContent.kind.name, state="succeeded").count() == 3


def test_mending_leaves_a_desk_in_order_alone(desk: Desk) -> None:
    desk.order("mastodon", scheduled_at=TOMORROW)
    desk.order("telegram")
    testing.drain()
    desk.order("wordpress")
    assert services.mend_scheduled() == {"mended": 0, "concluded": 0, "removed": 0, "states": 0}


# ---- the calendar


def test_calendar_shows_each_round_at_its_time_in_one_word(desk: Desk) -> None:
    post = desk.write(title="Now")
    desk.publish(post, "mastodon", "wordpress")
    desk.wordpress.on_prepare = raising(Permanent("No."))
    desk.drain()
    later = desk.write(title="Later")
    desk.publish(later, "telegram", scheduled_at=LATER, time_zone="Asia/Tokyo")

    start = timezone.now() - timedelta(hours=1)
    shown = services.calendar(start=start, end=LATER + timedelta(seconds=1))
    assert [
        (one.title, one.state, one.published, one.total, one.platforms, one.errors, one.can_move) for one in shown
    ] == [
        ("Now", "partial", 1, 2, ("mastodon", "wordpress"), ("No.",), False),
        ("Later", "pending", 0, 1, ("telegram",), (), True),
    ]
    assert [one.title for one in services.calendar(start=start, end=LATER)] == ["Now"]
