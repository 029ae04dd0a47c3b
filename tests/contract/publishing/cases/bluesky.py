"""Bluesky in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.bluesky import BlueskyDouble

CASE = Case(platform=Platform.BLUESKY, double=BlueskyDouble, connect=lambda double: double.credentials)
