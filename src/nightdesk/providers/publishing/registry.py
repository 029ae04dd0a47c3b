"""Which platforms there are. The journal is ours and not among them: it lives beside its posts."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from nightdesk.providers.publishing.options import PublishingOptions
from nightdesk.providers.publishing.protocol import Platform, Publisher

_HERE: Final = "nightdesk.providers.publishing"

#: The adapters as `module:class`, made with the options. Imported when asked for.
PUBLISHERS: Final[dict[Platform, str]] = {
    Platform.DEV_TO: f"{_HERE}.forem.publisher:Forem",
    Platform.WORDPRESS: f"{_HERE}.wordpress.publisher:WordPress",
    Platform.GHOST: f"{_HERE}.ghost.publisher:Ghost",
    Platform.MASTODON: f"{_HERE}.mastodon.publisher:Mastodon",
    Platform.BLUESKY: f"{_HERE}.bluesky.publisher:Bluesky",
    Platform.TELEGRAM: f"{_HERE}.telegram.publisher:Telegram",
    Platform.DISCORD: f"{_HERE}.discord.publisher:Discord",
    Platform.SLACK: f"{_HERE}.slack.publisher:Slack",
    Platform.WEBHOOK: f"{_HERE}.webhook.publisher:Webhook",
}


@dataclass(slots=True)
class _Configured:
    options: PublishingOptions


_configured: Final[_Configured] = _Configured(PublishingOptions())


def configure(options: PublishingOptions) -> None:
    """Take over what the operator chose. Called once, when the settings are loaded; the last call counts."""
    _configured.options = options
    find_publisher.cache_clear()


def configured() -> PublishingOptions:
    """Return what the operator chose."""
    return _configured.options


@cache
def find_publisher(platform: Platform) -> Publisher:
    """Return the adapter of a platform, one for the process.

    Raises:
        KeyError: it is the journal.
    """
    module, _, name = PUBLISHERS[platform].partition(":")
    made: Any = getattr(import_module(module), name)(_configured.options)
    publisher: Publisher = made
    return publisher
