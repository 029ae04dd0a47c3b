"""The Bot API as its page describes it (https://core.telegram.org/bots/api), for one bot in one channel."""

import io
import json
import re
from typing import Any, Final

from PIL import Image

from tests.support.platforms.double import PlatformDouble, Post, Request, Wire

TOKEN: Final = "110201543:nd-test-AAHdqTcvCH1vGWJxfSeofSAs0"
CHAT_ID: Final = -1001234567890
BOT_ID: Final = 110201543
_TYPES: Final = {"bold", "italic", "strikethrough", "code", "pre", "text_link", "blockquote", "url", "hashtag"}

_WRITTEN_AS_JSON: Final = {"media", "caption_entities", "message_thread_id", "disable_notification"}
_FORM: Final = {*_WRITTEN_AS_JSON, "chat_id", "caption"}


class BadRequest(Exception):
    """What the API does not take, in its own words."""


class TelegramServer(PlatformDouble):
    """A channel, @harbour_news unless `username` is "", and a bot that is its administrator."""

    routes = (
        ("me", "POST", r"/bot([^/]+)/getMe"),
        ("chat", "POST", r"/bot([^/]+)/getChat"),
        ("member", "POST", r"/bot([^/]+)/getChatMember"),
        ("edit_text", "POST", r"/bot([^/]+)/editMessageText"),
        ("edit_caption", "POST", r"/bot([^/]+)/editMessageCaption"),
        ("delete", "POST", r"/bot([^/]+)/deleteMessage"),
        ("album", "POST", r"/bot([^/]+)/sendMediaGroup"),
        ("photo", "POST", r"/bot([^/]+)/sendPhoto"),
        ("send", "POST", r"/bot([^/]+)/sendMessage"),
    )
    commits = ("album", "photo", "send")
    check_route = "me"
    secrets = (TOKEN,)

    def __init__(self, username: str = "harbour_news") -> None:
        super().__init__()
        self.chat: dict[str, Any] = {"id": CHAT_ID, "type": "channel", "title": "Harbour news"}
        if username:
            self.chat["username"] = username
        self.member: dict[str, Any] = {"status": "administrator", "can_post_messages": True}
        self._last_id = 40

    # ---------------------------------------------------------------- routes

    def answer_me(self, wire: Wire, _request: Request, token: str) -> None:
        if self._lets_in(wire, token):
            self._succeed(wire, {"id": BOT_ID, "is_bot": True, "first_name": "Harbour", "username": "harbour_bot"})

    def answer_chat(self, wire: Wire, request: Request, token: str) -> None:
        self._do(wire, request, token, lambda _: self.chat)

    def answer_member(self, wire: Wire, request: Request, token: str) -> None:
        def show(fields: dict[str, Any]) -> Any:
            if fields["user_id"] != BOT_ID:
                raise BadRequest("PARTICIPANT_ID_INVALID")
            return {"user": {"id": BOT_ID}, **self.member}

        self._do(wire, request, token, show)

    def answer_send(self, wire: Wire, request: Request, token: str) -> None:
        def send(fields: dict[str, Any]) -> Any:
            text = _check_text(fields["text"], fields.get("entities", []), 4096, "message")
            if not text.strip():
                raise BadRequest("message text is empty")
            return self._post([{"text": text, "entities": fields.get("entities", [])}], fields)[0]

        self._do(wire, request, token, send)

    def answer_photo(self, wire: Wire, request: Request, token: str) -> None:
        def send(fields: dict[str, Any]) -> Any:
            _check_photo(request.parts["photo"][0])
            return self._post([_read_caption(fields)], fields)[0]

        self._do(wire, request, token, send)

    def answer_album(self, wire: Wire, request: Request, token: str) -> None:
        def send(fields: dict[str, Any]) -> Any:
            media = fields["media"]
            if not 2 <= len(media) <= 10:
                raise BadRequest("wrong number of items in the media group")
            for one in media:
                if one["type"] != "photo" or not one["media"].startswith("attach://"):
                    raise BadRequest("wrong type of media")
                _check_photo(request.parts[one["media"].removeprefix("attach://")][0])
            return self._post([_read_caption(one) for one in media], fields)

        self._do(wire, request, token, send)

    def answer_edit_text(self, wire: Wire, request: Request, token: str) -> None:
        def edit(fields: dict[str, Any]) -> Any:
            text = _check_text(fields["text"], fields.get("entities", []), 4096, "message")
            return self._edit(fields, {"text": text, "entities": fields.get("entities", [])})

        self._do(wire, request, token, edit)

    def answer_edit_caption(self, wire: Wire, request: Request, token: str) -> None:
        self._do(wire, request, token, lambda fields: self._edit(fields, _read_caption(fields)))

    def answer_delete(self, wire: Wire, request: Request, token: str) -> None:
        def delete(fields: dict[str, Any]) -> Any:
            for post in list(self.posts.values()):
                if fields["message_id"] in post.raw["ids"]:
                    post.raw["ids"].remove(fields["message_id"])
                    if not post.raw["ids"]:
                        del self.posts[post.id]
                    return True
            raise BadRequest("message to delete not found")

        self._do(wire, request, token, delete)

    # ---------------------------------------------------------------- rules

    def _lets_in(self, wire: Wire, token: str) -> bool:
        if not re.fullmatch(r"\d+:[\w-]+", token):
            self._refuse(wire, 404, "Not Found")
        elif self.is_revoked or token != TOKEN:
            self._refuse(wire, 401, "Unauthorized")
        else:
            return True
        return False

    def _do(self, wire: Wire, request: Request, token: str, work: Any) -> None:
        if not self._lets_in(wire, token):
            return
        try:
            with self.lock:
                fields = _read_fields(request)
                self._check_chat(fields.get("chat_id"))
                result = work(fields)
        except BadRequest as error:
            self._refuse(wire, 400, f"Bad Request: {error}")
        else:
            self._succeed(wire, result)

    def _check_chat(self, chat_id: Any) -> None:
        known = {self.chat["id"], str(self.chat["id"]), f"@{self.chat.get('username')}"}
        if chat_id not in known:
            raise BadRequest("chat not found")

    def _post(self, messages: list[dict[str, Any]], fields: dict[str, Any]) -> list[dict[str, Any]]:
        """Show one post, which is one message or an album of several."""
        ids = [self._last_id + number for number in range(1, len(messages) + 1)]
        self._last_id = ids[-1]
        sent = {name: value for name, value in fields.items() if name not in ("chat_id", "media")}
        text = messages[0].get("text", messages[0].get("caption", ""))
        self.posts[str(ids[0])] = Post(str(ids[0]), text, raw={**sent, **messages[0], "ids": list(ids)})
        return [
            {"message_id": one, "date": 0, "chat": self.chat, **message}
            for one, message in zip(ids, messages, strict=True)
        ]

    def _edit(self, fields: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
        post = self.posts.get(str(fields["message_id"]))
        if post is None:
            raise BadRequest("message to edit not found")
        if ("text" in changed) != ("text" in post.raw):
            raise BadRequest("there is no text in the message to edit")
        if all(post.raw[name] == value for name, value in changed.items()):
            raise BadRequest(
                "message is not modified: specified new message content and reply markup are exactly the same as a current "
                "content and reply markup of the message"
            )
        post.raw.update(changed)
        post.text = changed.get("text", changed.get("caption", ""))
        return {"message_id": fields["message_id"], "chat": self.chat, **changed}

    @staticmethod
    def _succeed(wire: Wire, result: Any) -> None:
        wire.send_json(200, {"ok": True, "result": result})

    @staticmethod
    def _refuse(wire: Wire, status: int, description: str) -> None:
        wire.send_json(status, {"ok": False, "error_code": status, "description": description})


def _read_fields(request: Request) -> dict[str, Any]:
    """Read JSON, or a form whose values are texts, those of `_WRITTEN_AS_JSON` excepted; files are looked at apart."""
    if request.headers["content-type"] == "application/json":
        return dict(request.json)
    texts = {name: values[0].decode() for name, values in request.parts.items() if name in _FORM}
    return {name: json.loads(text) if name in _WRITTEN_AS_JSON else text for name, text in texts.items()}


def _read_caption(fields: dict[str, Any]) -> dict[str, Any]:
    entities = fields.get("caption_entities", [])
    return {
        "caption": _check_text(fields.get("caption", ""), entities, 1024, "message caption"),
        "caption_entities": entities,
    }


def _check_text(text: str, entities: Any, most: int, what: str) -> str:
    size = len(text.encode("utf-16-le")) // 2
    if size > most:
        raise BadRequest(f"{what} is too long")
    for one in entities:
        is_whole = one["type"] in _TYPES and (one["type"] != "text_link" or one["url"])
        if not is_whole or one["offset"] < 0 or one["length"] < 1 or one["offset"] + one["length"] > size:
            raise BadRequest(f"can't parse entities: {one}")
    return text


def _check_photo(data: bytes) -> None:
    try:
        width, height = Image.open(io.BytesIO(data)).size
    except OSError:
        raise BadRequest("IMAGE_PROCESS_FAILED") from None
    if len(data) > 10 * 1024 * 1024 or width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise BadRequest("PHOTO_INVALID_DIMENSIONS")
