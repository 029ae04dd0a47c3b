"""Which platforms there are, with the journal, which is ours."""

from typing import Final

from nightdesk.core.errors import InvalidInput
from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.protocol import Platform, PlatformInfo, Publisher
from nightdesk.publishing.services.journal import Journal

_JOURNAL: Final[Publisher] = Journal()


def find_platform(platform: str) -> Publisher:
    """Return the adapter of a platform.

    Raises:
        InvalidInput: there is no such platform; with details on `platform`.
    """
    if platform not in set(Platform):
        names = ", ".join(Platform)
        raise InvalidInput(details={"platform": [f"There is no platform {platform[:50]!r}. Choose one of: {names}."]})
    return _JOURNAL if platform == Platform.JOURNAL else registry.find_publisher(Platform(platform))


def list_platforms() -> tuple[PlatformInfo, ...]:
    """Describe every platform, the journal first."""
    return tuple(find_platform(platform).info for platform in Platform)
