"""Coming in and going out."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from nightdesk.accounts.models import SignInLink, Status, User
from nightdesk.accounts.services import create_sign_in_link, set_status
from tests.integration.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def read_csrf(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in(visitor: Client, email: str, password: str, **more: str) -> HttpResponse:
    token = read_csrf(visitor.get("/sign-in/").content.decode())
    answer = visitor.post("/sign-in/", {"email": email, "password": password, "csrfmiddlewaretoken": token, **more})
    assert isinstance(answer, HttpResponse)
    return answer


def test_password_lets_its_owner_in(visitor: Client, member_with_password: User) -> None:
    answer = sign_in(visitor, "Mia@Example.org ", PASSWORD, next="/campaigns/new/")
    assert (answer.status_code, answer["Location"]) == (302, "/campaigns/new/")
    assert visitor.get("/campaigns/").status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [("mia@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("", ""), ("a\x00b", "\x00")],
)
def test_wrong_password_is_refused_without_saying_what_was_wrong(
    visitor: Client, member_with_password: User, email: str, password: str
) -> None:
    answer = sign_in(visitor, email, password)
    assert answer.status_code == 400
    assert "E-mail and password do not match." in answer.content.decode()
    assert visitor.get("/campaigns/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_sign_in_never_leads_elsewhere(visitor: Client, member_with_password: User, elsewhere: str) -> None:
    assert sign_in(visitor, "mia@example.org", PASSWORD, next=elsewhere)["Location"] == "/"


def test_form_without_its_csrf_token_is_refused_in_plain_words(visitor: Client) -> None:
    answer = visitor.post("/sign-in/", {"email": "mia@example.org", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Please send it again" in answer.content.decode()


def test_link_is_used_by_its_button_and_only_once(visitor: Client, member: User) -> None:
    address = f"/sign-in/{create_sign_in_link(user_id=member.id)}"
    for _ in range(2):  # a preview of a mail program, then the person
        page = visitor.get(address)
        assert page.status_code == 200
        assert page["Referrer-Policy"] == "strict-origin"
        assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert visitor.head(address).status_code == 200
    assert SignInLink.objects.get().used_at is None

    answer = visitor.post(address, {"csrfmiddlewaretoken": read_csrf(page.content.decode())})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert visitor.get("/campaigns/").status_code == 200

    again = Client().post(address)
    assert again.status_code == 400
    assert "This sign-in link was used before or is too old." in again.content.decode()


@pytest.mark.parametrize("secret", ["x", "nds_unknown", "%00", "a" * 500])
def test_unknown_link_is_refused(client: Client, db: None, secret: str) -> None:
    answer = client.post(f"/sign-in/{secret}")
    assert answer.status_code == 400
    assert "_auth_user_id" not in client.session


def test_disabled_user_is_out_at_once(browser_of_member: Client, member: User) -> None:
    assert browser_of_member.get("/campaigns/").status_code == 200
    set_status(user_id=member.id, status=Status.DISABLED)
    assert browser_of_member.get("/campaigns/").status_code == 302


def test_sign_out_ends_the_session(browser_of_member: Client) -> None:
    answer = browser_of_member.post("/sign-out/", follow=True)
    assert "You are signed out." in answer.content.decode()
    assert browser_of_member.get("/campaigns/")["Location"] == "/sign-in/?next=/campaigns/"


def test_sign_out_by_a_link_elsewhere_does_nothing(browser_of_member: Client) -> None:
    assert browser_of_member.get("/sign-out/").status_code == 405
    assert browser_of_member.get("/campaigns/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/campaigns/", "/campaigns/new/", "/campaigns/1/", "/jobs/01a1f8de-c1ce-72ff-9668-0017508a83ec/chip/"]
)
def test_page_asks_strangers_to_sign_in_first(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"
    part = client.get(path, headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (401, b"")


@pytest.mark.parametrize(
    ("sent_from", "way_back"),
    [
        ("http://testserver/campaigns/1/", "/campaigns/1/"),
        ("http://testserver/campaigns/?status=failed", "/campaigns/%3Fstatus%3Dfailed"),
        ("https://evil.example/campaigns/1/", "/"),
        ("", "/"),
    ],
)
def test_stranger_who_sent_something_comes_back_to_the_page_that_sent_it(
    client: Client, db: None, sent_from: str, way_back: str
) -> None:
    answer = client.post("/campaigns/1/regenerate/", headers={"Referer": sent_from})
    assert answer["Location"] == f"/sign-in/?next={way_back}"


@pytest.mark.parametrize(("chosen", "shown"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_theme_is_in_the_first_byte_of_the_next_page(client: Client, db: None, chosen: str, shown: str) -> None:
    assert "data-theme" not in client.get("/sign-in/").content.decode()
    answer = client.post("/theme/", {"theme": chosen, "next": "/sign-in/"})
    assert answer["Location"] == "/sign-in/"
    assert shown in client.get("/sign-in/").content.decode().partition("<head>")[0]


def test_theme_of_ones_own_making_is_not_kept(client: Client, db: None) -> None:
    client.post("/theme/", {"theme": '"><script>', "next": "https://evil.example/"})
    assert client.cookies["theme"].value == "auto"
