"""The signed webhook in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.receiver import ReceiverDouble

CASE = Case(
    platform=Platform.WEBHOOK,
    double=ReceiverDouble,
    connect=lambda double: double.credentials,
    over=("body", {"body": "word " * 60_000}),  # 300,000 bytes
    uploads_pictures=False,
    reads_answers=False,
    learned={},
)
