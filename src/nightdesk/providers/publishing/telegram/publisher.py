"""Messages of a bot on Telegram, at most once: a bot cannot read what it wrote, so a lost answer stays an open question."""

from collections.abc import Mapping
from typing import Any, Final

from nightdesk.core.errors import OutcomeUnknown, Permanent
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
    Content,
    Desk,
    Field,
    Limit,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
)
from nightdesk.providers.publishing.sites import find_picture, name_file, read_text
from nightdesk.providers.publishing.telegram.chat import DEFAULT_SERVER, NAME, Chat, File, write_address
from nightdesk.providers.publishing.telegram.rendering import LIMITS, render, write_message

INFO: Final = PlatformInfo(
    platform=Platform.TELEGRAM,
    title=NAME,
    credentials=(
        Field(name="bot_token", title="Bot token", kind="secret", help="Like 123456:ABC-DEF.", is_required=True),
        Field(
            name="chat",
            title="Channel or group",
            help="Its name (@channel), its address (https://t.me/channel) or its number.",
            is_required=True,
        ),
        Field(
            name="server",
            title="Address of the Bot API",
            kind="url",
            help="Only for a Bot API server of your own.",
            default=DEFAULT_SERVER,
        ),
    ),
    options=(
        Field(name="hide_previews", title="No previews of links", kind="flag"),
        Field(name="is_silent", title="No sound", kind="flag", help="Members are not alerted."),
        Field(name="topic", title="Topic", help="Its number, in groups that have topics."),
    ),
    parts=("body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.NONE,
    can_update=True,
    can_delete=True,
    how_to_connect="Ask @BotFather for a bot, and make it an administrator of the channel who may post messages.",
    weak_points=(
        "Where an answer is lost, nobody can look whether the message is there: you are asked.",
        "Below pictures there is room for 1,024 characters, else for 4,096.",
        "Pictures have no alternative text there, and cannot be changed afterwards.",
    ),
)
_MEMBERS: Final = ("creator", "administrator", "member", "restricted")


class Telegram:
    """Publishes in channels and groups on Telegram."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Ask who the bot is, what chat that is, and whether the bot may write there."""
        # A number that an earlier check learned may be that of another chat by now.
        chat = self._open(Connection(account_id=connection.account_id, credentials=connection.credentials), desk)
        bot, found = chat.read_bot(), chat.read_chat()
        if found.get("type") != "private":
            _ensure_rights(found, chat.read_member(bot["id"]))
        name = read_text(found, "username")
        return Standing(
            handle=f"@{name}"
            if name
            else read_text(found, "title") or read_text(found, "first_name") or str(found["id"]),
            url=f"https://t.me/{name}" if name else "",
            learned={"chat_id": found["id"], "chat": name, "bot": read_text(bot, "username")},
        )

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return the limits of the Bot API; below pictures a text has less room."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post as a text with entities."""
        return render(content, connection, name=NAME)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Do nothing: a bot has no drafts, and its pictures travel with the message."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Send the message, in one call."""
        chat = self._open(connection, desk)
        files = [_read_file(order, asset_id, desk) for asset_id in order.payload["pictures"]]
        desk.progress(60, "Publishing")
        fields, payload = write_message(order.payload, chat=chat.id), order.payload
        if files:
            caption = {"caption": payload["text"], "caption_entities": payload["entities"]}
            messages = chat.send_pictures(fields, caption, files)
        else:
            messages = chat.send_text({**fields, **_write_text(payload)})
        return Published(
            id=str(messages[0]["message_id"]),
            url=write_address(messages[0]),
            extra={"messages": [one["message_id"] for one in messages], "pictures": list(payload["pictures"])},
        )

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Say that nobody can know."""
        raise OutcomeUnknown(
            f"{NAME} did not answer, and shows bots nothing of what they wrote. Look into the chat, then say whether the post "
            "is there."
        )

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Give the message another text. Its pictures stay, so a post with others is refused."""
        payload, pictures = order.payload, published.extra.get("pictures", [])
        if list(payload["pictures"]) != list(pictures):
            raise Permanent(
                f"{NAME} changes the words of a message, not its pictures. Take the post back, then publish it as a new one."
            )
        desk.progress(60, "Changing the message")
        chat = self._open(connection, desk)
        fields = {"message_id": int(published.id)}
        if pictures:
            caption = {"caption": payload["text"], "caption_entities": payload["entities"]}
            chat.change("editMessageCaption", {**fields, **caption})
        else:
            chat.change("editMessageText", {**fields, **_write_text(payload)})
        return published

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Delete the message, and those of its further pictures."""
        chat = self._open(connection, desk)
        for message_id in published.extra.get("messages") or [int(published.id)]:
            chat.delete(message_id)

    def _open(self, connection: Connection, desk: Desk) -> Chat:
        return Chat(connection, desk, self._options)


def _ensure_rights(chat: Mapping[str, Any], member: Mapping[str, Any]) -> None:
    """Refuse an account whose bot may not write.

    Raises:
        AccountRefused: it may not.
    """
    status = member.get("status")
    if status not in _MEMBERS:
        raise AccountRefused("The bot is not in this chat on Telegram. Add it there, then check the account.")
    permissions = chat.get("permissions")
    by_chat = permissions.get("can_send_messages", True) if isinstance(permissions, dict) else True
    is_allowed = {
        "creator": True,
        "administrator": chat.get("type") != "channel" or member.get("can_post_messages", False),
        "member": chat.get("type") != "channel" and by_chat,
        "restricted": member.get("can_send_messages", False),
    }
    if not is_allowed[str(status)]:
        raise AccountRefused(
            "The bot may not post in this chat on Telegram. Make it an administrator there who may post messages, then check "
            "the account."
        )


def _write_text(payload: Mapping[str, Any]) -> dict[str, Any]:
    preview = {"link_preview_options": {"is_disabled": True}} if payload["hide_previews"] else {}
    return {"text": payload["text"], "entities": payload["entities"], **preview}


def _read_file(order: Order, asset_id: str, desk: Desk) -> File:
    picture = find_picture(order, asset_id)
    return name_file(asset_id, picture), desk.read_picture(asset_id), picture.content_type
