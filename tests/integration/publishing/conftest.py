"""Three boards for each test: one that can be looked at, one with drafts, and a chat that nobody can look at."""

from collections.abc import Iterator

import pytest

from nightdesk.providers.publishing.protocol import Certainty, Platform
from tests.integration.publishing.desk import Desk
from tests.support.publishing import Board, boards


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give the publishing desk with an account on each board."""
    made = (
        Board(Platform.MASTODON, certainty=Certainty.KEY),
        Board(Platform.WORDPRESS, certainty=Certainty.DRAFT),
        Board(Platform.TELEGRAM, certainty=Certainty.NONE, can_update=False),
    )
    with boards(*made):
        yield Desk(*made)
