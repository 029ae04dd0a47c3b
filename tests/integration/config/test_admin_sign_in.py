"""The admin has no door of its own."""

import pytest
from django.test import Client

from nightdesk.accounts.services import create_user

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-phrase"


def test_admin_sends_strangers_to_the_sign_in_page_that_counts_attempts(client: Client) -> None:
    chain = client.get("/admin/", follow=True).redirect_chain
    assert chain == [("/admin/login/?next=/admin/", 302), ("/sign-in/?next=%2Fadmin%2F", 302)]


def test_admin_form_takes_no_password(client: Client) -> None:
    create_user(email="owner@example.org", role="administrator", password=PASSWORD)
    answer = client.post("/admin/login/", {"username": "owner@example.org", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/")
    assert "_auth_user_id" not in client.session


def test_administrator_comes_back_to_the_admin_after_signing_in(client: Client) -> None:
    create_user(email="owner@example.org", role="administrator", password=PASSWORD)
    answer = client.post(
        "/sign-in/", {"email": "owner@example.org", "password": PASSWORD, "next": "/admin/"}, follow=True
    )
    assert (answer.status_code, answer.redirect_chain) == (200, [("/admin/", 302)])
