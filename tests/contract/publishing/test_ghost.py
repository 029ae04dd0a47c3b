"""Ghost: what the family's suite does not ask, against its double."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent, Transient
from nightdesk.providers.publishing.ghost.publisher import Ghost
from nightdesk.providers.publishing.ghost.token import make_token
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Content, Order
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, make_content, picture
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import say, send_html
from tests.support.platforms.ghost import GhostDouble

PICTURES = {ASSET_ID: picture(ASSET_ID), COVER_ID: replace(picture(COVER_ID, "The harbour"), sha256="1" * 64)}
ILLUSTRATED = make_content(
    body=f"Look:\n\n![Boats at dawn](asset:{ASSET_ID})",
    pictures={ASSET_ID: PICTURES[ASSET_ID]},
    cover=PICTURES[COVER_ID],
)


@pytest.fixture
def double() -> Iterator[GhostDouble]:
    with GhostDouble() as site:
        yield site
        assert site.errors == []


@pytest.fixture
def publisher(double: GhostDouble) -> Ghost:
    return Ghost(PublishingOptions(private_hosts=frozenset([double.root.removeprefix("http://")]), timeout_s=5))


@pytest.fixture
def connection(double: GhostDouble) -> Connection:
    return Connection(account_id=7, credentials=double.credentials)


def freeze(publisher: Ghost, content: Content | None = None) -> Order:
    rendering = publisher.render(content or make_content(), Connection(account_id=7, credentials={}))
    payload = json.loads(json.dumps(dict(rendering.payload)))
    return Order(key="nd-7", slug="boats-nd-7", frozen_at=datetime.now(UTC), payload=payload, pictures=PICTURES)


def test_token_is_signed_as_the_standard_says() -> None:
    # The same by hand: openssl dgst -sha256 -mac HMAC -macopt hexkey:... over the first two parts.
    token = make_token("0123456789abcdef01234567:" + "00ff" * 16, now_s=1_700_000_000)

    assert token == (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2NyJ9."
        "eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDMwMCwiYXVkIjoiL2FkbWluLyJ9."
        "C9MN41e48GFc9b1-x0TWSJypqy9PAD6JxiqhK2y3KE4"
    )


@pytest.mark.parametrize("key", ["", "abc", "0123456789abcdef01234567", "0123456789abcdef01234567:xyz"])
def test_key_that_is_none_is_refused_before_anything_is_sent(publisher: Ghost, double: GhostDouble, key: str) -> None:
    with pytest.raises(AccountRefused, match="no Admin API key"):
        publisher.check(Connection(account_id=7, credentials={"server": double.root, "admin_key": key}), RecordedDesk())
    assert double.received == []


def test_key_of_another_site_asks_to_reconnect(publisher: Ghost, double: GhostDouble) -> None:
    credentials = {"server": double.root, "admin_key": "f" * 24 + ":" + "00" * 32}
    with pytest.raises(AccountRefused):
        publisher.check(Connection(account_id=7, credentials=credentials), RecordedDesk())


def test_post_is_sent_as_ghost_takes_it(publisher: Ghost, double: GhostDouble, connection: Connection) -> None:
    order, desk = freeze(publisher, ILLUSTRATED), RecordedDesk(files=dict(FILES))
    publisher.commit(order, publisher.prepare(order, connection, desk), connection, desk)

    (post,) = double.entries.values()
    inline, cover = (f"{double.root}/content/images/2026/11/{name}.png" for name in double.images)
    assert post["html"].strip() == f'<p>Look:</p>\n<p><img src="{inline}" alt="Boats at dawn"></p>'
    assert {name: post[name] for name in ("title", "slug", "custom_excerpt", "canonical_url")} == {
        "title": "Boats at dawn",
        "slug": "boats-nd-7",
        "custom_excerpt": "An early start.",
        "canonical_url": "https://example.com/boats",
    }
    assert (post["feature_image"], post["feature_image_alt"]) == (cover, "The harbour")
    assert [tag["name"] for tag in post["tags"]] == ["boats", "early", "#nightdesk-nd-7"]


def test_draft_is_found_by_its_tag_though_its_slug_was_taken(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    order = freeze(publisher)
    double.entries["f" * 24] = {
        "id": "f" * 24,
        "title": "Another",
        "slug": order.slug,
        "status": "published",
        "tags": [],
    }
    double.entries["f" * 24] |= {"url": f"{double.root}/{order.slug}/", "updated_at": "2026-11-25T08:00:00.000Z"}
    first = publisher.prepare(order, connection, RecordedDesk())
    again = publisher.prepare(order, connection, RecordedDesk())

    assert first == again
    assert [one.raw["slug"] for one in double.drafts.values()] == [f"{order.slug}-2"]


def test_update_keeps_the_mark_and_uploads_only_what_is_new(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    order, desk = freeze(publisher, ILLUSTRATED), RecordedDesk(files=dict(FILES))
    published = publisher.commit(order, publisher.prepare(order, connection, desk), connection, desk)
    changed = replace(freeze(publisher, replace(ILLUSTRATED, tags=("noon",), excerpt="")), key="nd-8")
    again = publisher.update(changed, published, connection, RecordedDesk(files={}))

    (post,) = double.entries.values()
    assert again == published
    assert ([tag["name"] for tag in post["tags"]], post["custom_excerpt"]) == (["noon", "#nightdesk-nd-7"], None)
    assert len(double.images) == 2


def test_somebody_who_saves_at_the_same_moment_is_waited_for(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    order, desk = freeze(publisher), RecordedDesk()
    prepared = publisher.prepare(order, connection, desk)
    double.plan("save_post", say(409, {"errors": [{"type": "UpdateCollisionError", "code": "UPDATE_COLLISION"}]}))
    with pytest.raises(Transient, match="at the same moment"):
        publisher.commit(order, prepared, connection, desk)
    publisher.commit(order, prepared, connection, desk)

    assert len(double.posts) == 1


def test_draft_that_somebody_scheduled_is_left_to_a_person(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    order, desk = freeze(publisher), RecordedDesk()
    prepared = publisher.prepare(order, connection, desk)
    double.entries[prepared["draft"]]["status"] = "scheduled"
    with pytest.raises(OutcomeUnknown, match="somebody changed it"):
        publisher.find(order, prepared, connection, desk)


def test_draft_that_somebody_deleted_says_what_to_do(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    order, desk = freeze(publisher), RecordedDesk()
    prepared = publisher.prepare(order, connection, desk)
    double.entries.clear()
    with pytest.raises(Permanent, match="Change the post here"):
        publisher.commit(order, prepared, connection, desk)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (say(301, "", Location="https://www.example.com/"), "another address"),
        (say(404, "<h1>Not found</h1>"), "no Ghost at this address"),
        (send_html, "no Ghost at this address"),
    ],
    ids=["moved", "missing", "page"],
)
def test_address_that_is_no_ghost_is_said_so(
    publisher: Ghost, double: GhostDouble, connection: Connection, fault: Any, says: str
) -> None:
    double.plan("read_site", fault)
    with pytest.raises(Permanent, match=says):
        publisher.check(connection, RecordedDesk())


def test_firewall_in_front_is_not_taken_for_a_revoked_account(
    publisher: Ghost, double: GhostDouble, connection: Connection
) -> None:
    double.plan("list_posts", say(403, "<h1>Blocked</h1>"))
    with pytest.raises(Permanent, match="firewall") as raised:
        publisher.check(connection, RecordedDesk())
    assert not isinstance(raised.value, AccountRefused)


def test_file_that_is_no_picture_says_so(publisher: Ghost, double: GhostDouble, connection: Connection) -> None:
    desk = RecordedDesk(files={ASSET_ID: b"no picture", COVER_ID: b"no picture"})
    with pytest.raises(Permanent, match="does not take this picture"):
        publisher.prepare(freeze(publisher, ILLUSTRATED), connection, desk)
    assert double.drafts == {}


def test_plain_http_is_refused_before_anything_is_sent(double: GhostDouble, connection: Connection) -> None:
    with pytest.raises(Permanent, match="must begin with https"):
        Ghost(PublishingOptions()).check(connection, RecordedDesk())
    assert double.received == []


@pytest.mark.parametrize(
    ("changes", "part", "is_blocking"),
    [
        ({"title": " "}, "title", True),
        ({"excerpt": "x" * 301}, "excerpt", True),
        ({"tags": ("x" * 192,)}, "tags", True),
        ({"tags": ("#hidden",)}, "tags", False),
        ({"cover": picture(COVER_ID, "x" * 192)}, "alt", True),
    ],
    ids=["title", "excerpt", "tag", "hidden", "alt"],
)
def test_render_complains_of_what_ghost_would_refuse(
    publisher: Ghost, changes: dict[str, Any], part: str, is_blocking: bool
) -> None:
    rendering = publisher.render(make_content(**changes), Connection(account_id=7, credentials={}))

    assert [(one.part, one.is_blocking) for one in rendering.complaints] == [(part, is_blocking)]
