"""Users of the API and their callers."""

from collections.abc import Iterator

import pytest

from nightdesk.accounts.models import Role
from nightdesk.httpkit import throttles
from tests.support.callers import Caller, make_caller


@pytest.fixture(autouse=True)
def fresh_shares() -> Iterator[None]:
    throttles.forget_shares()
    yield
    throttles.forget_shares()


@pytest.fixture
def ada(db: None) -> Caller:
    """A member."""
    return make_caller("ada")


@pytest.fixture
def bob(db: None) -> Caller:
    """Another member."""
    return make_caller("bob")


@pytest.fixture
def olga(db: None) -> Caller:
    """An operator."""
    return make_caller("olga", Role.OPERATOR)
