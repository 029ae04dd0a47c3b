"""WordPress: what the family's suite does not ask, against its double."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent, Transient
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Content, Order, Published
from nightdesk.providers.publishing.wordpress.publisher import WordPress
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, make_content, picture
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import drop_before, say, send_html
from tests.support.platforms.wordpress import WordPressDouble
from tests.support.vendor_server import send_raw

PICTURES = {ASSET_ID: picture(ASSET_ID), COVER_ID: picture(COVER_ID, "The harbour")}
ILLUSTRATED = make_content(
    body=f"Look:\n\n![Boats at dawn](asset:{ASSET_ID})",
    pictures={ASSET_ID: PICTURES[ASSET_ID]},
    cover=PICTURES[COVER_ID],
)


@pytest.fixture
def double() -> Iterator[WordPressDouble]:
    with WordPressDouble() as site:
        yield site
        assert site.errors == []


@pytest.fixture
def publisher(double: WordPressDouble) -> WordPress:
    return WordPress(PublishingOptions(private_hosts=frozenset([double.root.removeprefix("http://")]), timeout_s=5))


def connect(double: WordPressDouble, **changes: Any) -> Connection:
    return Connection(**{"account_id": 7, "credentials": double.credentials, **changes})


def checked(publisher: WordPress, double: WordPressDouble) -> Connection:
    standing = publisher.check(connect(double), RecordedDesk())
    return connect(double, learned=json.loads(json.dumps(dict(standing.learned))))


def freeze(publisher: WordPress, content: Content | None = None, connection: Connection | None = None) -> Order:
    given = content or make_content()
    account = connection or Connection(account_id=7, credentials={})
    payload = json.loads(json.dumps(dict(publisher.render(given, account).payload)))
    moment = datetime.now(UTC)
    return Order(key="nd-7", slug="boats-nd-7", frozen_at=moment, payload=payload, pictures=PICTURES)


def publish(publisher: WordPress, order: Order, connection: Connection) -> Published:
    desk = RecordedDesk(files=dict(FILES))
    return publisher.commit(order, publisher.prepare(order, connection, desk), connection, desk)


def test_site_without_readable_addresses_is_reached_by_the_other_way(
    publisher: WordPress, double: WordPressDouble
) -> None:
    double.has_permalinks = False
    connection = checked(publisher, double)
    publish(publisher, freeze(publisher, ILLUSTRATED), connection)

    assert connection.learned["api"] == "/?rest_route="
    assert len(double.posts) == 1


def test_post_is_sent_as_wordpress_takes_it(publisher: WordPress, double: WordPressDouble) -> None:
    content = replace(
        ILLUSTRATED, title='Boats & <b>"dawn"</b>', tags=("Boats", "R&D"), options={"category": "uncategorized"}
    )
    publish(publisher, freeze(publisher, content), checked(publisher, double))

    (post,) = double.entries.values()
    inline, cover = double.media.values()
    assert (post["title"], post["excerpt"]) == ('Boats &amp; &lt;b&gt;"dawn"&lt;/b&gt;', "An early start.")
    # Without the block around it, WordPress would turn each line break of the HTML into one that shows.
    assert post["content"] == (
        f'<!-- wp:html -->\n<p>Look:</p>\n<p><img src="{inline["source_url"]}" alt="Boats at dawn"></p>\n<!-- /wp:html -->'
    )
    assert (post["featured_media"], post["categories"], post["slug"]) == (cover["id"], [1], "boats-nd-7")
    assert [double.tags[one] for one in post["tags"]] == ["Boats", "R&D"]
    assert [inline["alt_text"], cover["alt_text"]] == ["Boats at dawn", "The harbour"]


def test_uploads_that_were_not_remembered_are_found_again(publisher: WordPress, double: WordPressDouble) -> None:
    order, connection = freeze(publisher, ILLUSTRATED), checked(publisher, double)
    double.plan("make_post", drop_before)
    with pytest.raises(Transient):
        publisher.prepare(order, connection, RecordedDesk(files=dict(FILES)))
    publisher.prepare(order, connection, RecordedDesk(files=dict(FILES)))

    assert (len(double.media), len(double.drafts)) == (2, 1)


def test_update_uploads_only_what_is_new(publisher: WordPress, double: WordPressDouble) -> None:
    connection = checked(publisher, double)
    published = publish(publisher, freeze(publisher, ILLUSTRATED), connection)
    changed = freeze(publisher, replace(ILLUSTRATED, title="Boats at noon"))
    again = publisher.update(changed, published, connection, RecordedDesk(files={}))

    assert again == published
    assert [one["title"] for one in double.entries.values()] == ["Boats at noon"]
    assert len(double.media) == 2


@pytest.mark.parametrize("role", ["contributor", "subscriber"])
def test_user_who_may_not_publish_is_refused_by_the_check(
    publisher: WordPress, double: WordPressDouble, role: str
) -> None:
    double.role = role
    with pytest.raises(AccountRefused, match="may not publish"):
        publisher.check(connect(double), RecordedDesk())


def test_user_who_lost_the_right_is_refused_when_publishing(publisher: WordPress, double: WordPressDouble) -> None:
    connection = checked(publisher, double)
    double.role = "contributor"
    with pytest.raises(AccountRefused, match="role of an author"):
        publish(publisher, freeze(publisher), connection)
    assert double.posts == {}


def test_firewall_in_front_is_not_taken_for_a_revoked_account(publisher: WordPress, double: WordPressDouble) -> None:
    double.plan("read_user", say(403, "<h1>Blocked</h1>"))
    with pytest.raises(Permanent, match="firewall") as raised:
        publisher.check(connect(double), RecordedDesk())
    assert not isinstance(raised.value, AccountRefused)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (say(301, "", Location="https://www.example.com/"), "another address"),
        (send_html, "no WordPress API"),
        (send_raw(b"[]", "application/json"), "no WordPress API"),
    ],
    ids=["moved", "page", "other"],
)
def test_address_that_is_no_wordpress_is_said_so(
    publisher: WordPress, double: WordPressDouble, fault: Any, says: str
) -> None:
    double.plan("read_user", fault, fault)
    with pytest.raises(Permanent, match=says):
        publisher.check(connect(double), RecordedDesk())


def test_plain_http_is_refused_before_the_password_travels(double: WordPressDouble) -> None:
    with pytest.raises(Permanent, match="must begin with https"):
        WordPress(PublishingOptions()).check(connect(double), RecordedDesk())
    assert double.received == []


def test_category_that_the_account_may_not_make_is_known_beforehand(
    publisher: WordPress, double: WordPressDouble
) -> None:
    double.role = "author"
    connection = checked(publisher, double)
    content = make_content(options={"category": "Harbours"})

    (complaint,) = (one for one in publisher.render(content, connection).complaints if one.part == "category")
    assert complaint.is_blocking
    with pytest.raises(Permanent, match="no category 'Harbours'"):
        publish(publisher, freeze(publisher, content, connection), connection)
    assert double.posts == {}


def test_category_of_the_account_is_made_where_the_post_names_none(
    publisher: WordPress, double: WordPressDouble
) -> None:
    connection = replace(checked(publisher, double), options={"category": "Harbours"})
    publish(publisher, freeze(publisher, connection=connection), connection)

    (post,) = double.entries.values()
    assert [double.categories[one] for one in post["categories"]] == ["Harbours"]


def test_draft_that_somebody_binned_is_left_to_a_person(publisher: WordPress, double: WordPressDouble) -> None:
    order, connection, desk = freeze(publisher), checked(publisher, double), RecordedDesk()
    prepared = publisher.prepare(order, connection, desk)
    double.entries[prepared["draft"]]["status"] = "trash"
    with pytest.raises(OutcomeUnknown, match="somebody changed it"):
        publisher.find(order, prepared, connection, desk)


def test_draft_that_somebody_deleted_says_what_to_do(publisher: WordPress, double: WordPressDouble) -> None:
    order, connection, desk = freeze(publisher), checked(publisher, double), RecordedDesk()
    prepared = publisher.prepare(order, connection, desk)
    double.entries.clear()
    with pytest.raises(Permanent, match="Change the post here"):
        publisher.commit(order, prepared, connection, desk)


def test_update_of_a_post_in_the_bin_is_refused(publisher: WordPress, double: WordPressDouble) -> None:
    order, connection = freeze(publisher), checked(publisher, double)
    published = publish(publisher, order, connection)
    publisher.delete(published, connection, RecordedDesk())
    with pytest.raises(Permanent, match="not on the WordPress site any more"):
        publisher.update(order, published, connection, RecordedDesk())
    assert double.posts == {}


def test_canonical_address_is_a_warning_only(publisher: WordPress) -> None:
    rendering = publisher.render(make_content(), Connection(account_id=7, credentials={}))

    assert [(one.part, one.is_blocking) for one in rendering.complaints] == [("canonical_url", False)]


def test_picture_that_is_gone_blocks_the_post(publisher: WordPress) -> None:
    rendering = publisher.render(replace(ILLUSTRATED, pictures={}), Connection(account_id=7, credentials={}))

    assert [one.part for one in rendering.complaints if one.is_blocking] == ["images"]
