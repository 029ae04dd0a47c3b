"""One chat on Telegram: each request by what it does, and its refusals in plain words.

https://core.telegram.org/bots/api . The token stands in the address of each request, so no address is ever shown.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from nightdesk.core.errors import OperationalFault, Permanent, Transient
from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import AccountRefused, Connection, Desk
from nightdesk.providers.publishing.sites import read_server, read_text

NAME: Final = "Telegram"
DEFAULT_SERVER: Final = "https://api.telegram.org"
_TOKEN: Final = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")
_LINK: Final = re.compile(r"(?:https?://)?(?:t\.me|telegram\.me)/(?:s/)?(?:c/(?P<id>\d+)|(?P<name>\w+))(?:/.*)?")
#: Ids of channels and larger groups are written with it in front; addresses leave it out.
_CHANNEL: Final = "-100"
File = tuple[str, bytes, str]


class MessageGone(Permanent):
    """The message is not there, or is none of the bot's."""


class NothingChanged(Permanent):
    """The message has this content already."""


class Chat:
    """The chat of one account, for one run."""

    def __init__(self, connection: Connection, desk: Desk, options: PublishingOptions) -> None:
        """Ask for nothing yet.

        Raises:
            AccountRefused: the token cannot be one. Permanent: the address or the chat cannot be one.
        """
        token = connection.credentials.get("bot_token", "").strip()
        if not _TOKEN.fullmatch(token):
            raise AccountRefused(
                "This is no token of a Telegram bot: it looks like 123456:ABC-DEF. Ask @BotFather for it, then reconnect."
            )
        self._path = f"/bot{token}"
        self.id: int | str = connection.learned.get("chat_id") or read_chat(connection.credentials.get("chat", ""))
        self._line = Line(
            name=NAME,
            base_url=read_server(connection.credentials.get("server") or DEFAULT_SERVER, name=NAME, options=options),
            desk=desk,
            options=options,
            read_pause=_read_pause,
        )
        self._upload_s = options.upload_timeout_s

    def read_bot(self) -> dict[str, Any]:
        """Return `id` and `username` of the bot."""
        return self._read("getMe", {})

    def read_chat(self) -> dict[str, Any]:
        """Return `id`, `type`, and what the chat has of `title`, `username` and `permissions`."""
        return self._read("getChat", {"chat_id": self.id})

    def read_member(self, user_id: int) -> dict[str, Any]:
        """Return `status` of a member, and what it may do."""
        return self._read("getChatMember", {"chat_id": self.id, "user_id": user_id})

    def send_text(self, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Send a message and return it.

        Raises:
            OutcomeUnknown: no whole answer came back.
        """
        return self._send("sendMessage", json=dict(fields))

    def send_pictures(
        self, fields: Mapping[str, Any], caption: Mapping[str, Any], files: Sequence[File]
    ) -> list[dict[str, Any]]:
        """Send one to ten pictures with a caption and return their messages, of which the first has the caption.

        Raises:
            OutcomeUnknown: no whole answer came back.
        """
        if len(files) == 1:
            form = _write_form({**fields, **caption})
            return self._send("sendPhoto", data=form, files={"photo": files[0]}, timeout_s=self._upload_s)
        media = [{"type": "photo", "media": f"attach://picture{number}"} for number in range(len(files))]
        form = _write_form({**fields, "media": [{**media[0], **caption}, *media[1:]]})
        given = {f"picture{number}": file for number, file in enumerate(files)}
        return self._send("sendMediaGroup", data=form, files=given, timeout_s=self._upload_s)

    def change(self, method: str, fields: Mapping[str, Any]) -> None:
        """Give a message another text (editMessageText) or caption (editMessageCaption); repeatable.

        Raises:
            MessageGone: it is not there any more.
        """
        with suppress(NothingChanged):
            self._ask(method, makes=True, is_repeatable=True, json={"chat_id": self.id, **fields})

    def delete(self, message_id: int) -> None:
        """Delete a message; one that is gone is no error."""
        fields = {"chat_id": self.id, "message_id": message_id}
        with suppress(MessageGone):
            self._ask("deleteMessage", makes=True, is_repeatable=True, json=fields)

    # ---------------------------------------------------------------- requests

    def _read(self, method: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        found = self._ask(method, json=dict(fields)).read_object().get("result")
        if not isinstance(found, dict) or not found:
            raise Transient(f"{NAME} did not answer properly. It will be tried again.")
        return found

    def _send(self, method: str, **given: Any) -> list[dict[str, Any]]:
        found = self._ask(method, makes=True, **given).read_object().get("result")
        messages: list[dict[str, Any]] = []
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, dict) or not isinstance(one.get("message_id"), int):
                raise self._line.make_unclear()
            messages.append(one)
        if not messages:
            raise self._line.make_unclear()
        return messages

    def _ask(self, method: str, **given: Any) -> Answer:
        try:
            return self._line.ask("POST", f"{self._path}/{method}", **given)
        except Refused as error:
            refused = error
        raise _explain(refused)


def read_chat(written: str) -> int | str:
    """Return a chat as the API names it, out of what people write: a name, an address or a number.

    Raises:
        Permanent: it is none of these.
    """
    chat = written.strip()
    link = _LINK.fullmatch(chat)
    if link is not None:
        return int(f"{_CHANNEL}{link['id']}") if link["id"] else f"@{link['name']}"
    if re.fullmatch(r"-?\d{1,20}", chat):
        return int(chat)
    if re.fullmatch(r"@?[A-Za-z]\w{3,31}", chat):
        return f"@{chat.removeprefix('@')}"
    raise Permanent("The chat must be a name like @channel, an address like https://t.me/channel, or a number.")


def write_address(message: Mapping[str, Any]) -> str:
    """Return the address of a message, "" in chats that have none."""
    chat = message.get("chat")
    name, chat_id = read_text(chat, "username"), str(chat.get("id", "") if isinstance(chat, dict) else "")
    if name:
        return f"https://t.me/{name}/{message['message_id']}"
    if chat_id.startswith(_CHANNEL):
        return f"https://t.me/c/{chat_id.removeprefix(_CHANNEL)}/{message['message_id']}"
    return ""


def _write_form(fields: Mapping[str, Any]) -> dict[str, str]:
    """Write fields as a form takes them: what is no text as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


def _read_pause(answer: Answer) -> float | None:
    parameters = answer.read_object().get("parameters")
    pause = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return float(pause) if isinstance(pause, (int, float)) and 0 <= pause < 1e6 else None


# ---------------------------------------------------------------- refusals

_RIGHTS: Final = (
    "The bot may not write to this chat on Telegram. Make it an administrator there who may post messages, then check the "
    "account."
)
#: What Telegram's words begin with or hold, in small letters; the first that fits counts.
_REFUSALS: Final[tuple[tuple[str, type[OperationalFault], str], ...]] = (
    ("message is not modified", NothingChanged, "The message on Telegram has this content already."),
    ("message to delete not found", MessageGone, "The message is not on Telegram any more."),
    (
        "message to edit not found",
        MessageGone,
        "The message is not on Telegram any more. Publish the post as a new one.",
    ),
    ("message_id_invalid", MessageGone, "The message is not on Telegram any more. Publish the post as a new one."),
    (
        "message can't be deleted",
        Permanent,
        "Telegram lets bots delete a message only within 48 hours. Delete it there.",
    ),
    ("message can't be edited", Permanent, "Telegram lets this bot not change the message. Change it there."),
    (
        "chat not found",
        Permanent,
        "Telegram finds no such chat, or the bot is not in it. Correct the chat, or add the bot.",
    ),
    ("thread not found", Permanent, "The chat on Telegram has no such topic. Correct its number, or leave it empty."),
    ("not enough rights", AccountRefused, _RIGHTS),
    ("administrator rights", AccountRefused, _RIGHTS),
    ("chat_write_forbidden", AccountRefused, _RIGHTS),
    ("is too long", Permanent, "The text is too long for Telegram. Shorten it."),
    ("photo", Permanent, "Telegram does not take one of the pictures. Use another one, or a smaller one."),
    ("image", Permanent, "Telegram does not take one of the pictures. Use another one, or a smaller one."),
)


def _explain(error: Refused) -> OperationalFault:
    if error.http_status == 404:
        return AccountRefused(
            "Telegram knows no bot with this token. Ask @BotFather for it, then reconnect the account."
        )
    if error.http_status == 403:
        return AccountRefused(_RIGHTS)
    if error.http_status == 413:
        return Permanent("The pictures are too large for Telegram. Use fewer or smaller ones.")
    answer = error.answer.read_object()
    parameters = answer.get("parameters")
    moved_to = parameters.get("migrate_to_chat_id") if isinstance(parameters, dict) else None
    if isinstance(moved_to, int):
        return Permanent(f"The group on Telegram has a new number, {moved_to}. Put it into the account as its chat.")
    said = read_text(answer, "description").lower()
    for words, kind, message in _REFUSALS:
        if words in said:
            return kind(message)
    return error
