"""Slack in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.slack import SlackDouble

CASE = Case(
    platform=Platform.SLACK,
    double=SlackDouble,
    connect=lambda double: double.credentials,
    learned={},
    uploads_pictures=False,
)
