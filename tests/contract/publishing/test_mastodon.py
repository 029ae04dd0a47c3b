"""Mastodon: how it counts, what it forgets, and what is known of a post whose answer was lost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent, Throttled
from nightdesk.providers.publishing.mastodon.publisher import Mastodon
from nightdesk.providers.publishing.mastodon.weighing import weigh
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Limit, NotThere, Order, Unit
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, make_content
from tests.contract.publishing.cases.mastodon import CASE
from tests.contract.publishing.orders import connect, find, freeze, make_desk, make_pictured, publish
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import commit_then_drop, drop_before, say, send_html
from tests.support.platforms.mastodon import MastodonDouble, Status
from tests.support.vendor_server import honest_but

LONG_LINK = "https://example.com/" + "a" * 200
HOURS_AGO = timedelta(hours=2)


@pytest.fixture
def double() -> Iterator[MastodonDouble]:
    with MastodonDouble() as server:
        yield server
        assert server.errors == []


@pytest.fixture
def mastodon(double: MastodonDouble) -> Mastodon:
    return Mastodon(CASE.options_for(double))


@pytest.fixture
def account(mastodon: Mastodon, double: MastodonDouble) -> Connection:
    return connect(CASE, mastodon, double)


def lose(mastodon: Mastodon, double: MastodonDouble, account: Connection, fault: Any, **changes: Any) -> Order:
    """Publish a post whose answer is lost."""
    order = freeze(mastodon, account, make_content(), **changes)
    double.plan("post", fault)
    with pytest.raises(OutcomeUnknown):
        publish(mastodon, order, account)
    return order


# ---------------------------------------------------------------- counting and limits


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("plain", 5),
        (LONG_LINK, 23),
        ("https://a.io", 23),
        (f"see {LONG_LINK}, and {LONG_LINK}.", 4 + 23 + 6 + 23 + 1),
        ("hello @anna@social.example!", len("hello @anna!")),
        ("@anna", 5),
        ("mail anna@social.example", len("mail anna@social.example")),
        ("example.com has no scheme", len("example.com has no scheme")),
    ],
)
def test_text_counts_as_mastodon_counts_it(text: str, length: int) -> None:
    assert len(weigh(text)) == length


def test_body_that_fits_only_by_mastodons_count_is_not_shortened(mastodon: Mastodon, account: Connection) -> None:
    body = "x" * 450 + f"\n\n{LONG_LINK}\n\n👩‍👩‍👧"
    rendering = mastodon.render(make_content(body=body, tags=()), account)

    assert rendering.payload["status"] == body
    assert [(one.part, one.used, one.most) for one in rendering.counts] == [
        ("body", 450 + 2 + 23 + 2 + 1, 500),
        ("images", 0, 4),
    ]


def test_content_warning_counts_with_the_text(mastodon: Mastodon, account: Connection) -> None:
    content = make_content(body="x" * 480, is_body_meant=True, options={"spoiler_text": "w" * 30})
    rendering = mastodon.render(content, account)

    assert [one.message for one in rendering.complaints] == [
        "The body has 510 characters; Mastodon takes 500. Shorten it by 10."
    ]


def test_long_post_is_announced_with_some_of_its_pictures(mastodon: Mastodon, account: Connection) -> None:
    rendering = mastodon.render(make_pictured(body=f"![Boats](asset:{ASSET_ID})" + "word " * 400), account)

    assert rendering.payload["status"].startswith("Boats at dawn\n\nAn early start.\n\nhttps://example.com/boats")
    assert [one["asset_id"] for one in rendering.payload["pictures"]] == [COVER_ID, ASSET_ID]
    assert not rendering.is_blocked


def test_unknown_options_and_missing_words_are_complained_of(mastodon: Mastodon, account: Connection) -> None:
    content = make_pictured(cover=None, body=f"Hi ![](asset:{ASSET_ID}) ![gone](asset:{'q' * 24})")
    content = make_content(
        body=content.body,
        pictures={ASSET_ID: content.pictures[ASSET_ID].__class__(**{**_fields(content.pictures[ASSET_ID]), "alt": ""})},
        options={"visibility": "friends", "language": "English"},
    )
    rendering = mastodon.render(content, account)

    assert [(one.part, one.is_blocking) for one in rendering.complaints] == [
        ("images", True),
        ("alt", False),
        ("visibility", True),
        ("language", True),
    ]


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def test_limits_are_those_of_the_server(mastodon: Mastodon, double: MastodonDouble) -> None:
    def enlarge(said: dict[str, Any]) -> dict[str, Any]:
        said["configuration"]["statuses"]["max_characters"] = 5_000
        said["configuration"]["media_attachments"]["description_limit"] = "many"
        return said

    double.plan("instance", honest_but(enlarge))
    limits = mastodon.limits(connect(CASE, mastodon, double))

    assert limits[0] == Limit(part="body", unit=Unit.GRAPHEMES, most=5_000)
    assert limits[2] == Limit(part="alt", unit=Unit.CHARACTERS, most=1_500)


# ---------------------------------------------------------------- accounts


def test_check_tells_handle_and_address(mastodon: Mastodon, double: MastodonDouble) -> None:
    standing = mastodon.check(CASE.connection(double), RecordedDesk())

    assert (standing.handle, standing.url) == ("@harbour@social.example", "https://social.example/@harbour")


def test_check_of_another_kind_of_server_names_the_address(mastodon: Mastodon, double: MastodonDouble) -> None:
    for fault in (send_html, say(404, {"error": "Not found"})):
        double.plan("instance", fault)
        with pytest.raises(Permanent, match="There is no Mastodon"):
            mastodon.check(CASE.connection(double), RecordedDesk())


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("read", "write:statuses")])
def test_check_of_a_token_with_too_few_rights_names_them(
    mastodon: Mastodon, double: MastodonDouble, scopes: tuple[str, ...]
) -> None:
    double.scopes = scopes
    with pytest.raises(AccountRefused, match="read and write"):
        mastodon.check(CASE.connection(double), RecordedDesk())


def test_pause_that_is_told_as_a_time_is_understood(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=4)
    double.plan("post", say(429, {"error": "Too many requests"}, X_RateLimit_Reset=moment.isoformat()))
    with pytest.raises(Throttled) as raised:
        publish(mastodon, freeze(mastodon, account, make_content()), account)

    assert raised.value.retry_after_s == pytest.approx(240, abs=5)


# ---------------------------------------------------------------- exactly once


def test_post_whose_answer_was_lost_is_found_when_its_key_is_forgotten(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    order = lose(mastodon, double, account, commit_then_drop, first_sent_at=datetime.now(UTC) - HOURS_AGO)
    double.age(HOURS_AGO)

    (post,) = double.posts.values()
    assert find(mastodon, order, account).url == post.url


def test_post_that_never_arrived_is_absent_for_certain_when_its_key_is_forgotten(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    order = lose(mastodon, double, account, drop_before, first_sent_at=datetime.now(UTC) - HOURS_AGO)
    with pytest.raises(NotThere):
        find(mastodon, order, account)


def test_older_post_with_the_same_words_is_not_taken_for_it(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    publish(mastodon, freeze(mastodon, account, make_content(), key="nd-41-old"), account)
    for status in double.statuses.values():
        status.made_at -= timedelta(hours=3)
    order = lose(mastodon, double, account, drop_before, first_sent_at=datetime.now(UTC) - HOURS_AGO)

    with pytest.raises(NotThere):
        find(mastodon, order, account)


def test_edited_post_of_that_time_leaves_the_question_open(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    order = lose(mastodon, double, account, commit_then_drop, first_sent_at=datetime.now(UTC) - HOURS_AGO)
    (status,) = double.statuses.values()
    status.fields["status"], status.edited_at = "Somebody wrote something else", double.now

    with pytest.raises(OutcomeUnknown, match="Look at the account's posts"):
        find(mastodon, order, account)


def test_more_posts_than_are_looked_through_leave_the_question_open(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    order = lose(mastodon, double, account, drop_before, first_sent_at=datetime.now(UTC) - HOURS_AGO)
    fields = {"status": "Another", "visibility": "public"}
    double.statuses.update({str(1_000 + number): Status(double.now, dict(fields)) for number in range(201)})

    with pytest.raises(OutcomeUnknown, match="Look at the account's posts"):
        find(mastodon, order, account)


def test_server_that_may_not_keep_keys_is_never_asked_twice_while_a_request_may_be_on_its_way(
    mastodon: Mastodon, double: MastodonDouble
) -> None:
    double.version = "2.7.2 (compatible; Pleroma 2.5.0)"
    account = connect(CASE, mastodon, double)
    order = lose(mastodon, double, account, drop_before)
    with pytest.raises(OutcomeUnknown):
        find(mastodon, order, account)

    double.plan("post", commit_then_drop)
    with pytest.raises(OutcomeUnknown):
        publish(mastodon, order, account)
    assert find(mastodon, order, account).id in double.posts


# ---------------------------------------------------------------- pictures


def test_slow_picture_is_waited_for(mastodon: Mastodon, double: MastodonDouble, account: Connection) -> None:
    double.slow_media = 2
    publish(mastodon, freeze(mastodon, account, make_pictured()), account)

    (post,) = double.posts.values()
    assert [one["description"] for one in post.raw["media_attachments"]] == ["The harbour", "Boats at dawn"]


def test_picture_that_the_server_forgot_is_sent_again(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    order, desk = freeze(mastodon, account, make_pictured()), make_desk()
    mastodon.prepare(order, account, desk)
    double.age(timedelta(days=2))
    publish(mastodon, order, account, make_desk(kept=desk.kept))

    (post,) = double.posts.values()
    assert len(post.raw["media_attachments"]) == 2


def test_update_keeps_the_pictures_that_the_post_shows(
    mastodon: Mastodon, double: MastodonDouble, account: Connection
) -> None:
    published = publish(mastodon, freeze(mastodon, account, make_pictured()), account)
    changed = freeze(mastodon, account, make_pictured(body=f"Noon ![Boats at dawn](asset:{ASSET_ID})"), key="nd-41-b")
    again = mastodon.update(changed, published, account, make_desk())

    assert double.count("upload") == 2
    assert again.extra == published.extra
    assert double.posts[again.id].text.startswith("Noon")


def test_update_of_a_post_that_is_gone_says_so(mastodon: Mastodon, account: Connection) -> None:
    order = freeze(mastodon, account, make_content())
    published = publish(mastodon, order, account)
    mastodon.delete(published, account, make_desk())

    with pytest.raises(Permanent, match="not on the Mastodon server any more"):
        mastodon.update(order, published, account, make_desk())
