"""What is particular about dev.to: drafts without a mark of ours, titles that rest, pictures that are fetched."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent, Throttled, Transient
from nightdesk.providers.publishing.forem.publisher import Forem
from nightdesk.providers.publishing.forem.rendering import write_tags
from nightdesk.providers.publishing.protocol import Connection, Content, NotThere, Order
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, make_content, picture
from tests.contract.publishing.cases.forem import CASE
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import commit_then_drop, say, send_html
from tests.support.platforms.forem import ForemServer


@pytest.fixture
def server() -> Iterator[ForemServer]:
    with ForemServer() as server:
        yield server
        assert server.errors == []


@pytest.fixture
def forem(server: ForemServer) -> Forem:
    return Forem(CASE.options_for(server))


@pytest.fixture
def connection(server: ForemServer) -> Connection:
    return CASE.connection(server)


def freeze(forem: Forem, connection: Connection, content: Content | None = None) -> Order:
    wanted = content or make_content()
    rendering = forem.render(wanted, connection)
    assert not rendering.is_blocked
    cover = {wanted.cover.asset_id: wanted.cover} if wanted.cover else {}
    moment = datetime.now(UTC)
    return Order(
        key="nd-1",
        slug="boats-nd-1",
        frozen_at=moment,
        payload=rendering.payload,
        pictures={**wanted.pictures, **cover},
        first_sent_at=moment,
    )


def complaints_of(forem: Forem, connection: Connection, **changes: Any) -> dict[str, str]:
    found = forem.render(make_content(**changes), connection).complaints
    return {one.part: one.message for one in found if one.is_blocking}


# ---------------------------------------------------------------- drafts


def test_draft_whose_answer_was_lost_is_found_by_its_words(
    server: ForemServer, forem: Forem, connection: Connection
) -> None:
    order = freeze(forem, connection)
    server.plan("create", commit_then_drop)
    with pytest.raises(Transient):
        forem.prepare(order, connection, RecordedDesk())
    (draft,) = server.drafts

    assert forem.prepare(order, connection, RecordedDesk()) == {"draft": int(draft)}
    assert server.count("create") == 1


def test_title_that_was_just_used_means_to_look(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order = freeze(forem, connection)
    draft = forem.prepare(order, connection, RecordedDesk())["draft"]
    # The server is still busy with the first request while the second run looks: it sees nothing yet.
    server.plan("list", say(200, []))

    assert forem.prepare(order, connection, RecordedDesk()) == {"draft": draft}
    assert server.count("create") == 2
    assert len(server.drafts) == 1


def test_title_of_another_article_is_waited_out(server: ForemServer, forem: Forem, connection: Connection) -> None:
    forem.prepare(freeze(forem, connection), connection, RecordedDesk())
    other = freeze(forem, connection, make_content(body="Other words.", canonical_url=""))
    with pytest.raises(Throttled, match="only once in five minutes") as raised:
        forem.prepare(other, connection, RecordedDesk())
    assert raised.value.retry_after_s == 300

    server.age(301)
    forem.prepare(other, connection, RecordedDesk())
    assert len(server.drafts) == 2


def test_published_article_with_the_same_words_is_not_taken_for_the_draft(
    server: ForemServer, forem: Forem, connection: Connection
) -> None:
    order = freeze(forem, connection, make_content(canonical_url=""))
    desk = RecordedDesk()
    first = forem.commit(order, forem.prepare(order, connection, desk), connection, desk)
    server.age(301)
    again = forem.prepare(order, connection, RecordedDesk())

    assert str(again["draft"]) != first.id
    assert len(server.posts) == 1


def test_draft_is_found_among_many(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order = freeze(forem, connection)
    draft = forem.prepare(order, connection, RecordedDesk())
    server.write_articles(40, published=False)
    server.write_articles(40)

    assert forem.prepare(order, connection, RecordedDesk()) == draft
    # Two pages with drafts of the account; the articles behind them are not read.
    server.remove(str(draft["draft"]))
    server.age(301)
    server.received.clear()
    forem.prepare(order, connection, RecordedDesk())
    assert server.received == ["list", "list", "list", "create"]


def test_article_is_found_on_a_later_page(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order = freeze(forem, connection)
    desk = RecordedDesk()
    prepared = forem.prepare(order, connection, desk)
    published = forem.commit(order, prepared, connection, desk)
    server.write_articles(70)

    assert forem.find(order, prepared, connection, desk) == published


def test_draft_that_somebody_deleted_is_said_so(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order, desk = freeze(forem, connection), RecordedDesk()
    prepared = forem.prepare(order, connection, desk)
    server.remove(str(prepared["draft"]))

    with pytest.raises(NotThere):
        forem.find(order, prepared, connection, desk)
    with pytest.raises(Permanent, match=r"was deleted on dev\.to"):
        forem.commit(order, prepared, connection, desk)
    assert server.posts == {}


def test_list_that_is_none_is_looked_at_later(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order, desk = freeze(forem, connection), RecordedDesk()
    prepared = forem.prepare(order, connection, desk)
    server.plan("change", commit_then_drop)
    with pytest.raises(OutcomeUnknown):
        forem.commit(order, prepared, connection, desk)
    server.plan("list", send_html)

    with pytest.raises(Transient, match="did not answer properly"):
        forem.find(order, prepared, connection, desk)
    assert forem.find(order, prepared, connection, desk).id == str(prepared["draft"])


def test_two_writes_within_a_second_are_waited_for() -> None:
    with ForemServer(write_period_s=1.0) as server:
        forem, connection = Forem(CASE.options_for(server)), CASE.connection(server)
        order, desk = freeze(forem, connection), RecordedDesk()
        begun = time.monotonic()
        forem.commit(order, forem.prepare(order, connection, desk), connection, desk)

        assert time.monotonic() - begun > 0.9
        assert (len(server.posts), server.errors) == (1, [])


# ---------------------------------------------------------------- refusals


def test_canonical_address_of_another_article_is_named(
    server: ForemServer, forem: Forem, connection: Connection
) -> None:
    for title in ("One", "Two"):
        order, desk = freeze(forem, connection, make_content(title=title)), RecordedDesk()
        prepared = forem.prepare(order, connection, desk)
        if title == "One":
            forem.commit(order, prepared, connection, desk)
    with pytest.raises(Permanent, match="has an article with this canonical address already"):
        forem.commit(order, prepared, connection, desk)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (say(403, {"error": "forbidden"}), "may be suspended"),
        (say(422, {"error": "Tag list exceed the maximum of 4 tags"}), "Use at most 4"),
        (say(422, {"error": "Series is odd"}), "series and organization"),
    ],
)
def test_refusal_says_what_to_do(
    server: ForemServer, forem: Forem, connection: Connection, answer: Any, words: str
) -> None:
    server.plan("create", answer)
    with pytest.raises(Permanent, match=words):
        forem.prepare(freeze(forem, connection), connection, RecordedDesk())


def test_address_without_a_forem_is_said_so(server: ForemServer, forem: Forem, connection: Connection) -> None:
    for answer in (say(404, "Not found"), send_html):
        server.plan("user", answer)
        with pytest.raises(Permanent, match="There is no Forem at this address"):
            forem.check(connection, RecordedDesk())


def test_article_that_is_gone_cannot_be_changed(server: ForemServer, forem: Forem, connection: Connection) -> None:
    order, desk = freeze(forem, connection), RecordedDesk()
    published = forem.commit(order, forem.prepare(order, connection, desk), connection, desk)
    server.remove(published.id)

    with pytest.raises(Permanent, match="Publish the post as a new one"):
        forem.update(order, published, connection, desk)
    forem.delete(published, connection, desk)


# ---------------------------------------------------------------- what is written


def test_every_field_arrives(server: ForemServer, forem: Forem, connection: Connection) -> None:
    content = make_content(
        body=f"![Boats at dawn](asset:{ASSET_ID})\n\nThey slept.",
        tags=("Content Marketing", "c++", "content-marketing"),
        pictures={ASSET_ID: picture(ASSET_ID)},
        cover=picture(COVER_ID),
        options={"organization_id": "42"},
    )
    connection = replace(connection, options={"series": "Harbours", "organization_id": "7"})
    forem.prepare(freeze(forem, connection, content), connection, RecordedDesk())

    (draft,) = server.drafts.values()
    assert {name: value for name, value in draft.raw.items() if name != "created_at"} == {
        "title": "Boats at dawn",
        "body_markdown": (f"![Boats at dawn](https://desk.example.com/journal/pictures/{ASSET_ID}/)\n\nThey slept."),
        "description": "An early start.",
        "tags": ["contentmarketing", "c"],
        "canonical_url": "https://example.com/boats",
        "main_image": f"https://desk.example.com/journal/pictures/{COVER_ID}/",
        "series": "Harbours",
        "organization_id": 42,
        "published": False,
    }


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("---\npublished: true\n---\n\nHello", "***\npublished: true\n---\n\nHello"),
        ("\n---\npublished: true\n---\n", "\n***\npublished: true\n---\n"),
        ("--- said he", "\\--- said he"),
        ("    ---\npublished: true\n---\n", "<!-- -->\n\n    ---\npublished: true\n---\n"),
        ("One\n\n---\n\nTwo", "One\n\n---\n\nTwo"),
    ],
)
def test_body_is_not_read_as_settings(
    server: ForemServer, forem: Forem, connection: Connection, body: str, written: str
) -> None:
    forem.prepare(freeze(forem, connection, make_content(body=body)), connection, RecordedDesk())

    assert server.posts == {}
    assert [draft.text for draft in server.drafts.values()] == [written]


def test_pictures_that_nobody_can_fetch_are_blocked(forem: Forem, connection: Connection) -> None:
    here = replace(picture(ASSET_ID), public_url="")
    found = complaints_of(forem, connection, body=f"![Boats](asset:{ASSET_ID})", pictures={ASSET_ID: here}, cover=here)

    assert found == {"cover": found["images"], "images": found["images"]}
    assert found["images"] == (
        "dev.to fetches pictures from this installation, which only this machine can reach. Set NIGHTDESK_BASE_URL to a "
        "public address, or leave the pictures out."
    )


@pytest.mark.parametrize(
    ("changes", "part", "message"),
    [
        ({"tags": ("a", "b", "c", "d", "e")}, "tags", "There are 5 tags; dev.to takes 4. Take away 1."),
        ({"tags": ("a" * 31,)}, "tags", f"The tag {'a' * 30}… has 31 letters; dev.to takes 30. Shorten it."),
        ({"title": " "}, "title", "dev.to wants a title. Write one first."),
        ({"title": "x" * 130}, "title", "The title has 130 characters; dev.to takes 128. Shorten it by 2."),
        (
            {"canonical_url": "http://localhost:8000/a/"},
            "canonical_url",
            "dev.to takes no canonical address that only a local network knows. Use a public one, or leave it empty.",
        ),
        (
            {"options": {"organization_id": "ours"}},
            "organization_id",
            "The organization's id is a number. Correct it, or leave it empty.",
        ),
        (
            {"body": f"![x](asset:{ASSET_ID})"},
            "images",
            "A picture in the body is gone. Choose another one, or take it out.",
        ),
    ],
)
def test_what_dev_to_would_refuse_is_said_before(
    forem: Forem, connection: Connection, changes: dict[str, Any], part: str, message: str
) -> None:
    assert complaints_of(forem, connection, **changes) == {part: message}


def test_what_may_surprise_is_said_and_does_not_block(forem: Forem, connection: Connection) -> None:
    rendering = forem.render(make_content(tags=("boats", "★"), body="Write {{ name }} here."), connection)

    assert not rendering.is_blocked
    assert [one.message for one in rendering.complaints] == [
        "The tag '★' is left out: dev.to takes letters and digits only.",
        "dev.to takes {% and {{ in the body for commands of its own. Look at the post after publishing.",
    ]


def test_tags_are_small_letters_and_digits_each_once() -> None:
    assert write_tags(("Web Dev", "webdev", "C#", "Größe", "2026", "#", "")) == ["webdev", "c", "größe", "2026"]
