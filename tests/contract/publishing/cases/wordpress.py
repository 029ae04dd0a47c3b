"""WordPress in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.wordpress import WordPressDouble

CASE = Case(
    platform=Platform.WORDPRESS,
    double=WordPressDouble,
    connect=lambda double: double.credentials,
    over=("title", {"title": "word " * 20_000}),
)
