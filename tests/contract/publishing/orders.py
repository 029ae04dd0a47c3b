"""Orders and contents for tests of one platform."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nightdesk.providers.publishing.protocol import Connection, Content, Order, Published, Publisher
from tests.contract.publishing.cases import ASSET_ID, COVER_ID, FILES, Case, make_content, picture
from tests.support.platforms.desk import RecordedDesk
from tests.support.platforms.double import PlatformDouble

KEY = "nd-41-2f6c"


def connect(case: Case, publisher: Publisher, double: PlatformDouble, *, account_id: int = 7) -> Connection:
    """Connect an account as the app does: what its check learned goes along."""
    connection = case.connection(double, account_id=account_id)
    standing = publisher.check(connection, RecordedDesk())
    return replace(connection, learned=json.loads(json.dumps(dict(standing.learned))))


def freeze(publisher: Publisher, connection: Connection, content: Content, **changes: Any) -> Order:
    """Render and freeze a post as the app does; it may have been sent first just now."""
    rendering = publisher.render(content, connection)
    assert not rendering.is_blocked, rendering.complaints
    moment = datetime.now(UTC)
    given: dict[str, Any] = {
        "key": KEY,
        "slug": f"boats-{KEY}",
        "frozen_at": moment,
        "payload": json.loads(json.dumps(dict(rendering.payload))),
        "pictures": {**content.pictures, **({content.cover.asset_id: content.cover} if content.cover else {})},
        "first_sent_at": moment,
    }
    return Order(**{**given, **changes})


def publish(publisher: Publisher, order: Order, connection: Connection, desk: RecordedDesk | None = None) -> Published:
    """Prepare and commit."""
    at = desk or make_desk()
    return publisher.commit(order, publisher.prepare(order, connection, at), connection, at)


def find(publisher: Publisher, order: Order, connection: Connection, desk: RecordedDesk | None = None) -> Published:
    """Look as the next run does."""
    at = desk or make_desk()
    return publisher.find(order, publisher.prepare(order, connection, at), connection, at)


def make_desk(**changes: Any) -> RecordedDesk:
    """Make a desk that has the suite's pictures."""
    return RecordedDesk(**{"files": dict(FILES), **changes})


def make_pictured(**changes: Any) -> Content:
    """Make a post with a cover and a picture in its body."""
    given: dict[str, Any] = {
        "body": f"The harbour slept.\n\n![Boats at dawn](asset:{ASSET_ID})",
        "pictures": {ASSET_ID: replace(picture(ASSET_ID), sha256="1" * 64)},
        "cover": picture(COVER_ID, "The harbour"),
    }
    return make_content(**{**given, **changes})
