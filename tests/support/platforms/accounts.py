"""Accounts on doubles of platforms, for tests of the app."""

from collections.abc import Iterator
from contextlib import contextmanager

from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.options import PublishingOptions
from tests.support.platforms.double import PlatformDouble


@contextmanager
def reachable(*doubles: PlatformDouble) -> Iterator[None]:
    """Let accounts name these doubles: their addresses are private, and the operator lists them."""
    before = registry.configured()
    hosts = frozenset(double.root.removeprefix("http://") for double in doubles)
    registry.configure(PublishingOptions(private_hosts=hosts, timeout_s=5.0))
    try:
        yield
    finally:
        registry.configure(before)
