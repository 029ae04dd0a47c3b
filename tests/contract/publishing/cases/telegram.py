"""Telegram in the family's suite."""

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing.cases import Case
from tests.support.platforms.telegram import TOKEN, TelegramServer

CASE = Case(
    platform=Platform.TELEGRAM,
    double=TelegramServer,
    connect=lambda double: {"bot_token": TOKEN, "chat": "https://t.me/harbour_news", "server": double.root},
    keeps_alt=False,
)
