"""What every platform's adapter promises, against its double: the same for all of them."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from nightdesk.core.errors import NightdeskError, OperationalFault, OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
    Content,
    NotThere,
    Order,
    PictureGone,
    Published,
    Publisher,
)
from nightdesk.providers.publishing.registry import PUBLISHERS
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, Case, find_cases, make_content, picture
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import (
    PlatformDouble,
    commit_then,
    commit_then_drop,
    drop_before,
    hang,
    say,
    send_html,
    throttle,
)
from tests.support.works import Stopped

CASES = find_cases()
KEY = "nd-41-2f6c"


@dataclass
class Setting:
    """One platform with its double, and an order that was frozen."""

    case: Case
    double: Any
    publisher: Publisher
    connection: Connection
    desk: RecordedDesk

    @property
    def certainty(self) -> Certainty:
        return self.publisher.info.certainty

    def freeze(self, content: Content | None = None) -> Order:
        """Render and freeze a post as the app does."""
        wanted = content or make_content()
        payload = json.loads(json.dumps(dict(self.publisher.render(wanted, self.connection).payload)))
        pictures = {**wanted.pictures, **({wanted.cover.asset_id: wanted.cover} if wanted.cover else {})}
        moment = datetime.now(UTC)
        return Order(
            key=KEY,
            slug=f"boats-at-dawn-{KEY}",
            frozen_at=moment,
            payload=payload,
            pictures=pictures,
            first_sent_at=moment,
        )

    def publish(self, order: Order, desk: RecordedDesk | None = None) -> Published:
        """Prepare and commit."""
        at = desk or self.desk
        return self.publisher.commit(order, self.publisher.prepare(order, self.connection, at), self.connection, at)

    def find(self, order: Order) -> Published:
        """Look with a new desk that has the memory of the old one, as the next run does."""
        desk = RecordedDesk(files=FILES, kept=self.desk.kept)
        return self.publisher.find(order, self.publisher.prepare(order, self.connection, desk), self.connection, desk)


@pytest.fixture(params=CASES, ids=lambda case: str(case.platform))
def at(request: pytest.FixtureRequest) -> Iterator[Setting]:
    case: Case = request.param
    with case.double() as double:
        module, _, name = PUBLISHERS[case.platform].partition(":")
        publisher: Publisher = getattr(import_module(module), name)(case.options_for(double))
        connection = case.connection(double)
        if case.learned is None:
            standing = publisher.check(connection, RecordedDesk())
            connection = replace(connection, learned=json.loads(json.dumps(dict(standing.learned))))
        yield Setting(case, double, publisher, connection, RecordedDesk(files=dict(FILES)))
        assert double.errors == []


def test_check_says_who_the_account_is_and_changes_nothing(at: Setting) -> None:
    standing = at.publisher.check(at.connection, at.desk)

    assert standing.handle
    assert (at.double.posts, at.double.drafts) == ({}, {})
    assert not any(secret in json.dumps(dict(standing.learned)) for secret in at.double.secrets)


def test_check_of_a_revoked_account_asks_to_reconnect(at: Setting) -> None:
    if not at.case.check_sees_revoked:
        pytest.skip("this platform tells only whoever posts")
    at.double.revoke()
    with pytest.raises(AccountRefused):
        at.publisher.check(at.case.connection(at.double, account_id=8), at.desk)


def test_render_is_pure_and_its_payload_is_json(at: Setting) -> None:
    first, second = (at.publisher.render(make_content(), at.connection) for _ in range(2))

    assert first == second
    assert json.loads(json.dumps(dict(first.payload))) == dict(first.payload)
    assert not first.is_blocked
    assert first.preview_html
    assert not any(secret in json.dumps(dict(first.payload)) for secret in at.double.secrets)


def test_render_complains_of_nothing_to_publish(at: Setting) -> None:
    rendering = at.publisher.render(make_content(body="  \n"), at.connection)

    assert rendering.is_blocked
    assert [one.message for one in rendering.complaints if one.part == "body" and one.is_blocking] == [
        "There is nothing to publish. Write the body first."
    ]


def test_render_complains_of_a_broken_limit_with_numbers(at: Setting) -> None:
    part, changes = at.case.over
    rendering = at.publisher.render(make_content(**changes), at.connection)

    blocking = [one.message for one in rendering.complaints if one.is_blocking and one.part == part]
    assert blocking
    assert any(character.isdecimal() for character in blocking[0])


def test_counts_are_those_of_the_limits(at: Setting) -> None:
    limits = {(one.part, one.most) for one in at.publisher.limits(at.connection)}
    limits |= {(one.part, one.most_bytes) for one in at.publisher.limits(at.connection) if one.most_bytes}
    counts = at.publisher.render(make_content(), at.connection).counts

    assert {(one.part, one.most) for one in counts} <= limits
    assert not [one for one in counts if one.is_over]


def test_post_appears_once_with_its_words_and_address(at: Setting) -> None:
    published = at.publish(at.freeze())

    assert len(at.double.posts) == 1
    (post,) = at.double.posts.values()
    assert "harbour" in at.case.find_text(post)
    assert published.id == post.id
    assert at.double.count_commits() == 1


def test_prepare_twice_makes_nothing_twice(at: Setting) -> None:
    order = at.freeze()
    at.publisher.prepare(order, at.connection, at.desk)
    drafts, requests = dict(at.double.drafts), len(at.double.requests)
    at.publisher.prepare(order, at.connection, RecordedDesk(files=dict(FILES), kept=at.desk.kept))

    assert at.double.drafts == drafts
    assert len(at.double.requests) == requests
    assert at.double.posts == {}


def test_draft_that_was_made_but_not_remembered_is_found_again(at: Setting) -> None:
    order = at.freeze()
    at.publisher.prepare(order, at.connection, at.desk)
    at.publisher.prepare(order, at.connection, RecordedDesk(files=dict(FILES)))

    assert len(at.double.drafts) <= 1


def test_commit_again_makes_no_second_post_where_the_platform_can_know(at: Setting) -> None:
    if at.certainty is Certainty.NONE:
        pytest.skip("nobody can know here: one attempt, then a person decides")
    order = at.freeze()
    first = at.publish(order)
    again = at.publish(order, RecordedDesk(files=dict(FILES), kept=at.desk.kept))

    assert len(at.double.posts) == 1
    assert again.id == first.id


@pytest.mark.parametrize("fault", [commit_then_drop, commit_then(504)], ids=["dropped", "gateway"])
def test_lost_answer_is_an_open_question_and_find_answers_it(at: Setting, fault: Any) -> None:
    order = at.freeze()
    at.double.plan(at.double.commits[-1], fault)
    with pytest.raises(OutcomeUnknown):
        at.publish(order)

    if at.certainty is Certainty.NONE:
        with pytest.raises(OutcomeUnknown):
            at.find(order)
        return
    try:
        found = at.find(order)
    except NotThere:  # the platform's key makes the same call again harmless
        assert at.certainty is Certainty.KEY
        found = at.publish(order, RecordedDesk(files=dict(FILES), kept=at.desk.kept))
    assert [post.id for post in at.double.posts.values()] == [found.id]


def test_post_that_did_not_arrive_is_not_found(at: Setting) -> None:
    order = at.freeze()
    at.double.plan(at.double.commits[-1], drop_before)
    with pytest.raises(OutcomeUnknown):
        at.publish(order)

    with pytest.raises(OutcomeUnknown if at.certainty is Certainty.NONE else NotThere):
        at.find(order)
    assert at.double.posts == {}


def test_short_pause_is_waited_for(at: Setting) -> None:
    at.double.plan(at.double.commits[-1], throttle(0.01))
    at.publish(at.freeze())

    assert len(at.double.posts) == 1


def test_long_pause_is_handed_on(at: Setting) -> None:
    at.double.plan(at.double.commits[-1], throttle(120))
    with pytest.raises(Throttled) as raised:
        at.publish(at.freeze())

    assert raised.value.retry_after_s == pytest.approx(120, abs=1)
    assert at.double.posts == {}


def test_refusal_is_final_and_leaves_nothing(at: Setting) -> None:
    at.double.plan(at.double.commits[-1], say(400, {"error": "no", "message": "no"}))
    with pytest.raises(Permanent) as raised:
        at.publish(at.freeze())

    assert not isinstance(raised.value, AccountRefused)
    assert at.double.posts == {}


def test_failure_of_the_server_is_an_open_question(at: Setting) -> None:
    at.double.plan(at.double.commits[-1], say(500, "oops"))
    with pytest.raises(OutcomeUnknown):
        at.publish(at.freeze())


def test_html_instead_of_an_answer_is_an_open_question(at: Setting) -> None:
    if not at.case.reads_answers:
        pytest.skip("here any 2xx means that it was taken")
    at.double.plan(at.double.commits[-1], send_html)
    with pytest.raises(OutcomeUnknown):
        at.publish(at.freeze())


def test_account_that_was_revoked_meanwhile_is_said_so(at: Setting) -> None:
    order = at.freeze()
    at.double.revoke()
    with pytest.raises(AccountRefused):
        at.publish(order)
    assert at.double.posts == {}


def test_cancel_stops_a_call_that_hangs(at: Setting) -> None:
    order = at.freeze()
    prepared = at.publisher.prepare(order, at.connection, at.desk)
    at.double.plan(at.double.commits[-1], hang)
    desk = RecordedDesk(files=dict(FILES), stop_when=lambda one: one.looks >= 3)
    begun = time.monotonic()
    with pytest.raises(Stopped):
        at.publisher.commit(order, prepared, at.connection, desk)

    assert time.monotonic() - begun < 1.5


def test_find_that_cannot_look_says_so(at: Setting) -> None:
    if at.certainty is Certainty.NONE:
        pytest.skip("there is nothing to look at")
    order = at.freeze()
    at.double.plan(at.double.commits[-1], commit_then_drop)
    with pytest.raises(OutcomeUnknown):
        at.publish(order)
    at.double.close()
    # Where the same key again is harmless, nobody needs to be asked.
    with pytest.raises((Transient, NotThere) if at.certainty is Certainty.KEY else Transient):
        at.find(order)


def test_pictures_go_along_with_their_words(at: Setting) -> None:
    if not at.case.takes_pictures:
        pytest.skip("this platform takes no pictures")
    content = make_content(
        body=f"Look:\n\n![Three boats in a row](asset:{ASSET_ID})\n\nThe harbour slept.",
        pictures={ASSET_ID: picture(ASSET_ID, "Three boats in a row")},
        cover=picture(COVER_ID, "The harbour"),
    )
    at.publish(at.freeze(content))

    (post,) = at.double.posts.values()
    assert "asset:" not in json.dumps(post.raw, default=str)
    assert not at.case.keeps_alt or "Three boats in a row" in json.dumps(post.raw, default=str)


def test_picture_whose_file_is_gone_is_said_before_anything_is_visible(at: Setting) -> None:
    if not (at.case.takes_pictures and at.case.uploads_pictures):
        pytest.skip("this platform is sent no files")
    content = make_content(body=f"![Boats](asset:{ASSET_ID})\n\nLook.", pictures={ASSET_ID: picture(ASSET_ID)})
    order = at.freeze(content)
    with pytest.raises(PictureGone):
        at.publish(order, RecordedDesk())

    assert at.double.posts == {}


def test_update_changes_the_post_that_is_there(at: Setting) -> None:
    if not at.publisher.info.can_update:
        pytest.skip("this platform changes nothing that was posted")
    published = at.publish(at.freeze())
    changed = at.freeze(make_content(title="Boats at noon", body="The harbour woke at noon."))
    desk = RecordedDesk(files=dict(FILES))
    for _ in range(2):
        again = at.publisher.update(changed, published, at.connection, desk)

    (post,) = at.double.posts.values()
    assert again.id == post.id
    assert "noon" in at.case.find_text(post)


def test_delete_takes_the_post_away_and_may_be_repeated(at: Setting) -> None:
    if not at.publisher.info.can_delete:
        pytest.skip("this platform takes nothing back")
    published = at.publish(at.freeze())
    for _ in range(2):
        at.publisher.delete(published, at.connection, RecordedDesk())

    assert at.double.posts == {}


FAULTS = {
    "refused": say(400, {"error": "no", "message": "no"}),
    "failed": say(500, "oops"),
    "throttled": throttle(300),
    "dropped": drop_before,
    "html": send_html,
    "forbidden": say(403, {"error": "forbidden"}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_secret_gets_into_errors_or_logs(at: Setting, fault: Any, caplog: pytest.LogCaptureFixture) -> None:
    if fault is send_html and not at.case.reads_answers:
        pytest.skip("here any 2xx means that it was taken")
    caplog.set_level(logging.DEBUG)
    order = at.freeze()
    at.double.plan(at.double.commits[-1], *[fault] * 3)
    with pytest.raises(NightdeskError) as raised:
        at.publish(order)

    said = [caplog.text, str(raised.value), repr(raised.value), repr(raised.value.__cause__)]
    said += [repr(raised.value.__context__), repr(at.connection)]
    assert isinstance(raised.value, OperationalFault)
    assert at.double.secrets
    assert not [secret for secret in at.double.secrets for text in said if secret in text]


def test_doubles_count(at: Setting) -> None:
    assert isinstance(at.double, PlatformDouble)
    assert at.double.commits
