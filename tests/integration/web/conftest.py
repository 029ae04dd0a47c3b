from collections.abc import Iterator

import pytest
from django.test import Client

from nightdesk.accounts.models import Role, User
from nightdesk.accounts.services import create_user, set_password
from nightdesk.engine.feed import shared_tail

PASSWORD = "a long enough phrase 7"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _end_shared_tail() -> Iterator[None]:
    """Pages start the process's tail; its connection must not outlive the test's database."""
    yield
    shared_tail().stop()


@pytest.fixture
def member(db: None) -> User:
    """Give a member without a password: making one takes a third of a second."""
    return create_user(email="mia@example.org", first_name="Mia")


@pytest.fixture
def member_with_password(member: User) -> User:
    set_password(user_id=member.id, password=PASSWORD)
    return member


@pytest.fixture
def operator(db: None) -> User:
    return create_user(email="otto@example.org", role=Role.OPERATOR)


@pytest.fixture
def visitor() -> Client:
    """Give a browser that nobody signed in with, and that checks CSRF as a server does."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def browser_of_member(client: Client, member: User) -> Client:
    """Give a browser that the member signed in with."""
    client.force_login(member, backend=BACKEND)
    return client
