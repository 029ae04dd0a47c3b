"""Discord in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.discord import DiscordDouble

CASE = Case(platform=Platform.DISCORD, double=DiscordDouble, connect=lambda double: double.credentials)
