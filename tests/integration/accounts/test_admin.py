"""Accounts in Django's admin: who gets in, and what they can do there."""

import pytest
from django.core.management import call_command
from django.test import Client

from nightdesk.accounts import services
from nightdesk.accounts.models import ApiToken, Role, User
from nightdesk.engine.models import Job
from nightdesk.engine.testing import drain
from nightdesk.mail.models import OutboxMail

PAGES = ["", "accounts/user/", "accounts/apitoken/"]


def client_of(role: Role) -> Client:
    user = services.create_user(email=f"{role}@example.org", role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("role", "status"), [(Role.MEMBER, 302), (Role.OPERATOR, 200), (Role.ADMINISTRATOR, 200)])
def test_page_opens_for_operators(db: None, page: str, role: Role, status: int) -> None:
    assert client_of(role).get(f"/admin/{page}").status_code == status


def test_administrator_makes_a_user_with_a_password(db: None) -> None:
    client = client_of(Role.ADMINISTRATOR)
    form = {"email": "new@example.org", "usable_password": "true", "role": "operator"}

    made = client.post(
        "/admin/accounts/user/add/", {**form, "password1": "correct horse", "password2": "correct horse"}
    )

    assert made.status_code == 302, made.content
    user = User.objects.get(email="new@example.org")
    assert (user.role, user.check_password("correct horse")) == ("operator", True)


@pytest.mark.parametrize(("tick", "jobs"), [({}, 0), ({"is_welcomed": "on"}, 1)])
def test_new_user_is_welcomed_where_that_is_ticked(db: None, tick: dict[str, str], jobs: int) -> None:
    form = {"email": "new@example.org", "usable_password": "false", "role": "member"}

    made = client_of(Role.ADMINISTRATOR).post("/admin/accounts/user/add/", {**form, **tick})

    assert (made.status_code, User.objects.filter(email="new@example.org").count()) == (302, 1)
    assert Job.objects.filter(kind="mail.send_welcome_email").count() == jobs
    drain()
    assert (
        list(OutboxMail.objects.values_list("template", "recipient", "state"))
        == [("welcome_user", "new@example.org", "kept")] * jobs
    )


def test_administrator_disables_a_user(db: None) -> None:
    user = services.create_user(email="a@example.org")
    form = {"email": user.email, "first_name": "", "last_name": "", "role": "member", "status": "disabled"}

    saved = client_of(Role.ADMINISTRATOR).post(f"/admin/accounts/user/{user.id}/change/", form)

    assert saved.status_code == 302, saved.content
    user.refresh_from_db()
    assert user.is_active is False


def test_operator_looks_and_changes_nobody(db: None) -> None:
    user = services.create_user(email="a@example.org")
    client = client_of(Role.OPERATOR)

    assert client.get(f"/admin/accounts/user/{user.id}/change/").status_code == 200
    assert client.post(f"/admin/accounts/user/{user.id}/change/", {"role": "administrator"}).status_code == 403
    assert client.get("/admin/accounts/user/add/").status_code == 403


def test_tokens_are_not_made_in_the_admin_and_never_shown(db: None) -> None:
    client = client_of(Role.ADMINISTRATOR)
    token, secret = services.create_token(user_id=User.objects.get().id, name="laptop")

    page = client.get(f"/admin/accounts/apitoken/{token.id}/change/")

    assert page.status_code == 200
    assert secret not in page.content.decode()
    assert ApiToken.objects.get().hash not in page.content.decode()
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403


def test_superuser_command_makes_an_administrator(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", "--noinput", "--email", "Root@Example.org", verbosity=0)

    user = User.objects.get()
    assert (user.email, user.role, user.check_password("correct horse battery")) == (
        "root@example.org",
        "administrator",
        True,
    )


@pytest.mark.parametrize("change", [{"role": "operator"}, {"status": "disabled"}])
def test_last_administrator_cannot_lock_everybody_out(db: None, change: dict[str, str]) -> None:
    client = client_of(Role.ADMINISTRATOR)
    me = User.objects.get()
    services.create_user(email="gone@example.org", role=Role.ADMINISTRATOR)
    services.set_status(user_id=User.objects.get(email="gone@example.org").pk, status="disabled")
    form = {"email": me.email, "first_name": "", "last_name": "", "role": me.role, "status": me.status, **change}
    address = f"/admin/accounts/user/{me.pk}/change/"

    refused = client.post(address, form)
    renamed = client.post(address, {**form, "first_name": "Root", "role": me.role, "status": me.status})
    services.create_user(email="second@example.org", role=Role.ADMINISTRATOR)
    allowed = client.post(address, form)

    assert "only administrator who may come in" in refused.content.decode()
    assert (renamed.status_code, allowed.status_code) == (302, 302)


def test_nobody_deletes_themselves_or_the_last_administrator(db: None) -> None:
    client = client_of(Role.ADMINISTRATOR)
    me = User.objects.get()
    member = services.create_user(email="m@example.org")
    chosen = {"action": "delete_selected", "post": "yes", "index": 0, "_selected_action": [me.pk, member.pk]}

    assert client.post(f"/admin/accounts/user/{me.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post("/admin/accounts/user/", chosen).status_code in {200, 403}
    assert User.objects.count() == 2
    assert client.post(f"/admin/accounts/user/{member.pk}/delete/", {"post": "yes"}).status_code == 302


def test_administrator_gives_a_user_a_password(db: None) -> None:
    client = client_of(Role.ADMINISTRATOR)
    user = services.create_user(email="a@example.org")
    form = {"usable_password": "true", "password1": "correct horse 9", "password2": "correct horse 9"}

    saved = client.post(f"/admin/accounts/user/{user.pk}/password/", form)

    assert saved.status_code == 302, saved.content
    user.refresh_from_db()
    assert user.check_password("correct horse 9")
