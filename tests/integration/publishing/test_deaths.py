"""A run dies between any two of its writes: the next one goes on from what is there, and nothing is out twice."""

import pytest

from nightdesk.core.errors import Transient
from nightdesk.publishing import services
from nightdesk.publishing.models import PublishedPost
from tests.integration.publishing.desk import Desk, dying_run, job_of, raising
from tests.support.publishing import Killed, Trouble, rescue_all

pytestmark = pytest.mark.django_db

#: Before the platform can have been called: whoever comes next knows that nothing is out.
EARLY = ("frozen", "before the intent", "after the intent")
#: The platform's word is written down: whoever comes next knows that it is out.
LATE = ("before the finish", "after the finish")


@pytest.mark.parametrize("platform", ["mastodon", "wordpress", "telegram"])
@pytest.mark.parametrize("point", [*EARLY, *LATE])
def test_death_where_it_is_known_whether_it_is_out_makes_one_post(point: str, platform: str, desk: Desk) -> None:
    _post, row = desk.order(platform)

    desk.die(point)
    desk.drain()

    row.refresh_from_db()
    board = desk.board(platform)
    assert (row.status, [key for key, _ in board.posts], row.remote_id) == ("success", [row.key], row.key)
    assert board.calls == ["commit"]
    assert job_of(row).state == "succeeded"


@pytest.mark.parametrize("platform", ["mastodon", "wordpress"])
@pytest.mark.parametrize("point", ["at the door", "in the call, before it arrives", "in the call", "after the answer"])
def test_death_around_the_call_is_looked_up(point: str, platform: str, desk: Desk) -> None:
    _post, row = desk.order(platform)
    board = desk.board(platform)
    if point.startswith("in the call"):
        board.troubles = [Trouble(Killed(), arrives=point == "in the call")]

    desk.die(point)
    desk.drain()

    row.refresh_from_db()
    assert (row.status, [key for key, _ in board.posts]) == ("success", [row.key])
    assert board.calls.count("find") == 1
    assert board.drafts == (1 if platform == "wordpress" else 0)


@pytest.mark.parametrize("point", ["at the door", "in the call, before it arrives", "in the call", "after the answer"])
def test_death_around_a_call_that_nobody_can_look_up_asks_a_person(point: str, desk: Desk) -> None:
    _post, row = desk.order("telegram")
    if point.startswith("in the call"):
        desk.telegram.troubles = [Trouble(Killed(), arrives=point == "in the call")]

    desk.die(point)
    desk.drain()

    row.refresh_from_db()
    assert (row.status, job_of(row).state, desk.telegram.calls.count("commit") <= 1) == ("unconfirmed", "unknown", True)
    assert row.error.startswith("It may be out on Telegram, or it may not")


def test_two_deaths_in_a_row_are_one_post(desk: Desk) -> None:
    _post, row = desk.order("wordpress")
    desk.wordpress.troubles = [Trouble(Killed(), arrives=True)]

    desk.die("in the call")
    desk.die("before the finish")
    desk.drain()

    row.refresh_from_db()
    assert (row.status, len(desk.wordpress.posts), desk.wordpress.drafts) == ("success", 1, 1)


def test_zombie_that_wakes_up_before_its_call_does_not_make_it(desk: Desk) -> None:
    _post, row = desk.order("telegram")
    zombie = dying_run()

    def lose_the_job() -> None:
        desk.telegram.on_prepare = lambda: None
        assert rescue_all() == [zombie.job_id]
        desk.drain()

    desk.telegram.on_prepare = lose_the_job
    from nightdesk.engine.interrupts import FencedOff

    with pytest.raises(FencedOff):
        services.deliver(published_post_id=row.pk, run=zombie)

    row.refresh_from_db()
    assert (row.status, len(desk.telegram.posts)) == ("success", 1)


def test_draft_that_was_kept_is_not_made_again(desk: Desk) -> None:
    _post, row = desk.order("wordpress")
    desk.die("before the intent")
    row.refresh_from_db()
    assert row.prepared == {"draft": 1}

    desk.drain()

    assert (desk.wordpress.drafts, len(desk.wordpress.posts)) == (1, 1)


def test_what_is_frozen_goes_out_whatever_becomes_of_the_post(desk: Desk) -> None:
    post, row = desk.order("mastodon")
    desk.die("frozen")
    row.refresh_from_db()
    frozen = (row.frozen_at, row.slug)

    desk.change(post, "Another text.")
    desk.drain()

    row.refresh_from_db()
    assert (row.frozen_at, row.slug) == frozen
    assert desk.mastodon.posts == [(row.key, {"title": "Quiet light", "body": "A lamp that dims itself."})]
    assert PublishedPost.objects.get().revision == 1


def test_account_that_is_lost_after_the_platforms_word_does_not_hide_it(desk: Desk) -> None:
    _post, row = desk.order("telegram")
    desk.die("before the finish")
    services.disconnect_account(account_id=row.account_id)

    desk.drain()

    row.refresh_from_db()
    assert (row.status, row.remote_id, job_of(row).state) == ("success", row.key, "succeeded")


def test_post_that_may_be_out_is_never_called_failed(desk: Desk) -> None:
    _post, row = desk.order("mastodon")
    desk.mastodon.troubles = [Trouble(Killed(), arrives=True)]
    desk.die("in the call")
    desk.mastodon.on_prepare = raising(Transient("away"))

    desk.drain()

    row.refresh_from_db()
    assert (row.status, job_of(row).state) == ("unconfirmed", "unknown")
