"""What only Discord, Slack and the signed webhook have: addresses that are secrets, files, words for a no, ids."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.discord.publisher import Discord
from nightdesk.providers.publishing.line import Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Order
from nightdesk.providers.publishing.slack.publisher import Slack
from nightdesk.providers.publishing.webhook.publisher import Webhook
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, make_content, picture
from tests.contract.publishing.cases.discord import CASE as DISCORD
from tests.contract.publishing.cases.slack import CASE as SLACK
from tests.contract.publishing.cases.webhook import CASE as WEBHOOK
from tests.contract.publishing.test_platforms import Setting
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.discord import CHANNEL_ID, GUILD_ID, THREAD_ID, DiscordDouble
from tests.support.platforms.double import say
from tests.support.platforms.receiver import ReceiverDouble
from tests.support.platforms.slack import SlackDouble
from tests.support.vendor_server import send_raw


def _set_up(case: Any, adapter: Any, double: Any) -> Setting:
    return Setting(
        case, double, adapter(case.options_for(double)), case.connection(double), RecordedDesk(files=dict(FILES))
    )


@pytest.fixture
def discord() -> Iterator[Setting]:
    with DiscordDouble() as double:
        yield _set_up(DISCORD, Discord, double)
        assert double.errors == []


@pytest.fixture
def slack() -> Iterator[Setting]:
    with SlackDouble() as double:
        yield _set_up(SLACK, Slack, double)
        assert double.errors == []


@pytest.fixture
def webhook() -> Iterator[Setting]:
    with ReceiverDouble() as double:
        yield _set_up(WEBHOOK, Webhook, double)
        assert double.errors == []


def illustrated(at: Setting, **changes: Any) -> Order:
    pictures = {ASSET_ID: picture(ASSET_ID)}
    body = f"The harbour.\n\n![Boats at dawn](asset:{ASSET_ID})"
    return at.freeze(make_content(body=body, pictures=pictures, cover=picture(COVER_ID, "A pier"), **changes))


@pytest.mark.parametrize(
    ("adapter", "url"),
    [
        (Discord, "https://discord.com.example.org/api/webhooks/1/made-up-token"),
        (Discord, "http://discord.com/api/webhooks/1/made-up-token"),
        (Discord, "https://discord.com:8443/api/webhooks/1/made-up-token"),
        (Discord, "https://discord.com/api/users/made-up-token"),
        (Discord, "https://made-up-token@discord.com/api/webhooks/1/made-up-token"),
        (Slack, "https://hooks.slack.com/made-up-token"),
        (Slack, "https://127.0.0.1/services/made-up-token"),
        (Slack, "made-up-token"),
    ],
)
def test_address_of_another_place_is_refused_without_repeating_it(adapter: Any, url: str) -> None:
    connection = Connection(account_id=1, credentials={"webhook_url": url})
    with pytest.raises(Permanent, match="not the address of a webhook") as raised:
        adapter(PublishingOptions()).check(connection, RecordedDesk())

    assert "made-up-token" not in str(raised.value)


def test_message_of_discord_has_pictures_with_their_words_and_an_address(discord: Setting) -> None:
    standing = discord.publisher.check(discord.connection, discord.desk)
    discord.connection = replace(discord.connection, learned=standing.learned)

    published = discord.publish(illustrated(discord))

    (post,) = discord.double.posts.values()
    assert [one["description"] for one in post.raw["attachments"]] == ["A pier", "Boats at dawn"]
    assert post.raw["files"] == 2
    assert published.url == post.url == f"https://discord.com/channels/{GUILD_ID}/{CHANNEL_ID}/{published.id}"


def test_message_in_a_thread_of_discord_is_changed_and_deleted_there(discord: Setting) -> None:
    published = discord.publish(discord.freeze(make_content(options={"thread_id": THREAD_ID, "hide_previews": "true"})))
    (post,) = discord.double.posts.values()
    assert (post.raw["channel_id"], post.raw["flags"]) == (THREAD_ID, 4)

    discord.publisher.update(illustrated(discord), published, discord.connection, discord.desk)
    assert discord.double.posts[published.id].raw["files"] == 2
    discord.publisher.delete(published, discord.connection, discord.desk)
    assert discord.double.posts == {}
    with pytest.raises(Permanent, match="not in the channel any more"):
        discord.publisher.update(discord.freeze(), published, discord.connection, discord.desk)


def test_pause_in_the_body_of_discord_is_waited_for(discord: Setting) -> None:
    discord.double.plan("execute", say(429, {"message": "slow down", "retry_after": 0.03, "global": False}))
    discord.publish(discord.freeze())

    assert (discord.double.count_commits(), len(discord.double.posts)) == (2, 1)


def test_thread_that_is_no_number_is_complained_of(discord: Setting) -> None:
    rendering = discord.publisher.render(make_content(options={"thread_id": "news"}), discord.connection)

    assert [one.part for one in rendering.complaints if one.is_blocking] == ["thread_id"]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((403, "invalid_token"), AccountRefused),
        ((404, "no_service"), AccountRefused),
        ((404, "channel_not_found"), AccountRefused),
        ((410, "channel_is_archived"), AccountRefused),
        ((400, "no_active_hooks"), AccountRefused),
        ((400, "invalid_payload"), Refused),
        ((500, "rollup_error"), OutcomeUnknown),
    ],
)
def test_words_of_slack_are_understood(slack: Setting, refusal: tuple[int, str], error: type[Exception]) -> None:
    slack.double.revoke()
    slack.double.refusal = refusal
    with pytest.raises(error) as raised:
        slack.publish(slack.freeze())

    assert type(raised.value) is error


def test_answer_that_is_not_quite_ok_is_an_open_question(slack: Setting) -> None:
    slack.double.plan("post", send_raw(b"okay", "text/html"))
    with pytest.raises(OutcomeUnknown):
        slack.publish(slack.freeze())


def test_pictures_that_slack_cannot_fetch_are_left_out_and_said_so(slack: Setting) -> None:
    hidden = replace(picture(COVER_ID, "A pier"), public_url="")
    rendering = slack.publisher.render(make_content(cover=hidden), slack.connection)

    assert "attachments" not in rendering.payload
    assert [(one.part, one.is_blocking) for one in rendering.complaints] == [("images", False)]
    assert "NIGHTDESK_BASE_URL" in rendering.complaints[0].message


def test_webhook_carries_the_post_whole(webhook: Setting) -> None:
    published = webhook.publish(illustrated(webhook))

    (event,) = webhook.double.events
    data = event["data"]
    address = f"https://desk.example.com/journal/pictures/{ASSET_ID}/"
    assert (event["type"], data["id"], data["tags"]) == ("post.published", published.id, ["boats", "early"])
    assert data["cover"]["alt"] == "A pier"
    assert {one["url"] for one in data["pictures"]} == {address, address.replace(ASSET_ID, COVER_ID)}
    assert address in data["html"]
    assert address in data["markdown"]
    assert published.url == f"https://reader.example.com/{data['slug']}"


def test_changes_have_ids_of_their_own_and_repetitions_do_not(webhook: Setting) -> None:
    published = webhook.publish(webhook.freeze())
    first, second = (webhook.freeze(make_content(body=f"The harbour at {hour}.")) for hour in ("noon", "dusk"))
    for order in (first, first, second):
        webhook.publisher.update(order, published, webhook.connection, webhook.desk)
    webhook.publisher.delete(published, webhook.connection, webhook.desk)

    assert [one["type"] for one in webhook.double.events] == ["post.published", *["post.updated"] * 2, "post.removed"]
    assert webhook.double.posts == {}


@pytest.mark.parametrize("status", [403, 404, 410])
def test_receiver_that_wants_no_more_asks_to_reconnect(webhook: Setting, status: int) -> None:
    webhook.double.revoke()
    webhook.double.revoked_status = status
    with pytest.raises(AccountRefused, match=str(status)):
        webhook.publish(webhook.freeze())


def test_secret_that_is_none_is_said_before_anything_is_sent(webhook: Setting) -> None:
    webhook.connection = replace(webhook.connection, credentials={"url": webhook.double.url, "secret": "whsec_nope"})
    with pytest.raises(AccountRefused, match="whsec_ and 24 to 64 bytes"):
        webhook.publish(webhook.freeze())

    assert webhook.double.requests == []
