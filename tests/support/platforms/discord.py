"""A channel's webhook of Discord, as strict as the real one: calls nobody unasked, counts characters, keeps to its codes."""

import json
from collections.abc import Callable
from typing import Any, ClassVar

from tests.support.platforms.double import PlatformDouble, Post
from tests.support.text_server import Wire
from tests.support.vendor_server import Request

HOOK_ID = "112233445566778899"
TOKEN = "made-up-token-of-a-hook_2f6c91c3a57be2d8406f"
CHANNEL_ID, GUILD_ID = "223344556677889900", "334455667788990011"
THREAD_ID = "445566778899001122"
_KNOWN = {"content", "allowed_mentions", "flags", "attachments"}


class Refusal(Exception):
    """A no, with Discord's own code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message}


class DiscordDouble(PlatformDouble):
    """One webhook with its channel, and a thread in it."""

    _HOOK = r"/api/webhooks/([^/]+)/([^/]+)"
    routes: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("read_hook", "GET", _HOOK),
        ("execute", "POST", _HOOK),
        ("edit", "PATCH", _HOOK + r"/messages/([^/]+)"),
        ("delete", "DELETE", _HOOK + r"/messages/([^/]+)"),
    )
    commits = ("execute",)
    check_route = "read_hook"
    secrets = (TOKEN,)

    @property
    def credentials(self) -> dict[str, str]:
        """What the account is connected with."""
        return {"webhook_url": f"{self.root}/api/webhooks/{HOOK_ID}/{TOKEN}"}

    def answer_read_hook(self, wire: Wire, request: Request, hook_id: str, token: str) -> None:
        """Describe the webhook."""
        found = {"id": HOOK_ID, "type": 1, "name": "Harbour news", "channel_id": CHANNEL_ID, "guild_id": GUILD_ID}
        self._answer(wire, hook_id, token, lambda: (200, {**found, "token": TOKEN}))

    def answer_execute(self, wire: Wire, request: Request, hook_id: str, token: str) -> None:
        """Post a message; only `wait=true` is answered with it."""

        def execute() -> tuple[int, Any]:
            channel_id = self._read_place(request)
            message = self._read_message(request)
            message_id = str(556677889900112233 + len(self.received))
            self._show(message_id, message, channel_id)
            said = {"id": message_id, "channel_id": channel_id, "webhook_id": HOOK_ID, **message}
            return (200, said) if request.query.get("wait") == ["true"] else (204, "")

        self._answer(wire, hook_id, token, execute)

    def answer_edit(self, wire: Wire, request: Request, hook_id: str, token: str, message_id: str) -> None:
        """Change a message of this webhook."""

        def edit() -> tuple[int, Any]:
            channel_id = self._find(request, message_id)
            message = self._read_message(request)
            self._show(message_id, message, channel_id)
            return 200, {"id": message_id, "channel_id": channel_id, **message}

        self._answer(wire, hook_id, token, edit)

    def answer_delete(self, wire: Wire, request: Request, hook_id: str, token: str, message_id: str) -> None:
        """Delete a message of this webhook."""

        def delete() -> tuple[int, Any]:
            self._find(request, message_id)
            del self.posts[message_id]
            return 204, ""

        self._answer(wire, hook_id, token, delete)

    # ---------------------------------------------------------------- rules

    def _answer(self, wire: Wire, hook_id: str, token: str, call: Callable[[], tuple[int, Any]]) -> None:
        try:
            with self.lock:
                if self.is_revoked:
                    raise Refusal(404, 10015, "Unknown Webhook")
                if (hook_id, token) != (HOOK_ID, TOKEN):
                    raise Refusal(401, 50027, "Invalid Webhook Token")
                status, body = call()
        except Refusal as said:
            status, body = said.status, said.body
        wire.send_json(status, body)

    @staticmethod
    def _read_place(request: Request) -> str:
        thread = request.query.get("thread_id", [""])[0]
        if thread not in ("", THREAD_ID):
            raise Refusal(400, 10003, "Unknown Channel")
        return thread or CHANNEL_ID

    def _find(self, request: Request, message_id: str) -> str:
        channel_id = self._read_place(request)
        found = self.posts.get(message_id)
        if found is None or found.raw["channel_id"] != channel_id:
            raise Refusal(404, 10008, "Unknown Message")
        return channel_id

    @staticmethod
    def _read_message(request: Request) -> dict[str, Any]:
        files: list[bytes] = []
        if request.headers["content-type"].startswith("multipart/form-data"):
            parts = request.parts
            message = json.loads(parts["payload_json"][0])
            files = [parts[f"files[{number}]"][0] for number in range(len(parts) - 1)]
        else:
            message = request.json
        if not set(message) <= _KNOWN or len(message["content"]) > 2000 or len(files) > 10:
            raise Refusal(400, 50035, "Invalid Form Body")
        if not message["content"] and not files:
            raise Refusal(400, 50006, "Cannot send an empty message")
        attached = message.get("attachments", [])
        if [one["id"] for one in attached] != list(range(len(files))):
            raise Refusal(400, 50035, "Invalid Form Body")
        if any(len(one["description"]) > 1024 for one in attached) or sum(map(len, files)) > 25 * 1024 * 1024:
            raise Refusal(413, 40005, "Request entity too large")
        # Not Discord's rule but ours: nobody is called by a post.
        assert message["allowed_mentions"] == {"parse": []}
        assert all(file.startswith((b"\x89PNG", b"\xff\xd8")) for file in files)
        return {**message, "files": len(files)}

    def _show(self, message_id: str, message: dict[str, Any], channel_id: str) -> None:
        url = f"https://discord.com/channels/{GUILD_ID}/{channel_id}/{message_id}"
        raw = {**message, "channel_id": channel_id}
        self.posts[message_id] = Post(id=message_id, text=message["content"], url=url, raw=raw)
