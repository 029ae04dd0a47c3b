"""Posts for a server of one's own: signed, at least once, and known again by `webhook-id`.

The id of an order's delivery is its key, so however often a post is sent, a receiver that heeds ids takes it once.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from nightdesk.providers.publishing.line import Answer, Line, Refused
from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import (
    AccountRefused,
    Certainty,
    Connection,
    Content,
    Desk,
    Field,
    Limit,
    NotThere,
    Order,
    Platform,
    PlatformInfo,
    Published,
    Rendering,
    Standing,
)
from nightdesk.providers.publishing.webhook.rendering import LIMITS, NAME, render
from nightdesk.providers.webhooks.sending import check_address, is_gone, post_signed
from nightdesk.providers.webhooks.signing import BadSecret, read_secret

INFO: Final = PlatformInfo(
    platform=Platform.WEBHOOK,
    title="Webhook",
    credentials=(
        Field(
            name="url",
            title="Address",
            kind="url",
            help="A server of yours that takes posts as JSON, as docs/platforms/webhook.md describes.",
            is_required=True,
            most_chars=1_000,
        ),
        Field(
            name="secret",
            title="Secret",
            kind="secret",
            help="whsec_ and base64, by which your server knows that it was us. Empty: one is made, and shown once.",
        ),
    ),
    parts=("title", "body", "excerpt", "tags", "canonical_url", "cover", "images"),
    certainty=Certainty.KEY,
    can_update=True,
    can_delete=True,
    is_long=True,
    how_to_connect="Write a receiver of Standard Webhooks (there is one in docs/webhooks.md), and paste its address.",
    weak_points=(
        "A post may come more than once; each time with the same webhook-id, by which the receiver knows it.",
        "Pictures go along as addresses, so this installation has to be reachable.",
    ),
)

#: Answers by which a receiver says that it does not want us: wrong secret, closed, never again.
_REFUSALS: Final = frozenset((403, 404, 410))
_DIGEST_CHARS: Final = 16


class Webhook:
    """Publishes to whoever runs a receiver."""

    info = INFO

    def __init__(self, options: PublishingOptions) -> None:
        """Take the operator's time limits and private hosts."""
        self._options = options

    def check(self, connection: Connection, desk: Desk) -> Standing:
        """Send the event `ping`, which a receiver answers with 2xx and does nothing about."""
        desk.progress(30, "Sending a ping")
        url = connection.credentials["url"]
        # New each time: a receiver that remembers ids would answer a known one without looking at the signature.
        webhook_id = f"ping-{secrets.token_hex(8)}"
        self._send(connection, desk, event="ping", webhook_id=webhook_id, moment=datetime.now(UTC), data={})
        return Standing(handle=(urlsplit(url).hostname or INFO.title)[:200])

    def limits(self, connection: Connection) -> tuple[Limit, ...]:
        """Return what we hold to be enough for anybody."""
        return LIMITS

    def render(self, content: Content, connection: Connection) -> Rendering:
        """Write the post."""
        return render(content)

    def prepare(self, order: Order, connection: Connection, desk: Desk) -> Mapping[str, Any]:
        """Do nothing: there is no draft."""
        return {}

    def commit(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Send `post.published`. A receiver may answer with the address that it gave the post: `{"url": "https://..."}`."""
        desk.progress(50, "Sending the post")
        answer = self._send(
            connection,
            desk,
            event="post.published",
            webhook_id=order.key,
            data=_write(order, order.key),
            moment=order.frozen_at,
            makes=True,
        )
        return Published(id=order.key, url=_read_url(answer))

    def find(self, order: Order, prepared: Mapping[str, Any], connection: Connection, desk: Desk) -> Published:
        """Say that it may be sent again: the receiver knows it by its id."""
        raise NotThere

    def update(self, order: Order, published: Published, connection: Connection, desk: Desk) -> Published:
        """Send `post.updated`, with the id under which the post was published."""
        desk.progress(50, "Sending the change")
        answer = self._send(
            connection,
            desk,
            event="post.updated",
            webhook_id=f"{order.key}-{_digest(order)}",
            data=_write(order, published.id),
            moment=order.frozen_at,
            makes=True,
            is_repeatable=True,
        )
        return Published(id=published.id, url=_read_url(answer) or published.url, extra=published.extra)

    def delete(self, published: Published, connection: Connection, desk: Desk) -> None:
        """Send `post.removed`."""
        self._send(
            connection,
            desk,
            event="post.removed",
            webhook_id=f"{published.id}-removed",
            moment=datetime.now(UTC),
            data={"id": published.id},
            makes=True,
            is_repeatable=True,
        )

    # ---------------------------------------------------------------- parts

    def _send(
        self,
        connection: Connection,
        desk: Desk,
        *,
        event: str,
        webhook_id: str,
        data: Mapping[str, Any],
        moment: datetime,
        **given: Any,
    ) -> Answer:
        url = check_address(connection.credentials["url"], options=self._options)
        secret = connection.credentials["secret"]
        line = Line(name=NAME, base_url=url, desk=desk, options=self._options)
        told = {"type": event, "timestamp": moment.isoformat(), "data": data}
        try:
            read_secret(secret)
            return post_signed(line, secrets=(secret,), webhook_id=webhook_id, body=json.dumps(told).encode(), **given)
        except BadSecret as error:
            message = str(error)
        except Refused as error:
            if error.http_status not in _REFUSALS:
                raise
            message = _explain(error)
        raise AccountRefused(message)


def _write(order: Order, post_id: str) -> dict[str, Any]:
    return {"id": post_id, "slug": order.slug, **order.payload["post"]}


def _digest(order: Order) -> str:
    told = json.dumps([order.frozen_at.isoformat(), dict(order.payload)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:_DIGEST_CHARS]


def _explain(error: Refused) -> str:
    if is_gone(error):
        return "The webhook's server says that its address is gone (HTTP 410). Connect it again where it is wanted."
    return f"The webhook's server does not take this (HTTP {error.http_status}). Check its address and secret, then reconnect."


def _read_url(answer: Answer) -> str:
    found = answer.read_object().get("url")
    is_address = isinstance(found, str) and found.startswith(("https://", "http://")) and len(found) <= 1_000
    return str(found) if is_address else ""
