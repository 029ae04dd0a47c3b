"""Coming in, and how often one may try."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from nightdesk.accounts import services
from nightdesk.accounts.errors import LinkNotValid, SignInFailed, TokenRefused
from nightdesk.accounts.models import ApiToken, SignInLink, User
from nightdesk.accounts.signing_in import check_token, sign_in_with_password, use_sign_in_link
from nightdesk.core.errors import TooManyRequests
from nightdesk.httpkit.rates import Rate
from nightdesk.httpkit.throttles import forget_shares

PASSWORD = "correct horse battery"
HERE = "203.0.113.9"


@pytest.fixture(autouse=True)
def few_attempts(settings: Settings) -> None:
    settings.SIGN_IN_RATE = Rate(5, 36_000.0)
    forget_shares()


def make_user() -> User:
    return services.create_user(email="ada@example.org", password=PASSWORD)


@pytest.fixture
def ada(db: None) -> User:
    return make_user()


def test_password_and_address_that_belong_together_sign_in(ada: User) -> None:
    assert sign_in_with_password(email=" ADA@example.org", password=PASSWORD, address=HERE) == ada


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.org", "wrong"),
        ("bob@example.org", PASSWORD),
        ("", ""),
        ("ada@example.org\x00", PASSWORD),
        ("ada@example.org", "\x00"),
        ("\ud800@example.org", "\ud800"),
    ],
)
def test_what_does_not_belong_together_is_refused_with_one_sentence(ada: User, email: str, password: str) -> None:
    with pytest.raises(SignInFailed, match="E-mail and password do not match"):
        sign_in_with_password(email=email, password=password, address=HERE)


def test_disabled_user_is_refused(ada: User) -> None:
    services.set_status(user_id=ada.id, status="disabled")

    with pytest.raises(SignInFailed):
        sign_in_with_password(email=ada.email, password=PASSWORD, address=HERE)


def test_attempts_from_one_address_are_counted_over_all_accounts(ada: User) -> None:
    for number in range(5):
        with pytest.raises(SignInFailed):
            sign_in_with_password(email=f"{number}@example.org", password="guess", address=HERE)

    with pytest.raises(TooManyRequests):
        sign_in_with_password(email=ada.email, password=PASSWORD, address=HERE)
    assert sign_in_with_password(email=ada.email, password=PASSWORD, address="198.51.100.1") == ada


def test_attempts_on_one_account_are_counted_over_all_addresses(ada: User) -> None:
    for number in range(5):
        with pytest.raises(SignInFailed):
            sign_in_with_password(email="ADA@example.org", password="guess", address=f"198.51.100.{number}")

    with pytest.raises(TooManyRequests):
        sign_in_with_password(email=ada.email, password=PASSWORD, address=HERE)


def test_addresses_of_one_ipv6_network_share_their_attempts(ada: User) -> None:
    for number in range(5):
        with pytest.raises(SignInFailed):
            sign_in_with_password(email=f"{number}@example.org", password="guess", address=f"2001:db8::{number + 1}")

    with pytest.raises(TooManyRequests):
        sign_in_with_password(email=ada.email, password=PASSWORD, address="2001:db8::ffff")


def test_link_signs_in_once(ada: User) -> None:
    secret = services.create_sign_in_link(user_id=ada.id)

    assert use_sign_in_link(secret=secret, address=HERE) == ada
    with pytest.raises(LinkNotValid):
        use_sign_in_link(secret=secret, address=HERE)


def test_link_that_two_open_at_once_signs_in_one(transactional_db: None) -> None:
    secret = services.create_sign_in_link(user_id=make_user().id)
    gate = threading.Barrier(4)
    outcomes: list[str] = []

    def open_link() -> None:
        gate.wait()
        try:
            use_sign_in_link(secret=secret, address=HERE)
            outcomes.append("in")
        except LinkNotValid:
            outcomes.append("out")
        connection.close()

    threads = [threading.Thread(target=open_link) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in", "out", "out", "out"]


def test_link_that_is_too_old_is_refused(ada: User) -> None:
    secret = services.create_sign_in_link(user_id=ada.id)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(LinkNotValid):
        use_sign_in_link(secret=secret, address=HERE)


def test_link_of_a_disabled_user_is_refused(ada: User) -> None:
    secret = services.create_sign_in_link(user_id=ada.id)
    services.set_status(user_id=ada.id, status="disabled")

    with pytest.raises(LinkNotValid):
        use_sign_in_link(secret=secret, address=HERE)


@pytest.mark.parametrize("secret", ["", "nd_link_", "nd_link_\x00", "nd_link_\ud800", "nonsense"])
def test_link_that_never_was_is_refused(db: None, secret: str) -> None:
    with pytest.raises(LinkNotValid):
        use_sign_in_link(secret=secret, address=HERE)


def test_links_cannot_be_guessed_without_end(db: None) -> None:
    for number in range(5):
        with pytest.raises(LinkNotValid):
            use_sign_in_link(secret=f"nd_link_{number}", address=HERE)

    with pytest.raises(TooManyRequests):
        use_sign_in_link(secret="nd_link_6", address=HERE)


def test_token_opens_until_it_expires(ada: User) -> None:
    token, secret = services.create_token(user_id=ada.id, name="x", expires_at=timezone.now() + timedelta(hours=1))
    assert check_token(secret) == token

    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(TokenRefused):
        check_token(secret)


def test_link_is_no_token(ada: User) -> None:
    with pytest.raises(TokenRefused):
        check_token(services.create_sign_in_link(user_id=ada.id))


def test_use_of_a_token_is_noted_once_a_minute(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _, secret = services.create_token(user_id=ada.id, name="x")
    check_token(secret)
    noted = last_use()

    with django_assert_num_queries(1):
        check_token(secret)
    assert last_use() == noted

    ApiToken.objects.update(last_used_at=noted - timedelta(minutes=1, seconds=1))
    check_token(secret)
    assert last_use() > noted


def last_use() -> datetime:
    used = ApiToken.objects.values_list("last_used_at", flat=True).get()
    assert used is not None
    return used
