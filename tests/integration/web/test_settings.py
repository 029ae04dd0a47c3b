"""Settings: tokens, password, theme, keyboard, and which writers are ready."""

import re

import pytest
from django.test import Client

from nightdesk.accounts.models import ApiToken, User
from nightdesk.accounts.services import create_token, create_user
from tests.integration.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another long phrase 8"


def read(client: Client) -> str:
    answer = client.get("/settings/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_writers_say_what_they_are_and_how_to_connect_a_model(browser_of_member: Client) -> None:
    page = read(browser_of_member)
    assert "In use" in page
    assert "Ready" in page
    assert "NIGHTDESK_TEXT_URL" in page


def test_picture_providers_say_what_they_are_and_under_which_terms(browser_of_member: Client) -> None:
    page = read(browser_of_member)
    for title in ("Poster", "Cut-out", "Patch fill", "Patchwork", "Face swap by landmarks"):
        assert title in page
    assert "stays on this machine" in page
    assert "Only an administrator can change this." in page


def test_new_token_is_shown_once_and_works(browser_of_member: Client) -> None:
    answer = browser_of_member.post("/settings/tokens/", {"name": "report"})
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r'value="(nd_[^"]+)"', answer.content.decode())
    assert found
    assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {found[1]}"}).status_code == 200
    page = read(browser_of_member)
    assert found[1] not in page
    assert "report" in page


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "line\nbreak"])
def test_token_without_a_usable_name_is_not_made(browser_of_member: Client, name: str) -> None:
    answer = browser_of_member.post("/settings/tokens/", {"name": name})
    assert answer.status_code == 400
    assert "Say in up to 80 characters" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_token_is_revoked_by_its_owner_only(browser_of_member: Client, member: User) -> None:
    mine, _ = create_token(user_id=member.pk, name="mine")
    hers, _ = create_token(user_id=create_user(email="noor@example.org").pk, name="hers")
    assert browser_of_member.post(f"/settings/tokens/{hers.pk}/revoke/").status_code == 404
    assert browser_of_member.post(f"/settings/tokens/{mine.pk}/revoke/").status_code == 302
    page = read(browser_of_member)
    assert "The token is revoked." in page
    assert 'class="line-title">mine' not in page
    assert [token.revoked_at is None for token in ApiToken.objects.order_by("id")] == [False, True]


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [("short", "short", "too short"), (NEW_PASSWORD, "another", "The two are not the same."), ("", "", "too short")],
)
def test_password_that_will_not_do_is_refused(
    browser_of_member: Client, first: str, second: str, complaint: str
) -> None:
    answer = browser_of_member.post("/settings/password/", {"password": first, "repeated": second})
    assert answer.status_code == 400
    assert complaint in answer.content.decode()


def test_new_password_keeps_this_session_and_ends_the_others(
    browser_of_member: Client, member_with_password: User
) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.post("/sign-in/", {"email": member_with_password.email, "password": PASSWORD})
        assert browser.get("/settings/").status_code == 200
    here.post("/settings/password/", {"password": NEW_PASSWORD, "repeated": NEW_PASSWORD})
    assert here.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302
    fresh = Client()
    fresh.post("/sign-in/", {"email": member_with_password.email, "password": NEW_PASSWORD})
    assert fresh.get("/settings/").status_code == 200


def test_shortcuts_are_switched_off_in_this_browser(browser_of_member: Client) -> None:
    assert "data-shortcuts>" in read(browser_of_member)
    browser_of_member.post("/settings/shortcuts/", {"shortcuts": "off"})
    assert "data-shortcuts>" not in read(browser_of_member)
    browser_of_member.post("/settings/shortcuts/", {"shortcuts": "nonsense"})
    assert "data-shortcuts>" in read(browser_of_member)
