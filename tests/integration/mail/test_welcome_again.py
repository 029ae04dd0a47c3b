"""A welcome that never left is sent when somebody asks for it again."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from django.db import connection

from nightdesk.accounts.services import create_user, welcome
from nightdesk.engine.testing import drain
from nightdesk.mail import services
from nightdesk.mail.models import OutboxMail, SuppressionReason
from nightdesk.providers.mail import registry
from nightdesk.providers.mail.outbox import Outbox
from nightdesk.providers.mail.protocol import Letter, Receipt

SENT_INSIDE_A_TRANSACTION: Final[list[bool]] = []


class WatchedOutbox(Outbox):
    """Notes whether it is called inside a transaction, which on SQLite would keep every other writer waiting."""

    def send(self, letter: Letter, *, check: Callable[[], None]) -> Receipt:
        SENT_INSIDE_A_TRANSACTION.append(connection.in_atomic_block)
        return super().send(letter, check=check)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    SENT_INSIDE_A_TRANSACTION.clear()
    monkeypatch.setitem(registry.SENDERS, "outbox", f"{__name__}:WatchedOutbox")
    registry.find_sender.cache_clear()
    yield
    registry.find_sender.cache_clear()


@pytest.mark.django_db(transaction=True)
def test_welcome_that_was_skipped_is_sent_when_asked_for_again_and_then_never_more(watched: None) -> None:
    row = services.suppress(address="mia@example.org", reason=SuppressionReason.MANUAL)
    user = create_user(email="mia@example.org", is_welcomed=True)
    drain()
    assert list(OutboxMail.objects.values_list("state", flat=True)) == ["skipped"]

    services.unsuppress(suppression_id=row.pk, by=None)
    for _ in range(2):
        welcome(user=user)
        drain()

    assert list(OutboxMail.objects.values_list("state", "recipient")) == [("kept", "mia@example.org")]
    assert SENT_INSIDE_A_TRANSACTION == [False]
