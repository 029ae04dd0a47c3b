"""Mail services on a loopback port, by their documented APIs: Resend (resend.com/docs) and Postmark (postmarkapp.com/developer)."""

import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.support.text_server import Wire
from tests.support.vendor_server import KEY, Request, VendorServer


@dataclass(frozen=True)
class TakenMail:
    """A mail that a service has accepted."""

    message_id: str
    recipient: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]


class MailService(VendorServer):
    """What services have in common: `mails` holds what was accepted, and a fault may come after that."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[TakenMail] = []

    @property
    def options(self) -> dict[str, Any]:
        """What an operator would write into the settings."""
        raise NotImplementedError


class ResendDouble(MailService):
    """Takes a mail once for each key, and answers as before when it is sent again."""

    routes: ClassVar = (("send", "POST", r"/emails"),)

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}

    @property
    def options(self) -> dict[str, Any]:
        return {"API_KEY": KEY, "API_URL": self.root}

    def answer_send(self, wire: Wire, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            wire.send_json(401, {"statusCode": 401, "name": "invalid_api_key", "message": f"{KEY} is invalid"})
            return
        wire.send_json(200, {"id": self.take(request)})

    def take(self, request: Request) -> str:
        """Accept a mail, once for its key."""
        body, key = request.json, request.headers["idempotency-key"]
        with self.lock:
            if key not in self.ids:
                self.ids[key] = str(uuid.uuid4())
                headers = body["headers"]
                self.mails.append(
                    TakenMail(
                        message_id=headers["Message-ID"],
                        recipient=body["to"][0],
                        subject=body["subject"],
                        text=body["text"],
                        html=body.get("html", ""),
                        headers=headers,
                    )
                )
            return self.ids[key]


class PostmarkDouble(MailService):
    """Takes every mail; it knows no keys. What it refuses for its recipient is 422 with a code of its own."""

    routes: ClassVar = (("send", "POST", r"/email"),)

    @property
    def options(self) -> dict[str, Any]:
        return {"SERVER_TOKEN": KEY, "API_URL": self.root}

    def answer_send(self, wire: Wire, request: Request) -> None:
        if request.headers.get("x-postmark-server-token") != KEY:
            wire.send_json(401, {"ErrorCode": 10, "Message": f"The token {KEY} is not valid."})
            return
        made = self.take(request)
        to = request.json["To"]
        wire.send_json(200, {"To": to, "SubmittedAt": "2026-11-25", "MessageID": made, "ErrorCode": 0, "Message": "OK"})

    def take(self, request: Request) -> str:
        """Accept a mail."""
        body = request.json
        headers = {one["Name"]: one["Value"] for one in body["Headers"]}
        with self.lock:
            self.mails.append(
                TakenMail(
                    message_id=headers["Message-ID"],
                    recipient=body["To"],
                    subject=body["Subject"],
                    text=body["TextBody"],
                    html=body.get("HtmlBody", ""),
                    headers=headers,
                )
            )
        return str(uuid.uuid4())


def take_and_drop(server: VendorServer, wire: Wire, request: Request) -> None:
    """Accept the mail and break the connection instead of answering."""
    assert isinstance(server, ResendDouble | PostmarkDouble)
    server.take(request)
    wire.reset()


def take_and_hang(server: VendorServer, wire: Wire, request: Request) -> None:
    """Accept the mail and never answer."""
    assert isinstance(server, ResendDouble | PostmarkDouble)
    server.take(request)
    wire.wait_gone()
