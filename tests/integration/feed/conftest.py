from collections.abc import Iterator

import pytest

from nightdesk.engine.feed import Tail


@pytest.fixture
def tail(transactional_db: None) -> Iterator[Tail]:
    """Give a tail of the test's own, whose thread and connection end with the test."""
    one = Tail()
    yield one
    one.stop()
