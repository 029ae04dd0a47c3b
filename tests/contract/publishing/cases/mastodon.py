"""Mastodon in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.mastodon import TOKEN, MastodonDouble

CASE = Case(
    platform=Platform.MASTODON,
    double=MastodonDouble,
    connect=lambda double: {"server": double.root, "access_token": TOKEN},
)
