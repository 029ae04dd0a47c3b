from collections.abc import Iterator

import pytest

from nightdesk.engine import enqueue, fair
from tests.integration.engine.bench import MakeKind, make_kinds


@pytest.fixture
def make_kind() -> Iterator[MakeKind]:
    """Give a maker of kinds that are forgotten after the test."""
    yield from make_kinds()


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process remembers of rows that an earlier test's clean-up removed."""
    enqueue._known_limits.clear()
    monkeypatch.setattr(fair, "places", fair.FairPlaces())
