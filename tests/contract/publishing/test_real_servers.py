"""The family's suite once more, against real servers: `make test-real`. Faults happen in front of them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest

from nightdesk.providers.publishing.protocol import Platform
from tests.contract.publishing import test_platforms as suite
from tests.contract.publishing.cases import Case, bluesky, ghost, wordpress
from tests.support.ghost import GhostServer
from tests.support.pds import PdsServer
from tests.support.platforms.real import RealBluesky, RealGhost, RealWordPress
from tests.support.wordpress import WordPressServer

pytestmark = pytest.mark.real_server

# Every test of the suite; those of doubles alone would say nothing of a server.
globals().update({name: test for name, test in vars(suite).items() if name.startswith("test_")})


def _wordpress(request: pytest.FixtureRequest) -> Case:
    server: WordPressServer = request.getfixturevalue("wordpress")
    return replace(wordpress.CASE, double=lambda: RealWordPress(server))


def _ghost(request: pytest.FixtureRequest) -> Case:
    server: GhostServer = request.getfixturevalue("ghost")
    return replace(ghost.CASE, double=lambda: RealGhost(server))


def _bluesky(request: pytest.FixtureRequest) -> Case:
    server: PdsServer = request.getfixturevalue("pds")
    return replace(bluesky.CASE, double=lambda: RealBluesky(server))


CASES: Final[dict[Platform, Callable[[pytest.FixtureRequest], Case]]] = {
    Platform.WORDPRESS: _wordpress,
    Platform.GHOST: _ghost,
    Platform.BLUESKY: _bluesky,
}


@pytest.fixture(params=CASES, ids=str)
def at(request: pytest.FixtureRequest) -> Iterator[suite.Setting]:
    """Stand in front of a real server of the run."""
    yield from suite.set_up(CASES[request.param](request))
