"""What a mail service reports, as Postmark posts it (postmarkapp.com/developer/webhooks), and who may."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.test import Client
from pytest_django import Settings

from nightdesk.httpkit import throttles
from nightdesk.mail.models import Category, MailState, OutboxMail, Suppression
from nightdesk.providers.mail import registry
from nightdesk.providers.mail.options import MailOptions

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

pytestmark = pytest.mark.django_db

SECRET: Final = "postmark:made-up-for-the-tests"
HOOK: Final = "/hooks/mail/postmark/"
MESSAGE_ID: Final = "883953f4-6105-42a2-a16a-77a8eac79483"
BOUNCE: Final[dict[str, Any]] = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "MessageID": MESSAGE_ID,
    "ServerID": 23,
    "MessageStream": "outbound",
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "550 5.1.1 No such user",
    "Email": "Mia@Example.org",
    "From": "desk@example.org",
    "BouncedAt": "2026-11-25T10:00:00Z",
    "Metadata": {},
}
COMPLAINT: Final = {**BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Details": ""}
LEFT: Final[dict[str, Any]] = {
    "RecordType": "SubscriptionChange",
    "MessageID": MESSAGE_ID,
    "ServerID": 23,
    "MessageStream": "outbound",
    "ChangedAt": "2026-11-25T10:00:00Z",
    "Recipient": "mia@example.org",
    "Origin": "Recipient",
    "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
    "Metadata": {},
}


@pytest.fixture(autouse=True)
def postmark(settings: Settings) -> Iterator[None]:
    settings.MAIL_HOOK_SECRET = SECRET
    before = registry.configured()
    registry.configure(MailOptions(service="postmark"))
    throttles.forget_shares()
    yield
    registry.configure(before)


@pytest.fixture
def mail() -> OutboxMail:
    return OutboxMail.objects.create(
        dedupe_key="tests:1",
        category=Category.NOTICE,
        template="notification",
        subject="Hello",
        recipient="mia@example.org",
        state=MailState.SENT,
        provider_id=MESSAGE_ID,
    )


def post(event: object, *, secret: str = SECRET, path: str = HOOK) -> "Answer":
    content = event if isinstance(event, bytes) else json.dumps(event).encode()
    basic = base64.b64encode(secret.encode()).decode()
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Basic {basic}"})
    return client.post(path, content, content_type="application/json")


def suppressed() -> list[tuple[str, str, str, str]]:
    return list(Suppression.objects.order_by("category").values_list("address", "category", "reason", "detail"))


def test_bounce_suppresses_the_address_and_is_told_on_the_mail(mail: OutboxMail) -> None:
    assert [post(BOUNCE).status_code for _ in range(2)] == [200, 200]

    assert suppressed() == [("mia@example.org", "", "bounced", "550 5.1.1 No such user")]
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == ("sent", "Mail to this address came back. 550 5.1.1 No such user")


def test_complaint_suppresses_the_address() -> None:
    assert post(COMPLAINT).status_code == 200
    ((address, category, reason, _detail),) = suppressed()
    assert (address, category, reason) == ("mia@example.org", "", "complained")


def test_who_leaves_leaves_the_category_of_the_mail_else_all_that_can_be_left(mail: OutboxMail) -> None:
    post(LEFT)
    assert [row[:3] for row in suppressed()] == [("mia@example.org", "notice", "unsubscribed")]

    post({**LEFT, "Recipient": "ida@example.org"})
    left = [row[1] for row in suppressed() if row[0] == "ida@example.org"]
    assert left == ["bulk", "notice"]


@pytest.mark.parametrize(
    "event",
    [
        {**BOUNCE, "Type": "Transient"},
        {**BOUNCE, "Type": "VirusNotification"},
        {**BOUNCE, "Type": "DMARCPolicy"},
        {**BOUNCE, "Type": "AutoResponder"},
        {**LEFT, "SuppressSending": False},
        {"RecordType": "Delivery", "Recipient": "mia@example.org", "MessageID": MESSAGE_ID},
        {"RecordType": "Something new", "Recipient": "mia@example.org"},
        {**BOUNCE, "Email": ""},
    ],
    ids=["later", "virus", "policy", "robot", "subscribed", "delivered", "unknown", "nobody"],
)
def test_event_that_says_nothing_of_the_mailbox_changes_nothing(event: dict[str, Any]) -> None:
    assert post(event).status_code == 200
    assert suppressed() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'{"FromFull": {}, "Subject": "inbound"}'])
def test_what_the_service_never_posts_is_400(content: bytes) -> None:
    answer = post(content)

    assert (answer.status_code, suppressed()) == (400, [])
    assert answer.content.decode().startswith("This is not what the mail service posts.")


def test_stranger_is_refused_and_counted(settings: Settings) -> None:
    assert Client().post(HOOK, BOUNCE, content_type="application/json").status_code == 401
    for secret in ("postmark:wrong", "", SECRET[:-1], "\udcff".encode("utf-8", "surrogateescape").decode("latin-1")):
        assert post(BOUNCE, secret=secret).status_code == 401
    assert suppressed() == []
    statuses = {post(BOUNCE, secret="postmark:guess").status_code for _ in range(settings.API_ANONYMOUS_RATE.count)}
    assert statuses == {401, 429}
    assert post(BOUNCE).status_code == 200


def test_only_the_configured_service_has_an_address(settings: Settings) -> None:
    assert post(BOUNCE, path="/hooks/mail/sendgrid/").status_code == 404
    registry.configure(MailOptions(service="nobody"))
    assert post(BOUNCE, path="/hooks/mail/nobody/").status_code == 404
    registry.configure(MailOptions(service="postmark"))
    settings.MAIL_HOOK_SECRET = ""
    assert post(BOUNCE).status_code == 404
    assert suppressed() == []


def sign_as_mailgun(key: str, event: dict[str, Any]) -> dict[str, Any]:
    """Sign as documentation.mailgun.com, "Securing webhooks", says."""
    stamp, token = "1764064800", "made-up-token-of-fifty-characters-for-these-tests-0"
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": stamp, "token": token, "signature": digest}, "event-data": event}


def test_signature_of_the_service_is_checked_where_it_has_one() -> None:
    key = "made-up-signing-key-for-the-tests"
    event = {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "timestamp": 1764064800.5,
        "recipient": "mia@example.org",
        "message": {"headers": {"message-id": "made-up@example.org"}},
        "delivery-status": {"code": 550, "message": "No such user"},
    }
    registry.configure(MailOptions(service="mailgun", service_options={"WEBHOOK_SIGNING_KEY": key}))

    assert post(sign_as_mailgun("another key", event), path="/hooks/mail/mailgun/").status_code == 400
    assert suppressed() == []
    assert post(sign_as_mailgun(key, event), path="/hooks/mail/mailgun/").status_code == 200
    assert suppressed() == [("mia@example.org", "", "bounced", "No such user")]
    registry.configure(MailOptions(service="mailgun"))
    lacking = post(sign_as_mailgun(key, event), path="/hooks/mail/mailgun/")
    assert (lacking.status_code, "NIGHTDESK_MAIL_SERVICE_OPTIONS" in lacking.content.decode()) == (503, True)
