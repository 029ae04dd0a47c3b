"""A receiver on a private address that the operator lists, as an installation in an office has."""

from collections.abc import Iterator

import pytest

from nightdesk.providers.publishing import registry
from nightdesk.providers.publishing.options import PublishingOptions
from tests.support.platforms.receiver import ReceiverDouble


@pytest.fixture
def receiver() -> Iterator[ReceiverDouble]:
    before = registry.configured()
    with ReceiverDouble() as double:
        registry.configure(PublishingOptions(private_hosts=frozenset([double.root.removeprefix("http://")])))
        yield double
        assert double.errors == []
    registry.configure(before)
