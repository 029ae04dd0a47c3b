"""Users, tokens and links."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.utils import timezone

from nightdesk.accounts import services
from nightdesk.accounts.credentials import hash_secret
from nightdesk.accounts.errors import EmailTaken, TooManyTokens
from nightdesk.accounts.models import ApiToken, Role, SignInLink, User
from nightdesk.core.errors import InvalidInput, NotFound
from nightdesk.engine.models import Job
from nightdesk.engine.queries import arguments_of

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return services.create_user(email="Ada@Example.org ", password=PASSWORD)


def test_address_is_kept_in_lower_case_and_signs_in_in_any(ada: User) -> None:
    assert ada.email == "ada@example.org"
    assert authenticate(username="ADA@example.org", password=PASSWORD) == ada


def test_address_in_another_case_is_the_same_address(ada: User) -> None:
    with pytest.raises(EmailTaken):
        services.create_user(email="ADA@EXAMPLE.ORG")

    assert User.objects.count() == 1


def test_database_refuses_an_address_in_upper_case(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Ada@example.org")


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        (Role.MEMBER, {"user_type": "user"}),
        (Role.OPERATOR, {"user_type": "user"}),
        (Role.ADMINISTRATOR, {"user_type": "admin"}),
    ],
)
def test_new_user_is_welcomed_by_a_job_of_the_same_transaction(db: None, role: Role, asked: dict[str, Any]) -> None:
    services.create_user(email="quiet@example.org", role=role)
    with pytest.raises(EmailTaken):
        services.create_user(email="quiet@example.org", role=role, is_welcomed=True)
    assert not Job.objects.exists()

    ada = services.create_user(email="ada@example.org", role=role, is_welcomed=True)

    job = Job.objects.get()
    ids = (
        {"admin_id": ada.pk, "user_id": None}
        if asked["user_type"] == "admin"
        else {"admin_id": None, "user_id": ada.pk}
    )
    assert (job.kind, arguments_of(job)) == ("mail.send_welcome_email", {**asked, **ids})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@example.org", "role": "king"}, "role"),
        ({"email": "a@example.org", "password": "short"}, "password"),
        ({"email": "a@example.org", "password": "password123"}, "password"),
    ],
)
def test_user_that_cannot_be_is_refused(db: None, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.create_user(**fields)

    assert list(refused.value.details) == [field]
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "operator", "superuser"),
    [(Role.MEMBER, False, False), (Role.OPERATOR, True, False), (Role.ADMINISTRATOR, True, True)],
)
def test_roles_include_each_other(db: None, role: Role, operator: bool, superuser: bool) -> None:
    user = services.create_user(email="a@example.org", role=role)

    assert (user.is_operator, user.is_staff, user.is_superuser) == (operator, operator, superuser)
    assert (user.has_perm("accounts.view_user"), user.has_perm("accounts.change_user")) == (operator, superuser)
    assert user.has_perm("django_celery_beat.change_periodictask") is operator


def test_disabled_operator_may_do_nothing(db: None) -> None:
    user = services.create_user(email="a@example.org", role=Role.ADMINISTRATOR)
    services.set_status(user_id=user.id, status="disabled")
    user.refresh_from_db()

    assert (user.is_active, user.is_operator, user.is_superuser) == (False, False, False)
    assert user.has_perm("accounts.view_user") is False


def test_owner_is_made_once(db: None) -> None:
    owner, is_new = services.ensure_owner()

    assert (owner.role, is_new) == (Role.ADMINISTRATOR, True)
    assert services.ensure_owner() == (owner, False)
    assert services.find_owner() == owner


def test_owner_is_the_oldest_active_administrator(ada: User) -> None:
    first = services.create_user(email="first@example.org", role=Role.ADMINISTRATOR)
    second = services.create_user(email="second@example.org", role=Role.ADMINISTRATOR)
    assert services.find_owner() == first

    services.set_status(user_id=first.id, status="disabled")

    assert services.find_owner() == second


def test_secret_of_a_token_is_kept_as_its_hash_only(ada: User) -> None:
    token, secret = services.create_token(user_id=ada.id, name="laptop")

    assert secret.startswith("nd_")
    assert len(secret) == 46
    assert (token.hash, token.hint) == (hash_secret(secret), secret[:7])


def test_tokens_over_the_bound_are_refused_until_one_is_revoked(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_LIVE_TOKENS", 2)
    first, _ = services.create_token(user_id=ada.id, name="1")
    services.create_token(user_id=ada.id, name="2")
    with pytest.raises(TooManyTokens):
        services.create_token(user_id=ada.id, name="3")

    services.revoke_token(user_id=ada.id, token_id=first.id)

    services.create_token(user_id=ada.id, name="3")
    assert ApiToken.objects.filter(user=ada, revoked_at=None).count() == 2


@pytest.mark.parametrize("valid_for", [timedelta(minutes=14), timedelta(hours=25)])
def test_link_lives_from_a_quarter_of_an_hour_to_a_day(ada: User, valid_for: timedelta) -> None:
    with pytest.raises(InvalidInput):
        services.create_sign_in_link(user_id=ada.id, valid_for=valid_for)


def test_old_links_are_removed_when_one_is_made(ada: User) -> None:
    services.create_sign_in_link(user_id=ada.id)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(days=2))

    services.create_sign_in_link(user_id=ada.id)

    assert SignInLink.objects.count() == 1


def test_nobody_gets_neither_token_nor_link(db: None) -> None:
    with pytest.raises(NotFound):
        services.create_token(user_id=7, name="x")
    with pytest.raises(NotFound):
        services.create_sign_in_link(user_id=7)
    with pytest.raises(NotFound):
        services.set_status(user_id=7, status="active")
