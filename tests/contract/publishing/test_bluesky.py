"""Bluesky: keys that are ours, sessions that are shared, pictures that fit."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from nightdesk.core.errors import OutcomeUnknown, Permanent, Throttled
from nightdesk.providers.publishing.bluesky.keys import make_record_key
from nightdesk.providers.publishing.bluesky.publisher import Bluesky
from nightdesk.providers.publishing.protocol import AccountRefused, Connection
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, make_content, picture
from tests.contract.publishing.cases.bluesky import CASE
from tests.contract.publishing.orders import KEY, connect, find, freeze, make_desk, make_pictured, publish
from tests.support.platforms.bluesky import DID, HANDLE, BlueskyDouble
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import commit_then_drop, send_html

MOMENT = datetime(2026, 11, 25, 10, 0, 0, 123_456, tzinfo=UTC)
ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def double() -> Iterator[BlueskyDouble]:
    with BlueskyDouble() as server:
        yield server
        assert server.errors == []


@pytest.fixture
def bluesky(double: BlueskyDouble) -> Bluesky:
    return Bluesky(CASE.options_for(double))


@pytest.fixture
def account(bluesky: Bluesky, double: BlueskyDouble) -> Connection:
    return connect(CASE, bluesky, double)


# ---------------------------------------------------------------- keys


def test_record_key_is_the_time_and_ten_bits_of_the_order() -> None:
    number = 0
    for character in make_record_key(key=KEY, frozen_at=MOMENT):
        number = number * 32 + ALPHABET.index(character)

    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number >> 10) == MOMENT
    assert make_record_key(key=KEY, frozen_at=MOMENT) == make_record_key(key=KEY, frozen_at=MOMENT)
    assert make_record_key(key="nd-41-other", frozen_at=MOMENT) != make_record_key(key=KEY, frozen_at=MOMENT)


def test_record_keys_sort_by_time_and_are_of_thirteen_characters() -> None:
    keys = [make_record_key(key=KEY, frozen_at=MOMENT + timedelta(days=days)) for days in range(0, 40_000, 1_000)]

    assert keys == sorted(keys)
    assert {len(key) for key in keys} == {13}


def test_post_has_its_address_and_the_time_of_its_order(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    published = publish(bluesky, freeze(bluesky, account, make_content(), frozen_at=MOMENT), account)

    key = make_record_key(key=KEY, frozen_at=MOMENT)
    assert published.url == f"https://bsky.app/profile/{HANDLE}/post/{key}"
    assert published.id == f"at://{DID}/app.bsky.feed.post/{key}"
    assert double.records[key]["createdAt"] == "2026-11-25T10:00:00.123Z"


def test_record_that_is_there_with_other_words_is_left_as_it_is(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    order = freeze(bluesky, account, make_content())
    first = publish(bluesky, order, account)
    again = publish(bluesky, replace(order, payload={**order.payload, "text": "Other words", "facets": []}), account)

    assert again == first
    (post,) = double.posts.values()
    assert "harbour" in post.text


def test_account_without_a_valid_handle_is_addressed_by_its_id(bluesky: Bluesky, double: BlueskyDouble) -> None:
    double.handle = "handle.invalid"
    account = connect(CASE, bluesky, double)

    assert publish(bluesky, freeze(bluesky, account, make_content()), account).url.startswith(
        f"https://bsky.app/profile/{DID}/post/"
    )


def test_update_is_refused_with_what_to_do(bluesky: Bluesky, account: Connection) -> None:
    order = freeze(bluesky, account, make_content())
    with pytest.raises(Permanent, match="Delete this one"):
        bluesky.update(order, publish(bluesky, order, account), account, make_desk())


# ---------------------------------------------------------------- sessions


def test_many_runs_at_once_sign_in_once(bluesky: Bluesky, double: BlueskyDouble, account: Connection) -> None:
    stranger = replace(account, account_id=8)

    def post(number: int) -> str:
        return publish(bluesky, freeze(bluesky, stranger, make_content(), key=f"nd-{number}"), stranger).id

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(post, range(16)))

    assert ids == set(double.posts)
    assert double.count("sign_in") == 2  # one of the check, one of the sixteen


def test_stale_session_is_renewed_without_signing_in(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    double.expire()
    publish(bluesky, freeze(bluesky, account, make_content()), account)

    assert (double.count("refresh"), double.count("sign_in"), len(double.posts)) == (1, 1, 1)


def test_session_that_cannot_be_renewed_is_replaced(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    double.revoke()
    double.is_revoked = False  # the same app password again, all sessions gone
    publish(bluesky, freeze(bluesky, account, make_content()), account)

    assert (double.count("refresh"), double.count("sign_in"), len(double.posts)) == (1, 2, 1)


def test_reconnected_account_starts_with_a_new_session(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    wrong = replace(account, credentials={**account.credentials, "app_password": "made-upxx-also-wron"})
    with pytest.raises(AccountRefused, match="app password"):
        publish(bluesky, freeze(bluesky, wrong, make_content()), wrong)
    assert double.posts == {}


def test_too_many_sign_ins_are_handed_on_as_a_pause(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    double.received.extend(["sign_in"] * 30)
    with pytest.raises(Throttled) as raised:
        bluesky.check(account, RecordedDesk())

    assert raised.value.retry_after_s == 300


def test_check_of_another_kind_of_server_names_the_address(bluesky: Bluesky, double: BlueskyDouble) -> None:
    double.plan("describe", send_html)
    with pytest.raises(Permanent, match="There is no Bluesky server"):
        bluesky.check(CASE.connection(double), RecordedDesk())
    assert double.count("sign_in") == 0


# ---------------------------------------------------------------- content


def test_marks_are_counted_in_bytes(bluesky: Bluesky, double: BlueskyDouble, account: Connection) -> None:
    publish(
        bluesky, freeze(bluesky, account, make_content(body="👩‍👩‍👧 früh: https://example.com/ä", tags=())), account
    )

    (post,) = double.posts.values()
    (facet,) = post.raw["facets"]
    marked = post.text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]]
    assert marked.decode() == "https://example.com/ä"


def test_both_ceilings_are_counted(bluesky: Bluesky, account: Connection) -> None:
    rendering = bluesky.render(make_content(body="👩‍👩‍👧" * 200, is_body_meant=True, tags=()), account)

    assert [(one.unit.value, one.used, one.is_over) for one in rendering.counts if one.part == "body"] == [
        ("graphemes", 200, False),
        ("bytes", 3_600, True),
    ]
    assert [one.message for one in rendering.complaints] == [
        "The body has 3600 bytes; Bluesky takes 3000. Shorten it by 600."
    ]


def test_long_post_is_announced_by_a_card(bluesky: Bluesky, double: BlueskyDouble, account: Connection) -> None:
    publish(bluesky, freeze(bluesky, account, make_pictured(body="word " * 100, pictures={})), account)

    (post,) = double.posts.values()
    external = post.raw["embed"]["external"]
    assert [external[name] for name in ("uri", "title", "description")] == [
        "https://example.com/boats",
        "Boats at dawn",
        "An early start.",
    ]
    assert external["thumb"]["ref"]["$link"] in double.blobs


@pytest.mark.parametrize(
    ("attachment", "embed"),
    [
        ("auto", "app.bsky.embed.images"),
        ("pictures", "app.bsky.embed.images"),
        ("card", "app.bsky.embed.external"),
        ("none", None),
    ],
)
def test_author_chooses_what_goes_along(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection, attachment: str, embed: str | None
) -> None:
    publish(bluesky, freeze(bluesky, account, make_pictured(options={"attachment": attachment})), account)

    (post,) = double.posts.values()
    assert post.raw.get("embed", {}).get("$type") == embed


def test_options_that_make_no_sense_are_complained_of(bluesky: Bluesky, account: Connection) -> None:
    content = make_content(canonical_url="", options={"attachment": "card", "language": "Deutsch!"})
    assert [one.part for one in bluesky.render(content, account).complaints] == ["canonical_url", "language"]


# ---------------------------------------------------------------- pictures


def test_pictures_carry_words_and_proportions(bluesky: Bluesky, double: BlueskyDouble, account: Connection) -> None:
    publish(bluesky, freeze(bluesky, account, make_pictured()), account)

    (post,) = double.posts.values()
    assert [(one["alt"], one["aspectRatio"]) for one in post.raw["embed"]["images"]] == [
        ("The harbour", {"width": 40, "height": 30}),
        ("Boats at dawn", {"width": 40, "height": 30}),
    ]


def test_large_picture_is_made_smaller_and_found_again(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    noise = io.BytesIO()
    Image.frombytes("RGB", (1_200, 900), os.urandom(1_200 * 900 * 3)).save(noise, "PNG", compress_level=1)
    large = replace(picture(ASSET_ID), width=1_200, height=900, size_bytes=noise.tell())
    order = freeze(bluesky, account, make_pictured(cover=None, pictures={ASSET_ID: large}))
    double.plan("put", commit_then_drop)
    files: dict[str, Any] = {ASSET_ID: noise.getvalue()}
    with pytest.raises(OutcomeUnknown):
        publish(bluesky, order, account, RecordedDesk(files=files))
    found = find(bluesky, order, account, RecordedDesk(files=files))

    (image,) = double.posts[found.id].raw["embed"]["images"]
    assert image["image"]["size"] <= 1_000_000
    assert image["aspectRatio"]["width"] / image["aspectRatio"]["height"] == pytest.approx(4 / 3, abs=0.01)
    assert len(double.blobs) == 1  # sent twice, the same bytes each time


def test_pictures_that_the_server_dropped_are_sent_again(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    order, desk = freeze(bluesky, account, make_pictured()), make_desk()
    bluesky.prepare(order, account, desk)
    double.drop_blobs()
    publish(bluesky, order, account, make_desk(kept=desk.kept))

    (post,) = double.posts.values()
    assert len(post.raw["embed"]["images"]) == 2


def test_picture_of_another_asset_is_not_needed_twice(
    bluesky: Bluesky, double: BlueskyDouble, account: Connection
) -> None:
    twin = {ASSET_ID: picture(ASSET_ID), COVER_ID: picture(COVER_ID)}  # two assets of one file
    body = f"The harbour ![One](asset:{ASSET_ID}) ![Other](asset:{COVER_ID})"
    publish(bluesky, freeze(bluesky, account, make_content(body=body, pictures=twin)), account)

    (post,) = double.posts.values()
    assert [one["alt"] for one in post.raw["embed"]["images"]] == ["One", "Other"]
    assert double.count("upload") == 1
