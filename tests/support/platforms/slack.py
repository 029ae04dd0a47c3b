"""An incoming webhook of Slack: answers `ok` or one word, tells no id, and fetches pictures by their address."""

import json
from typing import Any, ClassVar

from tests.support.platforms.double import PlatformDouble, Post
from tests.support.text_server import Wire
from tests.support.vendor_server import Request

TOKEN = "madeUpTokenOfAHook91c3a57b"
_KNOWN = {"text", "attachments", "unfurl_links", "unfurl_media"}


class SlackDouble(PlatformDouble):
    """One incoming webhook."""

    routes: ClassVar[tuple[tuple[str, str, str], ...]] = (("post", "POST", r"/services/T0MADEUP/B0MADEUP/([^/]+)"),)
    commits = ("post",)
    check_route = "post"
    secrets = (TOKEN,)

    def __init__(self) -> None:
        super().__init__()
        self.refusal = (404, "no_service")

    @property
    def credentials(self) -> dict[str, str]:
        """What the account is connected with."""
        return {"webhook_url": f"{self.root}/services/T0MADEUP/B0MADEUP/{TOKEN}"}

    def answer_post(self, wire: Wire, request: Request, token: str) -> None:
        """Post a message."""
        with self.lock:
            status, word = self._post(request, token)
        wire.send_json(status, word, {"Content-Type": "text/html"})

    def _post(self, request: Request, token: str) -> tuple[int, str]:
        if token != TOKEN:
            return 403, "invalid_token"
        if self.is_revoked:
            return self.refusal
        try:
            message: dict[str, Any] = json.loads(request.body)
        except ValueError:
            return 400, "invalid_payload"
        if request.headers["content-type"] != "application/json" or not set(message) <= _KNOWN:
            return 400, "invalid_payload"
        if not message.get("text") and not message.get("attachments"):
            return 400, "no_text"
        # Slack cuts what is longer; a cut post is a broken one, so here it is a fault of ours.
        assert len(message["text"]) <= 40_000
        assert all(
            one["image_url"].startswith("https://") and one["fallback"] for one in message.get("attachments", [])
        )
        self.posts[f"{len(self.posts)}"] = Post(id="", text=message["text"], raw=message)
        return 200, "ok"
