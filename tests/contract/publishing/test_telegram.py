"""What is particular about Telegram: a token in the address, entities, pictures with captions, rights of a bot."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nightdesk.core.errors import OperationalFault, OutcomeUnknown, Permanent, Throttled
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Content, Order, PictureGone, Published
from nightdesk.providers.publishing.telegram.chat import read_chat
from nightdesk.providers.publishing.telegram.publisher import Telegram
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, make_content, picture
from tests.contract.publishing.cases.telegram import CASE
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import commit_then_drop, say
from tests.support.platforms.telegram import CHAT_ID, TOKEN, TelegramServer
from tests.support.vendor_server import honest_but

LONG = "word " * 300  # 1,500 characters: too many below a picture, not for a text
PICTURES = {ASSET_ID: picture(ASSET_ID)}
BODY_WITH_PICTURE = f"![Boats](asset:{ASSET_ID})\n\nThe *harbour* slept."


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server
        assert server.errors == []


@pytest.fixture
def telegram(server: TelegramServer) -> Telegram:
    return Telegram(CASE.options_for(server))


@pytest.fixture
def connection(server: TelegramServer) -> Connection:
    return CASE.connection(server)


def freeze(telegram: Telegram, connection: Connection, content: Content) -> Order:
    rendering = telegram.render(content, connection)
    assert not rendering.is_blocked
    cover = {content.cover.asset_id: content.cover} if content.cover else {}
    moment = datetime.now(UTC)
    return Order(
        key="nd-1",
        slug="boats-nd-1",
        frozen_at=moment,
        payload=rendering.payload,
        pictures={**content.pictures, **cover},
        first_sent_at=moment,
    )


def publish(telegram: Telegram, connection: Connection, content: Content) -> Published:
    order = freeze(telegram, connection, content)
    return telegram.commit(order, {}, connection, RecordedDesk(files=dict(FILES)))


# ---------------------------------------------------------------- what arrives


def test_text_arrives_with_its_marks(server: TelegramServer, telegram: Telegram, connection: Connection) -> None:
    published = publish(telegram, connection, make_content(body="A 🦀 is **bold**.", tags=("sea life",)))

    assert published.url == f"https://t.me/harbour_news/{published.id}"
    (post,) = server.posts.values()
    assert post.text == "A 🦀 is bold.\n\n#SeaLife"
    assert post.raw["entities"] == [{"type": "bold", "offset": 8, "length": 4}]  # the crab is two units of UTF-16
    assert "link_preview_options" not in post.raw


def test_options_arrive_and_those_of_the_post_come_first(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    connection = replace(connection, options={"is_silent": "yes", "hide_previews": "yes", "topic": "12"})
    publish(telegram, connection, make_content(options={"is_silent": "no", "topic": "13"}))

    (post,) = server.posts.values()
    assert "disable_notification" not in post.raw
    assert (post.raw["message_thread_id"], post.raw["link_preview_options"]) == (13, {"is_disabled": True})


def test_one_picture_is_a_photo_with_a_caption(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    connection = replace(connection, options={"is_silent": "yes", "topic": "12"})
    content = make_content(body=BODY_WITH_PICTURE, tags=(), pictures=PICTURES)
    published = publish(telegram, connection, content)

    assert server.received == ["photo"]
    (post,) = server.posts.values()
    assert post.raw == {
        "caption": "The harbour slept.",
        "caption_entities": [{"type": "italic", "offset": 4, "length": 7}],
        "disable_notification": True,
        "message_thread_id": 12,
        "ids": [int(published.id)],
    }


def test_several_pictures_are_an_album_with_the_cover_first(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    content = make_content(body=BODY_WITH_PICTURE, tags=(), pictures=PICTURES, cover=picture(COVER_ID))
    published = publish(telegram, connection, content)

    assert server.received == ["album"]
    (post,) = server.posts.values()
    assert (post.text, post.raw["ids"]) == ("The harbour slept.", [41, 42])
    assert published.extra == {"messages": [41, 42], "pictures": [COVER_ID, ASSET_ID]}

    telegram.delete(published, connection, RecordedDesk())
    assert server.posts == {}


def test_text_that_is_too_long_below_a_picture_becomes_title_excerpt_and_link(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    publish(telegram, connection, make_content(body=f"{BODY_WITH_PICTURE}\n\n{LONG}", tags=(), pictures=PICTURES))

    (post,) = server.posts.values()
    assert post.text == "Boats at dawn\n\nAn early start.\n\nhttps://example.com/boats"


def test_private_channel_has_addresses_for_its_members() -> None:
    with TelegramServer(username="") as server:
        telegram = Telegram(CASE.options_for(server))
        credentials = {"bot_token": TOKEN, "chat": str(CHAT_ID), "server": server.root}
        connection = CASE.connection(server, credentials=credentials)
        published = publish(telegram, connection, make_content())
        standing = telegram.check(connection, RecordedDesk())

    assert published.url == f"https://t.me/c/1234567890/{published.id}"
    assert (standing.handle, standing.url) == ("Harbour news", "")
    assert server.errors == []


# ---------------------------------------------------------------- limits


def test_body_that_is_meant_is_held_against_the_room_below_pictures(telegram: Telegram, connection: Connection) -> None:
    content = make_content(body=f"{BODY_WITH_PICTURE}\n\n{LONG}", pictures=PICTURES, is_body_meant=True)
    rendering = telegram.render(content, connection)

    assert [one.message for one in rendering.complaints] == [
        "The body has 1519 characters; Telegram, below pictures, takes 1024. Shorten it by 495."
    ]
    assert not telegram.render(make_content(body=LONG, is_body_meant=True), connection).is_blocked


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size_bytes": 11_000_000}, "A picture has 11,000,000 bytes; Telegram takes 10,485,760. Make it smaller."),
        ({"width": 9_000, "height": 2_000}, "A picture has 9000 x 2000 pixels"),
        ({"width": 2_100, "height": 100}, "A picture has 2100 x 100 pixels"),
    ],
)
def test_picture_that_telegram_would_refuse_is_said_before(
    telegram: Telegram, connection: Connection, changes: dict[str, Any], words: str
) -> None:
    content = make_content(body=BODY_WITH_PICTURE, pictures={ASSET_ID: replace(picture(ASSET_ID), **changes)})
    (complaint,) = telegram.render(content, connection).complaints

    assert complaint.is_blocking
    assert complaint.message.startswith(words)


def test_eleven_pictures_are_too_many(telegram: Telegram, connection: Connection) -> None:
    ids = [letter * 24 for letter in "abcdefghijk"]
    body = "\n\n".join(f"![Boats](asset:{one})" for one in ids)
    rendering = telegram.render(make_content(body=body, pictures={one: picture(one) for one in ids}), connection)

    assert [one.message for one in rendering.complaints] == [
        "There are 11 images; Telegram, below pictures, takes 10. Take away 1."
    ]


def test_body_that_leaves_no_text_is_nothing(telegram: Telegram, connection: Connection) -> None:
    rendering = telegram.render(make_content(body="[harbour]: https://example.com/", tags=()), connection)

    assert [one.message for one in rendering.complaints] == ["There is nothing to publish. Write the body first."]


def test_topic_is_a_number(telegram: Telegram, connection: Connection) -> None:
    (complaint,) = telegram.render(make_content(options={"topic": "News"}), connection).complaints

    assert (complaint.part, complaint.is_blocking) == ("topic", True)


def test_preview_shows_pictures_first_and_each_once(telegram: Telegram, connection: Connection) -> None:
    content = make_content(body=BODY_WITH_PICTURE, tags=(), pictures={ASSET_ID: picture(ASSET_ID, '"><script>')})

    assert telegram.render(content, connection).preview_html == (
        f'<p><img src="asset:{ASSET_ID}" alt="&quot;&gt;&lt;script&gt;"></p>\n<p>The <em>harbour</em> slept.</p>\n'
    )


# ---------------------------------------------------------------- accounts


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ({"status": "left"}, "The bot is not in this chat"),
        ({"status": "kicked"}, "The bot is not in this chat"),
        ({"status": "administrator", "can_post_messages": False}, "may not post"),
        ({"status": "member"}, "may not post"),
        ({"status": "restricted", "can_send_messages": False}, "may not post"),
    ],
)
def test_bot_that_may_not_write_is_refused(
    server: TelegramServer, telegram: Telegram, connection: Connection, member: dict[str, Any], words: str
) -> None:
    server.member = member
    with pytest.raises(AccountRefused, match=words):
        telegram.check(connection, RecordedDesk())


def test_member_of_a_group_may_write_where_the_group_lets_members(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    server.member = {"status": "member"}
    server.chat |= {"type": "supergroup", "permissions": {"can_send_messages": True}}
    standing = telegram.check(connection, RecordedDesk())
    assert standing.learned == {"chat_id": CHAT_ID, "chat": "harbour_news", "bot": "harbour_bot"}

    server.chat["permissions"] = {"can_send_messages": False}
    with pytest.raises(AccountRefused):
        telegram.check(connection, RecordedDesk())


@pytest.mark.parametrize("token", ["", "no token", "123456:short", f"{TOKEN}/../x", f"{TOKEN}?a=b"])
def test_token_that_cannot_be_one_is_not_sent(server: TelegramServer, telegram: Telegram, token: str) -> None:
    connection = CASE.connection(
        server, credentials={"bot_token": token, "chat": "@harbour_news", "server": server.root}
    )
    with pytest.raises(AccountRefused, match="This is no token of a Telegram bot"):
        telegram.check(connection, RecordedDesk())

    assert server.received == []


def test_chat_that_is_not_found_is_said_so(server: TelegramServer, telegram: Telegram, connection: Connection) -> None:
    server.chat["id"], server.chat["username"] = -1, "elsewhere"
    with pytest.raises(Permanent, match="Telegram finds no such chat"):
        telegram.check(connection, RecordedDesk())


@pytest.mark.parametrize(
    ("written", "chat"),
    [
        ("@harbour_news", "@harbour_news"),
        ("harbour_news", "@harbour_news"),
        (" https://t.me/harbour_news/12 ", "@harbour_news"),
        ("t.me/s/harbour_news", "@harbour_news"),
        ("https://t.me/c/1234567890/7", CHAT_ID),
        ("-1001234567890", CHAT_ID),
        ("7", 7),
    ],
)
def test_chat_is_read_as_people_write_it(written: str, chat: int | str) -> None:
    assert read_chat(written) == chat


@pytest.mark.parametrize("written", ["", "@", "https://example.com/harbour", "two words", "1.5"])
def test_chat_that_is_none_is_said_so(written: str) -> None:
    with pytest.raises(Permanent, match="The chat must be a name"):
        read_chat(written)


# ---------------------------------------------------------------- refusals and questions


def refusal(status: int, description: str, **parameters: Any) -> Any:
    return say(status, {"ok": False, "error_code": status, "description": description, "parameters": parameters})


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(403, "Forbidden: bot was kicked from the channel chat"), AccountRefused, "may not write"),
        (refusal(400, "Bad Request: need administrator rights in the channel chat"), AccountRefused, "may not write"),
        (refusal(400, "Bad Request: message thread not found"), Permanent, "no such topic"),
        (refusal(400, "Bad Request: something new"), Permanent, "Check the post and the account"),
        (
            refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=CHAT_ID),
            Permanent,
            "has a new number, -1001234567890",
        ),
    ],
)
def test_refusal_says_what_to_do(
    server: TelegramServer,
    telegram: Telegram,
    connection: Connection,
    answer: Any,
    kind: type[OperationalFault],
    words: str,
) -> None:
    server.plan("send", answer)
    with pytest.raises(kind, match=words):
        publish(telegram, connection, make_content())
    assert server.count("send") == 1


def test_pause_that_only_the_body_tells_is_obeyed(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    server.plan("send", refusal(429, "Too Many Requests: retry after 35", retry_after=35))
    with pytest.raises(Throttled, match="in 35 s") as raised:
        publish(telegram, connection, make_content())

    assert raised.value.retry_after_s == 35


def test_lost_answer_of_an_album_is_not_sent_again(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    content = make_content(body=BODY_WITH_PICTURE, pictures=PICTURES, cover=picture(COVER_ID))
    order = freeze(telegram, connection, content)
    server.plan("album", commit_then_drop)
    with pytest.raises(OutcomeUnknown):
        telegram.commit(order, {}, connection, RecordedDesk(files=dict(FILES)))
    with pytest.raises(OutcomeUnknown, match="Look into the chat"):
        telegram.find(order, {}, connection, RecordedDesk())

    assert (server.received, len(server.posts)) == (["album"], 1)


@pytest.mark.parametrize("change", [lambda body: {**body, "result": []}, lambda body: {"ok": True}, lambda _: [1]])
def test_answer_without_a_message_is_an_open_question(
    server: TelegramServer, telegram: Telegram, connection: Connection, change: Any
) -> None:
    server.plan("send", honest_but(change))
    with pytest.raises(OutcomeUnknown):
        publish(telegram, connection, make_content())


def test_missing_file_is_said_before_anything_is_sent(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    order = freeze(telegram, connection, make_content(body=BODY_WITH_PICTURE, pictures=PICTURES))
    with pytest.raises(PictureGone):
        telegram.commit(order, {}, connection, RecordedDesk())

    assert server.received == []


# ---------------------------------------------------------------- changes


def test_caption_is_changed_and_pictures_are_not(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    published = publish(telegram, connection, make_content(body=BODY_WITH_PICTURE, tags=(), pictures=PICTURES))
    changed = make_content(body=f"![Boats](asset:{ASSET_ID})\n\nNoon.", tags=(), pictures=PICTURES)
    telegram.update(freeze(telegram, connection, changed), published, connection, RecordedDesk())
    (post,) = server.posts.values()
    assert post.text == "Noon."

    with pytest.raises(Permanent, match="not its pictures"):
        telegram.update(freeze(telegram, connection, make_content()), published, connection, RecordedDesk())
    assert server.count("edit_caption") == 1


def test_message_that_is_gone_cannot_be_changed(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    published = publish(telegram, connection, make_content())
    server.posts.clear()
    order = freeze(telegram, connection, make_content(body="Noon."))
    with pytest.raises(Permanent, match="Publish the post as a new one"):
        telegram.update(order, published, connection, RecordedDesk())


def test_message_that_is_too_old_to_delete_is_said_so(
    server: TelegramServer, telegram: Telegram, connection: Connection
) -> None:
    published = publish(telegram, connection, make_content())
    server.plan("delete", refusal(400, "Bad Request: message can't be deleted for everyone"))
    with pytest.raises(Permanent, match="within 48 hours"):
        telegram.delete(published, connection, RecordedDesk())
