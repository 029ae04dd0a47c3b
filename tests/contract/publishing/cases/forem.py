"""dev.to in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.forem import API_KEY, ForemServer

CASE = Case(
    platform=Platform.DEV_TO,
    double=ForemServer,
    connect=lambda double: {"api_key": API_KEY, "server": double.root},
    over=("body", {"body": "word " * 170_000}),  # 850,000 bytes
    uploads_pictures=False,
)
