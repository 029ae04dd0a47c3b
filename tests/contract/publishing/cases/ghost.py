"""Ghost in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.ghost import GhostDouble

CASE = Case(
    platform=Platform.GHOST,
    double=GhostDouble,
    connect=lambda double: double.credentials,
    over=("title", {"title": "word " * 60}),
)
