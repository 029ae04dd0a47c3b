"""A receiver of signed webhooks as its author would write it: `standardwebhooks` verifies, ids are remembered."""

from typing import Any, ClassVar

from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.platforms.double import PlatformDouble, Post
from tests.support.text_server import Wire
from tests.support.vendor_server import Request

SECRET = "whsec_bWFkZS11cC1zZWNyZXQtZm9yLXRlc3RzLW9ubHktMDE="


class ReceiverDouble(PlatformDouble):
    """A server that shows what it is told. `events`: each delivery that was new, in order."""

    routes: ClassVar[tuple[tuple[str, str, str], ...]] = (("take", "POST", r"/hooks/"),)
    commits = ("take",)
    check_route = "take"
    secrets = (SECRET, SECRET.removeprefix("whsec_"))

    def __init__(self) -> None:
        super().__init__()
        self.secret = SECRET
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.revoked_status = 410

    @property
    def url(self) -> str:
        """Where deliveries go. The slash at its end belongs to it."""
        return f"{self.root}/hooks/"

    @property
    def credentials(self) -> dict[str, str]:
        """What the account is connected with."""
        return {"url": self.url, "secret": SECRET}

    def answer_take(self, wire: Wire, request: Request) -> None:
        """Take a delivery once."""
        with self.lock:
            status, body = self._take(request)
        wire.send_json(status, body)

    def _take(self, request: Request) -> tuple[int, Any]:
        if self.is_revoked:
            return self.revoked_status, {"error": "no more"}
        try:
            event = Webhook(self.secret).verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return 401, {"error": "who are you?"}
        webhook_id = request.headers["webhook-id"]
        if webhook_id not in self.ids:
            self.ids.append(webhook_id)
            self.events.append(event)
            self._show(event)
        found = self.posts.get(event["data"].get("id", ""))
        return 200, {"url": found.url} if found else {}

    def _show(self, event: dict[str, Any]) -> None:
        data = event["data"]
        match event["type"]:
            case "post.published" | "post.updated":
                url = f"https://reader.example.com/{data['slug']}"
                self.posts[data["id"]] = Post(id=data["id"], text=data["markdown"], url=url, raw=data)
            case "post.removed":
                self.posts.pop(data["id"], None)
